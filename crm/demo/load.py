"""Puts the demo company together, through the services that everything else uses."""

from collections.abc import Callable

from django.db import transaction

from accounts.services import create_activities, review_life_cycles, scan_duplicates
from accounts.services.bulk import create_customers
from crm.demo.activities import activities
from crm.demo.approvals import ask_for_approvals
from crm.demo.cadences import load_cadences
from crm.demo.customers import TAGS, customers
from crm.demo.fields import create_fields
from crm.demo.files import attach_examples
from crm.demo.forecast import create_forecasts
from crm.demo.highlights import pin_highlights
from crm.demo.leads import load_leads, open_form
from crm.demo.opportunities import load_opportunities
from crm.demo.payments import load_payments
from crm.demo.people import create_people
from crm.demo.pins import pin_views
from crm.demo.pools import lay_idle, open_pools
from crm.demo.quotes import load_quotes
from crm.events.actor import Actor, system
from crm.records.models import Tag
from sales.services.chances import learn_from_history
from sales.services.scoring import rescore_all


def load_demo(
    count: int, seed: int, password: str, progress: Callable[[str], object] = lambda _text: None
) -> int:
    """Create people and `count` customers with their history; returns how many customers there are."""
    with transaction.atomic():
        people = create_people(password, system("demo").via("cli"))
    actor = Actor.of(people["admin"], origin="cli")
    tags = _tags()
    create_fields(actor)
    loaded = 0
    for batch in create_customers(customers(count, seed, people, tags), actor=actor):
        loaded += len(batch)
        if count > len(batch):
            progress(f"{loaded:,} of {count:,} customers")
    create_activities(activities(seed), actor=actor)
    load_leads(seed, people, actor)
    load_opportunities(seed, actor)
    create_forecasts(people, actor)
    load_quotes(seed, actor)
    load_payments(seed, people, actor)
    review_life_cycles(actor=system("life cycle"))
    pin_highlights(seed, actor)
    pin_views(people)
    attach_examples(seed)
    open_pools(people, actor)
    lay_idle(actor)
    ask_for_approvals(people)
    open_form(people, actor)
    load_cadences(seed, people, actor)
    learn_from_history()
    rescore_all()
    scan_duplicates()  # as the night does, so that the queue of suspected pairs is filled on the first day
    return loaded


def _tags() -> list[Tag]:
    for name, colour in TAGS:
        Tag(name=name, colour=colour).save()
    return list(Tag._base_manager.filter(name__in=[name for name, _colour in TAGS]).order_by("pk"))
