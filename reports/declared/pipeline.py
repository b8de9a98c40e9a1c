"""What is open now, by stage."""

from decimal import Decimal

from django.db.models import Count, Sum
from django.utils.translation import gettext_lazy as _

from crm.identity.access import visible
from reports import parameters
from reports.asked import Asked
from reports.charts import by_row
from reports.declare import COUNT, MONEY, SHARE, TEXT, Column, Row, Table, list_of, report
from reports.queries.deals import WEIGHTED, Unit, deals_of
from sales.models import OpportunityStatus, Stage


def open_by_stage(asked: Asked) -> Table:
    """The open deals of every stage: how many, what they are worth, and what their probabilities make of that."""
    rows, query = deals_of(asked)
    found = list(
        rows.filter(status=OpportunityStatus.OPEN)
        .values_list("stage_id", "currency")
        .annotate(n=Count("pk"), whole=Sum("amount"), part=Sum(WEIGHTED))
    )
    unit = Unit.of(currency for _stage, currency, *_rest in found)
    stages = (
        visible(Stage, asked.user)
        .select_related("pipeline")
        .order_by("pipeline__position", "pipeline_id", "position", "pk")
    )
    shown = [one for one in stages if _belongs(one, asked, {stage for stage, *_rest in found})]
    several = len({one.pipeline_id for one in shown}) > 1
    lines = []
    sums = [0, 0, 0]
    for stage in shown:
        mine = [
            (count, unit.value(amount, currency), unit.value(weighted, currency))
            for pk, currency, count, amount, weighted in found
            if pk == stage.pk
        ]
        parts = [sum(column) for column in zip(*mine, strict=True)] or [0, 0, 0]
        sums = [whole + part for whole, part in zip(sums, parts, strict=True)]
        here = {**query, "stage": stage.pk, "status": "open"}
        label = f"{stage.pipeline} · {stage}" if several else str(stage)
        lines.append(
            Row(
                {
                    "label": label,
                    "probability": Decimal(stage.probability) / 100,
                    "count": parts[0],
                    "amount": unit.whole(parts[1]),
                    "weighted": unit.whole(parts[2]),
                },
                id=stage.pk,
                drill={"count": list_of(here), "amount": list_of(here)},
            )
        )
    everything = list_of({**query, "status": "open"})
    return Table(
        COLUMNS,
        lines,
        {
            "label": None,
            "probability": None,
            "count": sums[0],
            "amount": unit.whole(sums[1]),
            "weighted": unit.whole(sums[2]),
        },
        drill={"count": everything, "amount": everything},
        currency=unit.currency,
        approximate=unit.approximate,
    )


def _belongs(stage: Stage, asked: Asked, used: set[int]) -> bool:
    """An open stage in use of the pipelines asked for; one out of use while deals still stand in it."""
    if asked["pipeline"] and stage.pipeline_id != asked["pipeline"].pk:
        return False
    return stage.pk in used or (stage.is_open and stage.is_active and stage.pipeline.is_active)


COLUMNS = [
    Column("label", _("Stage"), TEXT),
    Column("probability", _("Probability"), SHARE, shown=False),
    Column("count", _("Deals"), COUNT),
    Column("amount", _("Amount"), MONEY),
    Column("weighted", _("Weighted"), MONEY, note=_("Amount times probability")),
]

PIPELINE = report(
    slug="pipeline",
    title=_("Open pipeline"),
    note=_("The deals open now, by stage. Weighted is each amount times its own probability."),
    parameters=(parameters.owner(), parameters.team(), parameters.pipeline()),
    build=open_by_stage,
    chart=lambda table: by_row(table, "amount", "weighted"),
    icon="layout-kanban",
    reads=frozenset({"amount", "probability"}),
    order=10,
)
