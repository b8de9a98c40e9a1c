"""How reports write amounts, shares and what moved."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.core import formats
from crm.core.money import Total
from crm.core.templatetags.ui import icon
from reports.charts import COLOURS
from reports.declare import MONEY, Table, write
from sales.models import ForecastCategory

register = template.Library()


@register.simple_tag
def worth(value: Any, table: Table) -> SafeString | str:
    """An amount of a report in short, exactly in the title; a dash where there is none."""
    shown = write(MONEY, value, table.currency, approximate=table.approximate)
    if value is None:
        return shown
    exact = write(MONEY, value, table.currency, approximate=table.approximate, exact=True)
    return format_html('<span title="{}">{}</span>', exact, shown)


@register.simple_tag
def total_worth(found: Total) -> SafeString:
    """A sum of money in short, exactly in the title; ≈ where currencies were converted."""
    mark = "≈ " if found.approximate else ""
    shown, exact = (
        write(found.money.amount, found.money.currency) for write in (formats.money_short, formats.money_full)
    )
    return format_html('<span title="{}{}">{}{}</span>', mark, exact, mark, shown)


@register.filter
def signed_money(value: Any, currency: str) -> str:
    """A change of an amount with its sign: +¥48 万, −¥21.5 万."""
    shown = formats.money_short(value, currency)
    return f"+{shown}" if value > 0 else shown


@register.filter
def plain_amount(value: Any) -> str:
    """An amount as one types it."""
    return f"{value:.2f}".removesuffix(".00")


@register.simple_tag
def swatch(colour: str) -> SafeString:
    """The little square of a chart's colour."""
    return format_html(
        '<svg width="10" height="10" aria-hidden="true"><rect class="ch-{}" fill="{}" width="10" height="10" rx="2"/></svg>',
        colour,
        COLOURS[colour],
    )


@register.simple_tag
def reach(values: dict[str, Any]) -> SafeString:
    """A thin bar: won, then commit, of the target."""
    quota = float(values["quota"])
    won = min(100.0, 100 * float(values["closed"]) / quota)
    commit = min(100.0 - won, 100 * float(values["commit_open"]) / quota)
    return format_html(
        '<svg class="reach-bar" width="88" height="8" aria-hidden="true"><rect class="meter-track" width="100%" height="6" y="1" rx="3"/>'
        '<rect class="ch-ok" width="{}%" height="6" y="1" rx="3"/><rect class="ch-brand" x="{}%" width="{}%" height="6" y="1"/></svg>',
        round(won, 1),
        round(won, 1),
        round(commit, 1),
    )


MOVES = {
    "won": ("circle-check", "ok"),
    "lost": ("circle-x", "bad"),
    "out": ("calendar-off", "bad"),
    "up": ("arrow-up", "ok"),
    "down": ("arrow-down", "bad"),
    "more": ("trending-up", "ok"),
    "less": ("trending-down", "bad"),
    "new": ("plus", "ok"),
}


@register.simple_tag
def move_icon(kind: str) -> SafeString:
    """The sign of what became of a deal."""
    name, colour = MOVES[kind]
    return icon(name, 18, colour)


@register.simple_tag
def move_words(move: Any) -> str:
    """What became of a deal, in words."""
    labels = dict(ForecastCategory.choices)
    before, after = labels.get(move.before, ""), labels.get(move.deal.forecast_category, "")
    match move.kind:
        case "won":
            return _("%(before)s → won") % {"before": before}
        case "lost":
            return _("%(before)s → lost") % {"before": before}
        case "out":
            day = move.deal.expected_close_date
            if day is None:
                return _("No expected day any more")
            return _("Put off to %(day)s, out of the period") % {"day": formats.day(day)}
        case "up" | "down":
            return f"{before} → {after}"
        case "more" | "less":
            return _("The amount was changed")
        case _:
            return _("New, %(category)s") % {"category": after}


@register.simple_tag
def centred(width: int) -> str:
    """Where a bar of a funnel begins, in per cent."""
    return f"{(100 - width) / 2:.1f}"
