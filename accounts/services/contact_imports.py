"""Contacts written set-based, as an import hands them over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts.events import CONTACT_UPDATED
from accounts.models import Contact
from accounts.services.imports import contact_record, create_contacts, renew_search
from crm.core.sets import update_rows
from crm.events.recording import PRIVATE, EventRow, record_events
from crm.listing.custom import importing as custom
from crm.listing.importing.resource import Run, StagedRow

FIELDS = ("name", "title", "department", "role", "phone", "email", "wechat", "external_id")


def add_contacts(run: Run, rows: Sequence[StagedRow]) -> None:
    """Add people to customers; the first one of a customer becomes its main contact."""
    customers = {row.cleaned["customer"] for row in rows}
    taken = Contact._base_manager.filter(customer__in=customers, is_primary=True, deleted_at__isnull=True)
    with_main = set(taken.values_list("customer_id", flat=True))
    people = []
    for row in rows:
        customer = row.cleaned["customer"]
        values = {name: row.cleaned.get(name, "") for name in FIELDS}
        values["custom"] = custom.values_of(Contact, row.cleaned, new=True)
        people.append((row, customer, values, customer not in with_main))
        with_main.add(customer)
    for row, pk in zip(rows, create_contacts(run, people), strict=True):
        row.target_id = pk
        if pk is None:
            row.fail(
                "taken",
                _("Another record has this external ID."),
                run.headers.get("external_id", ""),
                "external_id",
            )
    renew_search(customers)


def change_contacts(run: Run, rows: Sequence[StagedRow]) -> None:
    """Change people where a filled cell differs; they stay with their customer."""
    ids = [row.target_id for row in rows]
    before = {c.pk: c for c in Contact._base_manager.select_for_update().filter(pk__in=ids).order_by("pk")}
    columns: dict[int, dict[str, Any]] = {}
    events = []
    for row in rows:
        contact = before[row.target_id or 0]
        if "customer" in row.changes:
            row.fail(
                "other_customer",
                _("This contact belongs to another customer; move it by hand."),
                run.headers.get("customer", ""),
                "customer",
            )
            continue
        values = {name: row.cleaned.get(name) or getattr(contact, name) for name in FIELDS}
        extra = custom.merged(contact, row.changes)
        values["custom"] = contact.custom if extra is None else extra
        record = contact_record(contact.customer_id, values, primary=contact.is_primary)
        columns[contact.pk] = {k: v for k, v in record.items() if k not in ("customer_id", "is_primary")}
        pairs = {name: [getattr(contact, name), values[name]] for name in row.changes if name in FIELDS}
        pairs |= custom.log_pairs(contact, values["custom"])
        hidden = PRIVATE | contact.private_fields
        events.append(
            EventRow(
                Contact,
                contact.pk,
                changes={name: pair for name, pair in pairs.items() if name not in hidden},
                private={name: pair for name, pair in pairs.items() if name in hidden},
                payload={"name": contact.name, **run.payload(row)},
                about=[f"accounts.customer:{contact.customer_id}"],
            )
        )
    update_rows(Contact, columns)
    record_events(CONTACT_UPDATED, events, actor=run.actor)
    renew_search({contact.customer_id for contact in before.values()})
