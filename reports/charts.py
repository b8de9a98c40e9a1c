"""Charts drawn on the server as SVG and HTML: they need no script, print as they are, and lead to their records.

Positions across are per cents, so that a chart takes the width there is and its words keep their size. Colours stand as
attributes for paper and as classes for the screen, where the style sheet gives those of the light or dark look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from reports.declare import Column, Table, write

COLOURS = {
    "brand": "#2F66D0",
    "ok": "#1E9C7A",
    "tint": "#A9C1F5",
    "warn": "#C67A10",
    "grey": "#7C879C",
    "vio": "#8263C7",
}
ROWS = 12  # bars of a chart across; the table has all
HEIGHT, TOP, FOOT = 240, 10, 26  # pixels of a chart upwards
TICKS = 4


@dataclass(frozen=True)
class Series:
    """One kind of bar: its words, its colour, its value in every place, and where each leads."""

    label: str
    colour: str
    values: Sequence[Decimal | int | None]
    links: Sequence[str] = ()

    def link(self, place: int) -> str:
        return self.links[place] if place < len(self.links) else ""


@dataclass(frozen=True)
class Chart:
    """Values by place: bars across (a list of names) or upwards (time, stacked, with a target as a dashed step)."""

    places: Sequence[str]
    series: Sequence[Series]
    column: Column
    currency: str
    approximate: bool = False
    upwards: bool = False
    target: Sequence[Decimal | None] = ()
    more: int = 0  # places left out
    title: str = ""
    lines: Sequence[Series] = field(default_factory=tuple)

    def word(self, value: Any) -> str:
        return write(self.column.kind, value, self.currency, approximate=self.approximate)

    @property
    def summary(self) -> str:
        """The chart in one sentence, for those who hear it."""
        first = self.series[0]
        pairs = [(value or 0, place) for value, place in zip(first.values, self.places, strict=True)]
        if not any(value for value, _place in pairs):
            return _("%(what)s: nothing to show.") % {"what": first.label}
        most, place = max(pairs, key=lambda pair: pair[0])
        return _("%(what)s by %(count)d lines, the most %(place)s with %(value)s.") % {
            "what": first.label,
            "count": len(pairs),
            "place": place,
            "value": self.word(most),
        }

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The chart as a table."""
        return [
            {"place": place, "values": [self.word(one.values[number] or 0) for one in self.series]}
            for number, place in enumerate(self.places)
        ]

    @property
    def empty(self) -> bool:
        return not any(value for one in self.series for value in one.values)

    def html(self) -> SafeString:
        """The chart, ready for the page and for paper."""
        return upwards(self) if self.upwards else across(self)


def by_row(table: Table, *keys: str) -> Chart | None:
    """Bars of a report's lines, the second key inside the first; months and quarters go upwards."""
    timed = bool(table.extra.get("timed"))
    rows = table.rows if timed else table.rows[:ROWS]
    if not rows:
        return None
    colours = ("brand",) if len(keys) == 1 else ("tint", "brand")
    series = [
        Series(
            str(table.column(key).label),
            colour,
            [row.values.get(key) for row in rows],
            [row.drill.get(key, "") for row in rows],
        )
        for key, colour in zip(keys, colours, strict=False)
    ]
    return Chart(
        [row.short or str(row.values["label"]) for row in rows],
        series,
        table.column(keys[0]),
        table.currency,
        table.approximate,
        upwards=timed,
        more=len(table.rows) - len(rows),
    )


def across(chart: Chart) -> SafeString:
    """One bar a line, further series drawn inside the first."""
    top = max((value or 0 for one in chart.series for value in one.values), default=0) or 1
    lines = []
    for place, name in enumerate(chart.places):
        bars = format_html_join(
            "",
            '<rect class="ch-{}" fill="{}" width="{}%" height="{}" y="{}" rx="2"/>',
            (
                (
                    one.colour,
                    COLOURS[one.colour],
                    _share(one.values[place], top),
                    14 if depth == 0 else 8,
                    2 if depth == 0 else 5,
                )
                for depth, one in enumerate(chart.series)
            ),
        )
        words = " / ".join(chart.word(one.values[place]) for one in chart.series)
        link = chart.series[0].link(place)
        label = format_html('<a href="{}">{}</a>', link, name) if link else name
        lines.append(
            format_html(
                '<li><span class="hb-label">{}</span><svg class="hb-bar" height="18" width="100%" aria-hidden="true">{}</svg>'
                '<span class="hb-value">{}</span></li>',
                label,
                bars,
                words,
            )
        )
    more = (
        format_html(
            '<p class="small muted">{}</p>', _("and %(count)d more in the table") % {"count": chart.more}
        )
        if chart.more
        else ""
    )
    return format_html('{}<ul class="hbars">{}</ul>{}', legend(chart), mark_safe("".join(lines)), more)  # noqa: S308


def legend(chart: Chart) -> SafeString:
    """What the colours stand for; one series needs none."""
    if len(chart.series) < 2 and not chart.target:
        return mark_safe("")
    keys = format_html_join(
        "",
        '<span><svg width="10" height="10" aria-hidden="true"><rect class="ch-{}" fill="{}" width="10" height="10" rx="2"/></svg>{}</span>',
        ((one.colour, COLOURS[one.colour], one.label) for one in chart.series),
    )
    if any(value is not None for value in chart.target):
        keys += format_html(
            '<span><svg width="14" height="10" aria-hidden="true"><line class="ch-target" x1="0" x2="14" y1="5" y2="5"'
            ' stroke="#182132" stroke-width="1.5" stroke-dasharray="4 3"/></svg>{}</span>',
            _("Target"),
        )
    return format_html('<p class="ch-legend">{}</p>', keys)


def upwards(chart: Chart) -> SafeString:
    """Stacked bars over time on a grid from zero, the target as a dashed step."""
    count = len(chart.places)
    sums = [sum((one.values[place] or 0) for one in chart.series) for place in range(count)]
    step = nice_step(max([*sums, *(value or 0 for value in chart.target)], default=0))
    ticks = [step * number for number in range(TICKS + 1)]
    top, room = ticks[-1] or 1, HEIGHT - TOP - FOOT

    def y(value: Any) -> float:
        return round(TOP + room * (1 - float(value) / float(top)), 1)

    grid = format_html_join(
        "",
        '<line class="ch-grid" x1="0" x2="100%" y1="{}" y2="{}" stroke="#E2E5EC"/>',
        ((y(tick), y(tick)) for tick in ticks),
    )
    axis = format_html_join(
        "",
        '<text class="ch-word" x="100%" y="{}" text-anchor="end" font-size="12" fill="#626C80">{}</text>',
        ((y(tick) + 4, chart.word(tick)) for tick in ticks),
    )
    wide = 100 / count
    parts = []
    for place, name in enumerate(chart.places):
        base = Decimal(0)
        for one in chart.series:
            value = Decimal(one.values[place] or 0)
            if value <= 0:
                continue
            high = y(base) - y(base + value)
            bar = format_html(
                '<rect class="ch-{}" fill="{}" x="{}%" width="{}%" y="{}" height="{}"><title>{}</title></rect>',
                one.colour,
                COLOURS[one.colour],
                round(place * wide + wide * 0.26, 2),
                round(wide * 0.48, 2),
                y(base + value),
                round(max(high, 1), 1),
                f"{name} · {one.label} {chart.word(value)}",
            )
            link = one.link(place)
            parts.append(format_html('<a href="{}" tabindex="-1">{}</a>', link, bar) if link else bar)
            base += value
        parts.append(
            format_html(
                '<text class="ch-word{}" x="{}%" y="{}" text-anchor="middle" font-size="12" fill="#626C80">{}</text>',
                " ch-odd" if count > 6 and (count - 1 - place) % 2 else "",
                round(place * wide + wide / 2, 2),
                HEIGHT - 6,
                name,
            )
        )
    parts += _steps(chart.target, wide, y)
    return format_html(
        '{}<div class="ch"><svg class="ch-axis" width="56" height="{}" aria-hidden="true">{}</svg>'
        '<svg class="ch-plot" width="100%" height="{}" role="group" aria-label="{}">{}{}</svg></div>',
        legend(chart),
        HEIGHT,
        axis,
        HEIGHT,
        chart.summary,
        grid,
        mark_safe("".join(parts)),  # noqa: S308
    )


def _steps(target: Sequence[Decimal | None], wide: float, y: Any) -> list[SafeString]:
    """The target as a step: a level line over each place, a drop or rise between two."""
    line = '<line class="ch-target" x1="{}%" x2="{}%" y1="{}" y2="{}" stroke="#182132" stroke-width="1.5" stroke-dasharray="4 3"/>'
    found, before = [], None
    for place, value in enumerate(target):
        if value is not None:
            left, right = round(place * wide, 2), round((place + 1) * wide, 2)
            if before is not None and before != value:
                found.append(format_html(line, left, left, y(before), y(value)))
            found.append(format_html(line, left, right, y(value), y(value)))
        before = value
    return found


def nice_step(most: Any) -> Decimal:
    """A round step so that four of them reach the most."""
    need = Decimal(most or 0) / TICKS
    if need <= 0:
        return Decimal(1)
    scale = Decimal(10) ** (need.adjusted())
    return next(scale * one for one in (1, 2, Decimal("2.5"), 5, 10) if scale * one >= need)


def _share(value: Any, top: Any) -> float:
    return round(max(0.0, min(100.0, 100 * float(value or 0) / float(top))), 2)
