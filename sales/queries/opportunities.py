"""What is read of opportunities; whose rows they are is decided by `crm.identity.access`."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Case, Count, ExpressionWrapper, F, Q, Sum, Value, When
from django.utils import timezone

from crm.core.clock import company_today
from crm.core.formats import money_short
from crm.core.money import Money, q2, total
from crm.identity.access import narrow, visible
from crm.identity.models import User
from sales.models import Opportunity, OpportunityStatus, Pipeline, Stage
from sales.queries.sums import rate_of, sum_of
from sales.rules import forecast
from sales.rules import pipeline as rules


def opportunity_list() -> models.QuerySet[Opportunity]:
    """Opportunities with what the columns of the list read."""
    return Opportunity.objects.select_related("customer", "stage", "pipeline", "owner", "team", "contact")


def opportunity_bin() -> models.QuerySet[Opportunity]:
    """Opportunities in the bin."""
    return Opportunity.objects.binned().select_related("customer", "stage", "owner", "team")


def opportunity_record() -> models.QuerySet[Opportunity]:
    """Opportunities with what their page shows at once."""
    rows = opportunity_list().select_related("lead", "previous_owner")
    return rows.defer("search_text", "search_grams")


def deals_of(user: User, **about: Any) -> models.QuerySet[Opportunity]:
    """The deals with a customer, or from a lead, that somebody sees: open ones first, by when they may close."""
    rows = narrow(opportunity_list().filter(**about), user)
    closed = Case(When(status=OpportunityStatus.OPEN, then=0), default=1, output_field=models.IntegerField())
    return rows.order_by(closed, "expected_close_date", "-pk").defer("search_text", "search_grams")


def pipelines_of(user: User) -> list[Pipeline]:
    """The pipelines somebody sells through: those of everybody, and those of their own team or the teams they lead.

    Each comes with its stages in use (`stages_of`), all by one query.
    """
    rows = visible(Pipeline, user).filter(is_active=True)
    own = Q(teams__isnull=True) | Q(teams=user.team_id) | Q(teams__leader=user.pk)
    return _with_stages(rows.filter(own)) or _with_stages(rows)[:1]


def _with_stages(rows: models.QuerySet[Pipeline]) -> list[Pipeline]:
    stages = Stage.objects.filter(pipeline__in=rows.values("pk"), is_active=True).select_related("pipeline")
    found: dict[int, Pipeline] = {}
    for stage in stages.order_by("pipeline__position", "pipeline", "position", "pk"):
        pipeline = found.setdefault(stage.pipeline_id, stage.pipeline)
        stage.pipeline = pipeline
        vars(pipeline).setdefault("stages_in_use", []).append(stage)
    return list(found.values())


def stages_of(pipeline: Pipeline) -> list[Stage]:
    """The stages of a pipeline in use, in order."""
    if "stages_in_use" in vars(pipeline):
        return vars(pipeline)["stages_in_use"]
    return list(pipeline.stages.filter(is_active=True).order_by("position", "pk"))


def rotting_q() -> Q:
    """Open deals in which nothing has happened for longer than their stage allows (停滞)."""
    allowed = ExpressionWrapper(
        (F("stage__rot_days") + 1) * Value(timedelta(days=1)), output_field=models.DurationField()
    )
    limit = timezone.now() - allowed
    idle = Q(stage_since__lte=limit) & (Q(last_activity_at__isnull=True) | Q(last_activity_at__lte=limit))
    return Q(status="open", stage__rot_days__isnull=False) & idle


def is_rotting(opportunity: Opportunity) -> bool:
    """Whether nothing has happened to one deal for longer than its stage allows."""
    idle = rules.idle_days(timezone.now(), opportunity.stage_since, opportunity.last_activity_at)
    return opportunity.is_open and rules.is_rotting(idle, opportunity.stage.rot_days)


def weighted(opportunity: Opportunity) -> Decimal | None:
    """What a deal counts for: its amount times its probability; nothing where the amount is hidden."""
    if opportunity.amount is None or opportunity.probability is None:
        return None
    return q2(opportunity.amount * opportunity.probability / 100)


def without_next_step_q() -> Q:
    """Open deals for which nothing is planned."""
    return Q(status="open", next_follow_up_at__isnull=True)


@dataclass(frozen=True)
class Rate:
    """The share of deals won among those closed this quarter, and how it has changed; None where nothing was closed."""

    share: Decimal | None
    before: Decimal | None

    @property
    def change(self) -> Decimal | None:
        """In percentage points, against the quarter before."""
        if self.share is None or self.before is None:
            return None
        return (self.share - self.before) * 100


def win_rate(rows: models.QuerySet[Opportunity]) -> Rate:
    """Won among won and lost, by the day they were closed: this quarter and the one before, in one query."""
    today = company_today()
    first = today.replace(month=3 * ((today.month - 1) // 3) + 1, day=1)
    earlier = (first - timedelta(days=1)).replace(day=1)
    earlier = earlier.replace(month=3 * ((earlier.month - 1) // 3) + 1)
    closed = rows.filter(status__in=("won", "lost"), closed_at__gte=earlier, closed_at__lte=today).order_by()
    counts = closed.aggregate(
        **{
            f"{status}_{when}": Count("pk", filter=Q(status=status) & span)
            for status in ("won", "lost")
            for when, span in (("now", Q(closed_at__gte=first)), ("before", Q(closed_at__lt=first)))
        }
    )
    return Rate(
        *(forecast.win_rate(counts[f"won_{when}"], counts[f"lost_{when}"]) for when in ("now", "before"))
    )


def open_total(rows: models.QuerySet[Opportunity]) -> str:
    """What the open ones among some opportunities come to, for the foot of the list."""
    return sum_of(rows.filter(status="open"))


def open_summary(rows: models.QuerySet[Opportunity]) -> dict[str, Any]:
    """How many of some deals are open, what they come to, and how many of them should close this month; one query."""
    month_end = (company_today().replace(day=1) + timedelta(days=32)).replace(day=1)
    per_currency = rows.filter(status="open").order_by().values_list("currency")
    due = Count("pk", filter=Q(expected_close_date__lt=month_end))
    sums = list(per_currency.annotate(Count("pk"), Sum("amount"), due=due))
    found = total([Money(amount, currency) for currency, _count, amount, _due in sums], rate_of)
    shown = money_short(found.money.amount, found.money.currency)
    return {
        "count": sum(count for _currency, count, _amount, _due in sums),
        "closing": sum(closing for *_rest, closing in sums),
        "total": f"≈{shown}" if found.approximate else shown,
    }
