"""What sold orders mean for their customer: the day of the first deal, and the stage of its life."""

import datetime
from collections.abc import Collection, Iterable

from django.db.models import Min

from accounts import services as accounts
from accounts.models import Customer
from accounts.rules import lifecycle
from accounts.services.life_reviews import life_facts
from accounts.services.lifecycle import enter_stage
from crm.core.writes import lock
from crm.events.actor import Actor
from sales.models import Order
from sales.models.order import EFFECTIVE

STEPS_OF_ORDERS = (lifecycle.CUSTOMER, lifecycle.REPEAT)


def note_bought(order: Order, *, actor: Actor) -> None:
    """The first deal is the earliest effective order; a lost customer who buys again is won back."""
    customer = lock(order.customer)
    day = order.effective_date
    if customer.first_deal_at is None or day < customer.first_deal_at:
        customer = accounts.set_first_deal(customer, day, actor=actor)
    settle_stages([customer], actor=actor)


def settle_stages(customers: Iterable[Customer], *, actor: Actor) -> None:
    """Where (locked) deal customers stand by what is known of them; only steps that orders bring."""
    people = list(customers)
    facts = life_facts(people)
    for customer in people:
        verdict = lifecycle.evaluate(facts[customer.pk])
        if verdict.stage in STEPS_OF_ORDERS and lifecycle.rises(customer.lifecycle_stage, verdict.stage):
            enter_stage(customer, verdict.stage, rule=verdict.rule, actor=actor)


def note_unsold(customer: Customer, days: Collection[datetime.date | None], *, actor: Actor) -> None:
    """Orders effective on these days count no more: a first deal that was one of them is the next one, or none."""
    if customer.first_deal_at is None or customer.first_deal_at not in days:
        return
    first = Order.objects.filter(EFFECTIVE, customer=customer).aggregate(Min("effective_date"))
    accounts.set_first_deal(customer, first["effective_date__min"], actor=actor)
