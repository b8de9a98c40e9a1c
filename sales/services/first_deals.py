"""What sold orders mean for their customer: the day of the first deal, and the stage of its life."""

import datetime
from collections.abc import Collection

from django.db.models import Min

from accounts import services as accounts
from accounts.models import Customer
from accounts.rules import lifecycle
from accounts.services.lifecycle import enter_stage
from crm.core.clock import company_day, company_today
from crm.core.writes import lock
from crm.events.actor import Actor
from sales.models import Order
from sales.models.order import EFFECTIVE


def note_bought(order: Order, *, actor: Actor) -> None:
    """The first deal is the earliest effective order; a lost customer who buys again is won back."""
    customer = lock(order.customer)
    day = order.effective_date
    if customer.first_deal_at is None or day < customer.first_deal_at:
        customer = accounts.set_first_deal(customer, day, actor=actor)
    settle_stage(customer, actor=actor)


def settle_stage(customer: Customer, *, actor: Actor) -> None:
    """Where a (locked) deal customer stands by its effective orders; only steps that orders bring."""
    days = list(Order.objects.filter(EFFECTIVE, customer=customer).values_list("effective_date", flat=True))
    last = customer.lifecycle_events.order_by("-at", "-pk").first()
    back = customer.lifecycle_events.filter(from_stage=lifecycle.CHURNED, to_stage=lifecycle.CUSTOMER)
    won_back = back.order_by("-at").values_list("at", flat=True).first()
    verdict = lifecycle.evaluate(
        lifecycle.Facts(
            today=company_today(),
            stage=customer.lifecycle_stage,
            stage_since=company_day(last.at) - datetime.timedelta(days=1) if last else None,
            order_dates=days,
            reactivated_on=company_day(won_back) if won_back else None,
        )
    )
    upwards = (lifecycle.CUSTOMER, lifecycle.REPEAT)
    if verdict.stage in upwards and verdict.stage != customer.lifecycle_stage:
        if customer.lifecycle_stage == lifecycle.LOYAL:  # loyalty is lost by other things than an order
            return
        enter_stage(customer, verdict.stage, rule=verdict.rule, actor=actor)


def note_unsold(customer: Customer, days: Collection[datetime.date | None], *, actor: Actor) -> None:
    """Orders effective on these days count no more: a first deal that was one of them is the next one, or none."""
    if customer.first_deal_at is None or customer.first_deal_at not in days:
        return
    first = Order.objects.filter(EFFECTIVE, customer=customer).aggregate(Min("effective_date"))
    accounts.set_first_deal(customer, first["effective_date__min"], actor=actor)
