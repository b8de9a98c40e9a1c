"""Two records of one customer become one, and apart again for 30 days."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from accounts.events import CUSTOMER_MERGED, CUSTOMER_UNMERGED
from accounts.models import Contact, ContactLink, Customer, CustomerMerge, DuplicatePair
from accounts.rules.lifecycle import CUSTOMER, DEAL_STAGES
from accounts.rules.merging import LOSER, UNDO_DAYS, WINNER, default_pick, earliest, take_back
from accounts.services.cleaning import match_keys
from accounts.services.customer_dates import lock_customers, sync_customers
from accounts.services.merge_relations import RELATIONS
from crm.core.pinyin import sort_key
from crm.core.writes import RuleBroken, check_version, save_versioned
from crm.events.actor import Actor
from crm.events.recording import recording
from crm.records.models.custom_field import PREFIX
from crm.records.queries.custom_fields import fields_of

CHOSEN = (
    "name",
    "kind",
    "uscc",
    "external_id",
    "tier",
    "intent",
    "industry",
    "region",
    "size",
    "phone",
    "email",
    "website",
    "address",
    "source",
    "source_detail",
    "parent",
)
PARKED = "parked links"
CONTACTS, LINKS = "accounts.contact.customer", "accounts.contactlink.customer"
FOLLOWING = ("created_at", "first_deal_at", "lifecycle_stage", "neglect_from")


def default_picks(winner: Customer, loser: Customer) -> dict[str, str]:
    """For each field whose value is kept unless somebody chooses: see `rules.merging.default_pick`."""
    older = loser.created_at < winner.created_at
    custom = sorted({PREFIX + key for record in (winner, loser) for key in record.custom})
    return {
        name: default_pick(name, _value(winner, name), _value(loser, name), loser_is_older=older)
        for name in (*CHOSEN, *custom)
    }


@transaction.atomic
def merge_customers(
    winner: Customer,
    loser: Customer,
    *,
    picks: Mapping[str, str] | None = None,
    expected: Mapping[int, int] | None = None,
    actor: Actor,
) -> CustomerMerge:
    """Take one customer into another: chosen fields, everything that belongs to it, and a tombstone in its place.

    `picks` says by field whose value is kept, `expected` the versions (by id) that were looked at. The earliest
    creation and first deal stay. The number of statements does not depend on how much belongs to the two.
    """
    if winner.pk == loser.pk:
        raise RuleBroken(_("A customer cannot be merged with itself."), field="loser")
    winner, loser = _locked(winner.pk, loser.pk)
    for record in (winner, loser):
        check_version(record, (expected or {}).get(record.pk))
    chosen = default_picks(winner, loser) | _checked(picks or {})
    noted = (*CHOSEN, *FOLLOWING, *(name for name in chosen if name.startswith(PREFIX)))
    before = {name: _plain(winner, name) for name in noted}
    merge = CustomerMerge(winner=winner, loser=loser, merged_by_id=actor.user_id)
    merge.main_contact_id = loser.contacts.filter(is_primary=True).values_list("pk", flat=True).first()
    with recording(CUSTOMER_MERGED, winner, actor=actor, about=[loser]) as draft:
        _take_values(winner, loser, chosen)
        _bury(loser, winner, actor)  # first, so that the winner may have the loser's external ID
        _store(winner)
        merge.moved = _move(winner, loser)
        draft.payload |= {"name": loser.name, "loser": loser.pk, "moved": _counted(merge.moved)}
        if winner.name == loser.name != before["name"]:
            draft.payload["before"] = before["name"]
    sync_customers([winner.pk])
    _renew_search(winner)
    merge.changes = {
        name: [before[name], after] for name in before if (after := _plain(winner, name)) != before[name]
    }
    merge.save()
    DuplicatePair._base_manager.filter(_pair(winner, loser)).update(
        state=DuplicatePair.State.MERGED, decided_at=timezone.now(), decided_by=actor.user_id
    )
    winner.refresh_from_db()
    return merge


@transaction.atomic
def undo_merge(merge: CustomerMerge, *, actor: Actor) -> CustomerMerge:
    """Take a merge apart within 30 days: what came over goes back, and so do fields nobody has edited since.

    Fields edited since are kept on the winner and named in `kept`. What was written since stays with the winner.
    """
    merge = CustomerMerge._base_manager.select_for_update().get(pk=merge.pk)
    if merge.undone_at is not None:
        return merge
    winner, loser = _both(merge.winner_id, merge.loser_id)
    _check_undo(merge, winner, loser)
    now = {name: _plain(winner, name) for name in merge.changes}
    back, kept = take_back(merge.changes, now)
    payload = {"name": loser.name, "kept": kept}
    with recording(CUSTOMER_UNMERGED, winner, actor=actor, about=[loser], payload=payload):
        for name, value in back.items():
            _put(winner, name, value)
        _check_external_id(winner, loser)
        _store(winner)  # first, so that the loser may have its external ID back
        _revive(loser)
        _move_back(merge, winner, loser)
    sync_customers([winner.pk, loser.pk])
    _renew_search(winner)
    _renew_search(loser)
    merge.undone_at, merge.kept = timezone.now(), kept
    merge.save(update_fields=["undone_at", "kept"])
    DuplicatePair._base_manager.filter(_pair(winner, loser), state=DuplicatePair.State.MERGED).update(
        state=DuplicatePair.State.OPEN, decided_at=timezone.now(), decided_by=actor.user_id
    )
    return merge


def _locked(winner_id: int, loser_id: int) -> tuple[Customer, Customer]:
    winner, loser = _both(winner_id, loser_id)
    for record in (winner, loser):
        if record.deleted_at is not None:
            raise RuleBroken(_("%(name)s lies in the bin.") % {"name": record.name}, code="deleted")
    return winner, loser


def _both(winner_id: int, loser_id: int) -> tuple[Customer, Customer]:
    by_id = {record.pk: record for record in lock_customers([winner_id, loser_id])}
    if len(by_id) != 2:
        raise RuleBroken(_("One of the two customers is gone."), code="deleted")
    return by_id[winner_id], by_id[loser_id]


def _checked(picks: Mapping[str, str]) -> dict[str, str]:
    for name, pick in picks.items():
        known = name in CHOSEN or name.removeprefix(PREFIX) in fields_of(Customer)
        if not known or pick not in (WINNER, LOSER):
            raise RuleBroken(_("There is no such choice."), field="fields")
    return dict(picks)


def _take_values(winner: Customer, loser: Customer, chosen: Mapping[str, str]) -> None:
    for name, pick in chosen.items():
        if pick == LOSER:
            _put(winner, name, _plain(loser, name))
    if winner.parent_id in (winner.pk, loser.pk):  # they were each other's: neither is its own parent
        winner.parent_id = loser.parent_id if loser.parent_id != winner.pk else None
    was_deal = winner.is_deal
    winner.created_at = min(winner.created_at, loser.created_at)
    winner.neglect_from = min(winner.neglect_from, loser.neglect_from)
    winner.first_deal_at = earliest(winner.first_deal_at, loser.first_deal_at)
    if winner.is_deal:
        winner.intent = None
        if not was_deal:
            winner.lifecycle_stage = loser.lifecycle_stage
        if winner.lifecycle_stage not in DEAL_STAGES:
            winner.lifecycle_stage = CUSTOMER
    else:
        winner.tier = None


def _bury(loser: Customer, winner: Customer, actor: Actor) -> None:
    """The loser becomes a tombstone: its own values stay as they are, its address leads to the winner."""
    loser.deleted_at, loser.deleted_by_id, loser.merged_into = timezone.now(), actor.user_id, winner
    save_versioned(loser, ["deleted_at", "deleted_by_id", "merged_into"])


def _revive(loser: Customer) -> None:
    loser.deleted_at = loser.deleted_by_id = loser.merged_into = None
    save_versioned(loser, ["deleted_at", "deleted_by_id", "merged_into"])


def _store(winner: Customer) -> None:
    follow = match_keys({"phone": winner.phone, "name": winner.name, "kind": winner.kind})
    follow["name_sort"] = sort_key(winner.name)
    for name, value in follow.items():
        setattr(winner, name, value)
    save_versioned(winner, [*CHOSEN, *FOLLOWING, "custom", *follow])


def _move(winner: Customer, loser: Customer) -> dict[str, list[int]]:
    """Everything that belongs to the loser goes over, by the declared relations."""
    if winner.contacts.filter(is_primary=True).exists():
        Contact._base_manager.filter(customer=loser, is_primary=True).update(is_primary=False)
    moved = {key: ids for key, relation in RELATIONS.items() if (ids := relation.move(loser.pk, winner.pk))}
    # Whoever belongs to the winner now needs no link to it; the link waits at the tombstone.
    needless = ContactLink._base_manager.filter(customer=winner, contact__customer=winner)
    links = list(needless.values_list("pk", flat=True))
    ContactLink._base_manager.filter(pk__in=links).update(customer=loser)
    moved[PARKED] = links
    return {key: ids for key, ids in moved.items() if ids}


def _move_back(merge: CustomerMerge, winner: Customer, loser: Customer) -> None:
    parked = ContactLink._base_manager.filter(pk__in=merge.moved.get(PARKED, []), customer=loser)
    returned: dict[str, list[int]] = {}
    own_links = list(parked.values_list("pk", flat=True))
    contacts = merge.moved.get(CONTACTS, [])
    Contact._base_manager.filter(pk__in=contacts, customer=winner).update(is_primary=False)
    for key, ids in merge.moved.items():
        if key in RELATIONS:
            returned[key] = RELATIONS[key].move_back(ids, winner.pk, loser.pk)
    came_over = set(merge.moved.get(LINKS, []))
    ContactLink._base_manager.filter(pk__in=set(own_links) - came_over).update(customer=winner)
    main = Contact.objects.filter(pk=merge.main_contact_id, customer=loser)
    main.update(is_primary=True)
    for customer in (winner, loser):
        if not customer.contacts.filter(is_primary=True).exists():
            oldest = customer.contacts.order_by("created_at", "pk").values_list("pk", flat=True).first()
            Contact._base_manager.filter(pk=oldest).update(is_primary=True)


def _check_undo(merge: CustomerMerge, winner: Customer, loser: Customer) -> None:
    if merge.merged_at < timezone.now() - datetime.timedelta(days=UNDO_DAYS):
        raise RuleBroken(_("A merge can be undone for %(days)d days.") % {"days": UNDO_DAYS}, code="too_late")
    if loser.merged_into_id != winner.pk:
        raise RuleBroken(_("This merge has been undone already."), code="undone")
    later = CustomerMerge._base_manager.filter(
        winner=winner, undone_at__isnull=True, merged_at__gt=merge.merged_at
    )
    if later.exists():
        raise RuleBroken(_("Undo the later merges of this customer first."), code="later_merge")
    if winner.deleted_at is not None:
        raise RuleBroken(_("%(name)s lies in the bin.") % {"name": winner.name}, code="deleted")


def _check_external_id(winner: Customer, loser: Customer) -> None:
    """The loser can have its external ID back only while nobody else has it."""
    others = Customer.objects.filter(external_id=loser.external_id).exclude(pk=winner.pk)
    if loser.external_id and (winner.external_id == loser.external_id or others.exists()):
        raise RuleBroken(
            _("%(name)s cannot be restored: another customer has the external ID %(id)s now.")
            % {"name": loser.name, "id": loser.external_id},
            code="conflict",
        )


def _renew_search(customer: Customer) -> None:
    customer.fill_search()
    Customer._base_manager.filter(pk=customer.pk).update(
        search_text=customer.search_text, search_grams=customer.search_grams
    )


def _pair(one: Customer, other: Customer) -> Q:
    first, second = sorted([one.pk, other.pk])
    return Q(first=first, second=second)


def _counted(moved: Mapping[str, list[int]]) -> dict[str, int]:
    return {key: len(ids) for key, ids in moved.items() if key in RELATIONS}


def _value(record: Customer, name: str) -> Any:
    if name.startswith(PREFIX):
        return record.custom.get(name.removeprefix(PREFIX))
    return getattr(record, Customer._meta.get_field(name).attname)


def _plain(record: Customer, name: str) -> Any:
    """A field's value as JSON keeps it."""
    value = _value(record, name)
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    return str(value) if isinstance(value, decimal.Decimal) else value


def _put(record: Customer, name: str, value: Any) -> None:
    """Give a field a value as `_plain` told it."""
    if name.startswith(PREFIX):
        key = name.removeprefix(PREFIX)
        rest = {other: kept for other, kept in record.custom.items() if other != key}
        record.custom = rest if value is None else {**rest, key: value}
        return
    field = Customer._meta.get_field(name)
    kind = field.get_internal_type()
    if isinstance(value, str) and kind in ("DateTimeField", "DateField"):
        value = parse_datetime(value) if kind == "DateTimeField" else parse_date(value)
    setattr(record, field.attname, value)
