"""From stage to stage: how many come through (销售漏斗)."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reports import parameters
from reports.asked import Asked
from reports.charts import by_row
from reports.declare import COUNT, MONEY, SHARE, TEXT, Column, Row, Table, list_of, report
from reports.queries.deals import Unit, deals_of
from reports.queries.funnel import cohort, entries
from sales.models import Pipeline, Stage

COHORT, SNAPSHOT = "cohort", "snapshot"


def funnel(asked: Asked) -> Table:
    """The stages of one pipeline with how many deals came into each in the days asked for, and how many went on.

    By cohort: of the deals that entered the first stage in these days, how many ever reached each later one. By
    snapshot: how many entered each stage in these days, wherever they began; a share may pass 100 %.
    """
    pipeline = asked["pipeline"] or Pipeline.objects.order_by("-is_default", "position", "pk").first()
    if pipeline is None:
        return Table([Column("label", _("Stage"), TEXT), *COLUMNS], [])
    rows, query = deals_of(asked)
    rows = rows.filter(pipeline=pipeline)
    stages = list(
        pipeline.stages.exclude(kind=Stage.Kind.LOST).filter(is_active=True).order_by("position", "pk")
    )
    reached = (cohort if asked["kind"] == COHORT else entries)(rows, stages, asked["from"], asked["to"])
    unit = Unit.of(currency for found in reached.values() for currency in found.amounts)
    counts = [reached[stage.pk].count for stage in stages]
    days = {"entered_after": asked["from"].isoformat(), "entered_before": asked["to"].isoformat()}
    lines = []
    for place, stage in enumerate(stages):
        here = {**query, "pipeline": pipeline.pk, **days}
        here |= (
            {"entered_stage": stages[0].pk, "reached": stage.pk}
            if asked["kind"] == COHORT
            else {"entered_stage": stage.pk}
        )
        before = counts[place - 1] if place else None
        lines.append(
            Row(
                {
                    "label": str(stage),
                    "count": counts[place],
                    "amount": _amount(unit, reached[stage.pk].amounts),
                    "of_first": _share(counts[place], counts[0]),
                    "of_before": _share(counts[place], before) if place else None,
                },
                stage.pk,
                {"count": list_of(here)},
            )
        )
    totals = {
        "label": None,
        "count": counts[0] if counts else 0,
        "amount": None,
        "of_first": _share(counts[-1], counts[0]) if counts else None,
        "of_before": None,
    }
    return Table(
        [Column("label", _("Stage"), TEXT), *COLUMNS],
        lines,
        totals,
        currency=unit.currency,
        approximate=unit.approximate,
        notes=_notes(asked, rows),
        extra={"pipeline": pipeline, "kind": asked["kind"]},
    )


def _amount(unit: Unit, amounts: dict[str, Decimal]) -> Decimal:
    return unit.whole(sum((unit.value(value, currency) for currency, value in amounts.items()), Decimal(0)))


def _share(part: int, whole: int | None) -> Decimal | None:
    return Decimal(part) / whole if whole else None


def _notes(asked: Asked, rows: Any) -> list[str]:
    """What kind of funnel it is, and whether the cohort has had its time."""
    if asked["kind"] == SNAPSHOT:
        return [
            gettext(
                "By snapshot: entries into each stage in these days. Shares can pass 100 % and are no odds."
            )
        ]
    found = [
        gettext(
            "By cohort: of the deals that entered the first stage in these days, those that ever came so far."
        )
    ]
    young = asked.today - asked["to"]
    if young < timedelta(90):
        found.append(
            gettext("The youngest are %(days)d days old: some still have their way to go.")
            % {"days": max(young.days, 0)}
        )
    return found


COLUMNS = [
    Column("count", _("Deals"), COUNT),
    Column("amount", _("Amount"), MONEY),
    Column("of_before", _("Of the stage before"), SHARE),
    Column("of_first", _("Of the first stage"), SHARE),
]

FUNNEL = report(
    slug="funnel",
    title=_("Funnel"),
    note=_(
        "Deals by the stages they entered. Cohort and snapshot answer different questions; never compare one with the other."
    ),
    parameters=(
        parameters.choice("kind", _("Way"), [(COHORT, _("Cohort")), (SNAPSHOT, _("Snapshot"))], COHORT),
        *parameters.between(),
        parameters.owner(),
        parameters.team(),
        parameters.pipeline(),
    ),
    build=funnel,
    chart=lambda table: by_row(table, "count"),
    icon="filter",
    order=40,
)
