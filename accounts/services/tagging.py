"""Tags on customers, one or thousands at once."""

import datetime
from collections import defaultdict
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.events import CUSTOMER_TAGGED
from accounts.models import Customer, CustomerTag
from crm.core.clock import company_today
from crm.events.actor import Actor
from crm.events.recording import EventRow, record_events
from crm.records.models import Tag


@transaction.atomic
def tag_customers(
    customers: Iterable[Customer],
    *,
    add: Iterable[Tag] = (),
    remove: Iterable[Tag] = (),
    expires_at: datetime.datetime | None = None,
    origin: str = CustomerTag.Origin.MANUAL,
    actor: Actor,
) -> int:
    """Put tags on customers and take others off, set-based; returns how many customers changed."""
    ids = sorted({customer.pk for customer in customers})
    add, remove = list(add), list(remove)
    names = {tag.pk: tag.name for tag in [*add, *remove]}
    held = set(
        CustomerTag._base_manager.filter(customer__in=ids, tag__in=names).values_list("customer_id", "tag_id")
    )
    new = [(pk, tag.pk) for pk in ids for tag in add if (pk, tag.pk) not in held]
    gone = [(pk, tag.pk) for pk in ids for tag in remove if (pk, tag.pk) in held]
    CustomerTag._base_manager.bulk_create(
        [
            CustomerTag(
                customer_id=pk, tag_id=tag, origin=origin, expires_at=expires_at, added_by_id=actor.user_id
            )
            for pk, tag in new
        ],
        ignore_conflicts=True,
        batch_size=2000,
    )
    CustomerTag._base_manager.filter(
        customer__in={pk for pk, _tag in gone}, tag__in={tag for _pk, tag in gone}
    ).delete()
    changes: dict[int, dict[str, list[str]]] = defaultdict(lambda: {"added": [], "removed": []})
    for pk, tag in new:
        changes[pk]["added"].append(names[tag])
    for pk, tag in gone:
        changes[pk]["removed"].append(names[tag])
    record_events(
        CUSTOMER_TAGGED, [EventRow(Customer, pk, payload=dict(c)) for pk, c in changes.items()], actor=actor
    )
    return len(changes)


def set_tags(customer: Customer, tags: Iterable[Tag], *, offered: Iterable[Tag], actor: Actor) -> int:
    """Leave a customer with exactly these of the tags that were offered; returns 1 if that changed anything.

    Others stay: whoever chooses among those they see did not mean to take them off.
    """
    tags = list(tags)
    kept, known = {tag.pk for tag in tags}, {tag.pk for tag in offered}
    gone = [tag for tag in customer.tags.all() if tag.pk in known - kept]
    return tag_customers([customer], add=tags, remove=gone, actor=actor)


@transaction.atomic
def remove_expired_tags(*, actor: Actor) -> int:
    """Take off the tags whose time has run out, by the link's or by the tag's own date; returns how many."""
    links = CustomerTag._base_manager.select_for_update(skip_locked=True, of=("self",)).filter(
        Q(expires_at__lte=timezone.now()) | Q(tag__expiry_date__lt=company_today())
    )
    gone = list(links.values_list("pk", "customer_id", "tag__name"))
    names: dict[int, list[str]] = defaultdict(list)
    for _pk, customer_id, name in gone:
        names[customer_id].append(name)
    rows = [
        EventRow(Customer, pk, payload={"added": [], "removed": removed}) for pk, removed in names.items()
    ]
    record_events(CUSTOMER_TAGGED, rows, actor=actor)
    CustomerTag._base_manager.filter(pk__in=[pk for pk, _customer, _name in gone]).delete()
    return len(gone)
