"""What is read of opportunities; whose rows they are is decided by `crm.identity.access`."""

from datetime import timedelta
from decimal import Decimal

from django.db import models
from django.db.models import ExpressionWrapper, F, Q, Sum, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from crm.core.clock import company_today
from crm.core.formats import money_full
from crm.core.money import Money, total
from crm.identity.access import visible
from crm.identity.models import User
from crm.records.queries import rate_on
from sales.models import Opportunity, Pipeline, Stage


def opportunity_list() -> models.QuerySet[Opportunity]:
    """Opportunities outside the bin and of customers outside it, with what the columns of the list read."""
    rows = Opportunity.objects.filter(customer__deleted_at__isnull=True)
    return rows.select_related("customer", "stage", "pipeline", "owner", "team", "contact")


def opportunity_bin() -> models.QuerySet[Opportunity]:
    """Opportunities in the bin."""
    rows = Opportunity._base_manager.filter(deleted_at__isnull=False)
    return rows.select_related("customer", "stage", "owner", "team")


def opportunity_record() -> models.QuerySet[Opportunity]:
    """Opportunities with what their page shows at once."""
    rows = opportunity_list().select_related("lead", "previous_owner")
    return rows.defer("search_text", "search_grams")


def pipelines_of(user: User) -> list[Pipeline]:
    """The pipelines somebody sells through: those of everybody, and those of their own team or the teams they lead."""
    rows = visible(Pipeline, user).filter(is_active=True)
    own = Q(teams__isnull=True) | Q(teams=user.team_id) | Q(teams__leader=user.pk)
    chosen = list(rows.filter(own).distinct().order_by("position", "pk"))
    return chosen or list(rows.order_by("position", "pk")[:1])


def stages_of(pipeline: Pipeline) -> list[Stage]:
    """The stages of a pipeline in use, in order."""
    return list(pipeline.stages.filter(is_active=True).order_by("position", "pk"))


def last_sign() -> Greatest:
    """When something last really happened to a deal: a follow-up done, or a change of stage; plans do not count."""
    return Greatest("stage_since", Coalesce("last_activity_at", "stage_since"))


def rotting_q() -> Q:
    """Open deals in which nothing has happened for longer than their stage allows (停滞)."""
    allowed = ExpressionWrapper(
        (F("stage__rot_days") + 1) * Value(timedelta(days=1)), output_field=models.DurationField()
    )
    limit = timezone.now() - allowed
    idle = Q(stage_since__lte=limit) & (Q(last_activity_at__isnull=True) | Q(last_activity_at__lte=limit))
    return Q(status="open", stage__rot_days__isnull=False) & idle


def without_next_step_q() -> Q:
    """Open deals for which nothing is planned."""
    return Q(status="open", next_follow_up_at__isnull=True)


def open_total(rows: models.QuerySet[Opportunity]) -> str:
    """What the open ones among some opportunities come to, for the foot of the list."""
    sums = rows.filter(status="open").order_by().values_list("currency").annotate(Sum("amount"))
    found = total([Money(amount, currency) for currency, amount in sums], rate_of)
    shown = money_full(found.money.amount, found.money.currency)
    return f"≈ {shown}" if found.approximate else shown


def rate_of(currency: str, base: str) -> Decimal:
    """What one unit of a currency is worth today; a currency without a rate counts as nothing."""
    return rate_on(currency, company_today(), base) or Decimal(0)
