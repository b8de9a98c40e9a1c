"""What is read of orders and contracts; whose rows they are is decided by `crm.identity.access`."""

import datetime
from decimal import Decimal

from django.db import models
from django.db.models.functions import Coalesce

from crm.core.clock import company_today
from crm.identity import fields
from crm.identity.access import narrow
from crm.identity.models import User
from sales.models import Opportunity, OpportunityStatus, Order
from sales.models.order import EFFECTIVE, RUNNING, UNSIGNED, OrderVersion
from sales.queries.sums import sum_of
from sales.rules.contracts import REMIND_DAYS

OPEN_STATUSES = (*UNSIGNED, *RUNNING)


def order_list() -> models.QuerySet[Order]:
    """Orders with what the columns of the list read."""
    return Order.objects.select_related("customer", "owner", "team", "contact", "opportunity")


def order_bin() -> models.QuerySet[Order]:
    """Orders in the bin."""
    return Order.objects.binned().select_related("customer", "owner", "team")


def order_record() -> models.QuerySet[Order]:
    """Orders with what their page shows at once."""
    rows = with_signed(order_list()).select_related("quote", "renews", "previous_owner")
    return rows.defer("search_text", "search_grams")


def signed_value() -> models.Case:
    """`Order.signed_amount` for many rows at once: what the papers say that hold."""
    before = OrderVersion.objects.filter(order=models.OuterRef("pk")).order_by("-revision").values("amount")
    amended = models.Q(effective_date__isnull=False, status__in=UNSIGNED)
    signed = Coalesce(models.Subquery(before[:1]), models.F("amount"))
    return models.Case(models.When(amended, then=signed), default=models.F("amount"))


def with_signed(rows: models.QuerySet[Order]) -> models.QuerySet[Order]:
    """The rows, each with what it is worth by the papers that hold, at no further query."""
    return rows.annotate(signed=signed_value())


def open_orders(rows: models.QuerySet[Order]) -> models.QuerySet[Order]:
    """Those of some orders that still wait for somebody."""
    return rows.filter(status__in=OPEN_STATUSES, deleted_at__isnull=True)


def order_total(rows: models.QuerySet[Order]) -> str:
    """What the sold ones among some orders come to by the papers that hold, for the foot of the list."""
    return sum_of(rows.filter(EFFECTIVE), signed_value())


def expiring_q() -> models.Q:
    """Running contracts that end within 90 days."""
    today = company_today()
    return models.Q(
        status__in=RUNNING,
        end_date__gte=today,
        end_date__lte=today + datetime.timedelta(days=max(REMIND_DAYS)),
    )


def signed_for(opportunity: Opportunity) -> Decimal | None:
    """What was signed for a won deal; None where nothing was, or not in its currency."""
    rows = list(with_signed(Order.objects.filter(EFFECTIVE, opportunity=opportunity)))
    if opportunity.status != OpportunityStatus.WON or not rows:
        return None
    if any(one.currency != opportunity.currency for one in rows):
        return None
    return sum((one.signed_amount for one in rows), Decimal(0))


def orders_of(user: User, **whose: models.Model) -> models.QuerySet[Order]:
    """Those of a customer or a deal that somebody may see, the newest first."""
    rows = with_signed(Order.objects.filter(**whose))
    return narrow(rows, user).order_by("-created_at", "-pk")


def reads_prices(user: User) -> bool:
    """Whether somebody reads what the lines of orders come to: with any of the sums closed nobody does."""
    return not fields.closed(user, Order)
