"""The people a row of a customer sheet names: written with their customer, or added to one that is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts.events import CONTACT_UPDATED
from accounts.models import Contact
from accounts.services.contact_imports import (
    changed_columns,
    contact_change,
    contact_record,
    contacts_by_name,
    create_contacts,
    held,
    renew_search,
)
from crm.core.sets import update_rows
from crm.core.text import fold
from crm.events.recording import EventRow, record_events
from crm.listing.importing.resource import Run, StagedRow

OF_PERSON = ("name", "title", "phone", "email", "wechat", "department")
COLUMNS = {  # of each person a row may name, by column: the field of the contact
    person: {f"{person}_{name}": name for name in OF_PERSON} for person in ("contact", "contact2", "contact3")
}
PERSON_COLUMNS = frozenset(column for columns in COLUMNS.values() for column in columns)
BY_NAME = {f"{person}_name": columns for person, columns in COLUMNS.items()}
FIELDS = (*OF_PERSON, "role", "external_id")


def field_of(column: str) -> str:
    """The field of a contact that a column of a customer sheet fills; empty for the customer's own columns."""
    person, _line, name = column.partition("_")
    return name if column in COLUMNS.get(person, ()) else ""


def people_of(cleaned: Mapping[str, Any]) -> list[dict[str, str]]:
    """The people a row names, the first one being the main contact; a name that comes twice is one person."""
    get = cleaned.get
    found = [
        {field: get(column, "") for column, field in columns.items()}
        for name, columns in BY_NAME.items()
        if get(name)
    ]
    if len(found) < 2:
        return found
    by_name: dict[str, dict[str, str]] = {}
    for person in found:
        by_name.setdefault(fold(person["name"]), person)
    return list(by_name.values())


def create_people(run: Run, rows: Sequence[StagedRow]) -> None:
    """The people of rows that made new customers; the event of the customer tells of them as well."""
    people = [
        (row, row.target_id or 0, values, position == 0)
        for row in rows
        for position, values in enumerate(people_of(row.cleaned))
    ]
    create_contacts(run, people, quiet=True)


def write_people(run: Run, rows: Sequence[StagedRow]) -> None:
    """Change the contacts of these names at existing customers, or add them; blank cells leave what is there.

    A row that only fills what is empty changes nothing a contact has already.
    """
    rows = [row for row in rows if row.cleaned.keys() & PERSON_COLUMNS]
    if not rows:
        return
    known = contacts_by_name(row.target_id or 0 for row in rows)
    with_main = {pk for (pk, _name), contact in known.items() if contact.is_primary}
    new: dict[tuple[int, str], tuple[StagedRow, int, dict[str, str], bool]] = {}
    changed: dict[int, dict[str, Any]] = {}
    events: list[EventRow] = []
    for row in rows:
        customer = row.target_id or 0
        for values in people_of(row.cleaned):
            key = (customer, fold(values["name"]))
            contact = known.get(key)
            if contact is None:
                if key in new:  # the same new person in another row of this customer
                    first = new[key][2]
                    if any(value and first.get(name) not in ("", value) for name, value in values.items()):
                        message = _("%(name)s stands in several rows; the first details were kept.")
                        row.note("same_person", message % {"name": values["name"]})
                    first |= {name: value for name, value in values.items() if value and not first.get(name)}
                    continue
                new[key] = (row, customer, values, customer not in with_main)
                with_main.add(customer)
                continue
            merged = {name: _merged(row, contact, name, values) for name in FIELDS}
            record = contact_record(customer, merged | {"custom": contact.custom}, primary=contact.is_primary)
            if columns := changed_columns(contact, record):
                changed[contact.pk] = changed.get(contact.pk, {}) | columns
                pairs = {name: [getattr(contact, name), merged[name]] for name in FIELDS if name in columns}
                events.append(contact_change(run, row, contact, pairs))
                _note(row, {"id": contact.pk, "columns": held(contact, columns)})
                for name, value in columns.items():  # what the next row of the same person finds
                    setattr(contact, name, value)
    update_rows(Contact, changed)
    record_events(CONTACT_UPDATED, events, actor=run.actor)
    added = list(new.values())
    for (row, *_person), pk in zip(added, create_contacts(run, added), strict=True):
        _note(row, {"id": pk, "created": True})
    renew_search({row.target_id or 0 for row in rows})


def _merged(row: StagedRow, contact: Contact, name: str, values: Mapping[str, str]) -> str:
    held_now, given = str(getattr(contact, name)), values.get(name, "")
    return (held_now or given) if row.fills else (given or held_now)


def _note(row: StagedRow, part: dict[str, Any]) -> None:
    row.before.setdefault("contacts", []).append(part)
