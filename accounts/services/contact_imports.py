"""Contacts written set-based, as an import hands them over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from accounts.events import CONTACT_IMPORTED, CONTACT_UPDATED
from accounts.models import Contact, Customer
from crm.core.phone import read_phone, search_forms
from crm.core.pinyin import initials, sort_key
from crm.core.sets import insert_rows, update_rows
from crm.core.text import fold
from crm.events.recording import PRIVATE, EventRow, record_events
from crm.listing.custom import importing as custom
from crm.listing.importing.resource import Run, StagedRow
from crm.records.queries.custom_fields import words_of
from crm.records.searchable import search_columns

FIELDS = ("name", "title", "department", "role", "phone", "email", "wechat", "external_id")


def phone_key(phone: str) -> str:
    """The number duplicates are sought by; numbers that many share are none."""
    number = read_phone(phone) if phone else None
    return number.number if number and number.is_match_key else ""


def contact_record(customer_id: int, values: Mapping[str, Any], *, primary: bool) -> dict[str, Any]:
    """The columns of a contact, normalised and searchable."""
    name, phone = values["name"], values.get("phone", "")
    text, grams = search_columns(contact_words(values))
    return {
        "customer_id": customer_id,
        "name": name,
        "name_sort": sort_key(name, person=True),
        "title": values.get("title", ""),
        "department": values.get("department", ""),
        "role": values.get("role", ""),
        "phone": phone,
        "phone_key": phone_key(phone),
        "email": values.get("email", ""),
        "wechat": values.get("wechat", ""),
        "external_id": values.get("external_id", ""),
        "custom": values.get("custom") or {},
        "is_primary": primary,
        "search_text": text,
        "search_grams": grams,
    }


def contact_words(values: Mapping[str, Any]) -> list[object]:
    """What a contact is found by (the same as `Contact.search_values`)."""
    name = values["name"]
    return [
        name,
        initials(name, person=True),
        *search_forms(values.get("phone", "")),
        values.get("email", ""),
        values.get("wechat", ""),
        values.get("title", ""),
        values.get("external_id", ""),
        *words_of(Contact, values.get("custom") or {}),
    ]


def create_contacts(
    run: Run, people: Sequence[tuple[StagedRow, int, Mapping[str, Any], bool]], *, quiet: bool = False
) -> list[int | None]:
    """Add contacts to customers: (row, customer, values, whether the main contact); `quiet` without an event each."""
    ids = insert_rows(
        Contact, [contact_record(pk, values, primary=main) for _row, pk, values, main in people]
    )
    if not quiet:
        events = [
            EventRow(
                Contact,
                contact,
                payload={"name": values["name"], **run.payload(row)},
                about=[f"accounts.customer:{pk}"],
            )
            for contact, (row, pk, values, _main) in zip(ids, people, strict=True)
            if contact
        ]
        record_events(CONTACT_IMPORTED, events, actor=run.actor)
    return ids


def changed_columns(contact: Contact, record: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a contact that differ from the record it should become; it stays with its customer."""
    fixed = ("customer_id", "is_primary")
    return {k: v for k, v in record.items() if k not in fixed and getattr(contact, k) != v}


def held(record: models.Model, columns: Iterable[str]) -> dict[str, Any]:
    """What stands in these columns now, so that an import can be undone; the search is made anew then."""
    return {name: getattr(record, name) for name in columns if not name.startswith("search_")}


def contact_change(run: Run, row: StagedRow, contact: Contact, pairs: Mapping[str, Any]) -> EventRow:
    """The event of a contact that a row changes; personal values stand apart."""
    hidden = PRIVATE | contact.private_fields
    return EventRow(
        Contact,
        contact.pk,
        changes={name: pair for name, pair in pairs.items() if name not in hidden},
        private={name: pair for name, pair in pairs.items() if name in hidden},
        payload={"name": contact.name, **run.payload(row)},
        about=[f"accounts.customer:{contact.customer_id}"],
    )


def contacts_by_name(customer_ids: Iterable[int]) -> dict[tuple[int, str], Contact]:
    """The living contacts of customers by (customer, folded name); the main contact wins among equals."""
    rows = Contact._base_manager.filter(customer__in=list(customer_ids), deleted_at__isnull=True)
    return {(c.customer_id, fold(c.name)): c for c in rows.order_by("is_primary", "-pk")}


def renew_search(customer_ids: Iterable[int]) -> None:
    """Customers are found by their contacts too: renew what they are found by after contacts changed."""
    found = Customer._base_manager.filter(pk__in=list(customer_ids)).prefetch_related("contacts")
    values = {}
    for customer in found:
        text, grams = search_columns(customer.search_values())
        values[customer.pk] = {"search_text": text, "search_grams": grams}
    update_rows(Customer, values, versioned=False)


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
        columns[contact.pk] = changed_columns(contact, record)
        pairs = {name: [getattr(contact, name), values[name]] for name in row.changes if name in FIELDS}
        pairs |= custom.log_pairs(contact, values["custom"])
        event = contact_change(run, row, contact, pairs)
        events.append(event)
        row.before |= {
            "columns": held(contact, columns[contact.pk]),
            "changes": event.changes,
            "private": event.private,
        }
    update_rows(Contact, columns)
    record_events(CONTACT_UPDATED, events, actor=run.actor)
    renew_search({contact.customer_id for contact in before.values()})
