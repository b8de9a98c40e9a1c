"""Customers and their contacts written set-based: what an import hands over, thousands at a time.

The same normalised columns, life cycle steps and events come into being as when a person saves one customer; the
import has cleaned the values and decided which record each row means.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.events import CUSTOMER_IMPORTED, CUSTOMER_UPDATED
from accounts.models import Customer, LifecycleEvent
from accounts.models.choices import Source, Stage
from accounts.rules.derive import find_region
from accounts.rules.lifecycle import DEAL_STAGES, PROSPECT_STAGES
from accounts.services.contact_imports import held, phone_key
from accounts.services.customer_people import PERSON_COLUMNS, create_people, people_of, write_people
from accounts.services.imported_facts import add_facts, add_tags
from accounts.services.imported_notes import write_notes
from crm.core.company import looks_like_person, parse_company
from crm.core.phone import search_forms
from crm.core.pinyin import initials, sort_key
from crm.core.sets import insert_rows, update_rows
from crm.core.text import fold
from crm.events.recording import PRIVATE, EventRow, record_events
from crm.identity import access
from crm.identity.models import User
from crm.identity.services import assign
from crm.listing.custom import importing as custom
from crm.listing.importing.resource import Run, StagedRow
from crm.records.models import Industry, Region
from crm.records.queries.custom_fields import words_of
from crm.records.searchable import search_columns

OWN = (
    "name",
    "uscc",
    "external_id",
    "size",
    "phone",
    "email",
    "website",
    "address",
    "source",
    "source_detail",
)


# --- New customers -------------------------------------------------------------------------------


def create_customers(run: Run, rows: Sequence[StagedRow]) -> None:
    """Create the customers of these rows with their contacts, tags, life cycle step and event.

    Each belongs to the owner its row names, otherwise to the importer, and counts as neglected from today at the
    earliest: what comes by import has not been neglected yet.
    """
    now = timezone.now()
    known = run.once("region codes", lambda: set(Region._base_manager.values_list("pk", flat=True)))
    records = [_new_customer(run, row.cleaned, known) for row in rows]
    for record in records:
        record["owner_since"] = now
    for row, pk in zip(rows, insert_rows(Customer, records), strict=True):
        row.target_id = pk
        if pk is None:
            row.fail(
                "taken",
                _("Another record has this external ID."),
                run.headers.get("external_id", ""),
                "external_id",
            )
    written = [(row, record) for row, record in zip(rows, records, strict=True) if row.outcome == "created"]
    insert_rows(
        LifecycleEvent,
        [_step(run, row.target_id, "", record["lifecycle_stage"], now) for row, record in written],
    )
    record_events(
        CUSTOMER_IMPORTED,
        [
            EventRow(Customer, row.target_id, payload={"name": record["name"], **run.payload(row)})
            for row, record in written
        ],
        actor=run.actor,
    )
    new = [row for row, _record in written]
    create_people(run, new)
    _write_beside(run, new)


def _new_customer(run: Run, cleaned: Mapping[str, Any], known_regions: set[str]) -> dict[str, Any]:
    value = cleaned.get
    name, phone, contact_phone = cleaned["name"], value("phone", ""), value("contact_phone", "")
    kind = value("kind") or ("person" if looks_like_person(name) else "company")
    company = parse_company(name if kind == "company" else "")
    region = value("region")
    if not region:
        found = find_region(
            place=company.place, branch=company.branch, uscc=value("uscc", ""), phone=phone or contact_phone
        )
        region = found.value if found and found.value in known_regions else None
    deal = value("first_deal_at")
    grade = value("tier") or value("intent")
    owner = value("owner") or run.user.pk
    people = [
        word for person in people_of(cleaned) for word in (person["name"], *search_forms(person["phone"]))
    ]
    extra = custom.values_of(Customer, cleaned, new=True)
    text, grams = search_columns(customer_words(cleaned, extra) + people)
    return {
        "name": name,
        "custom": extra,
        "uscc": value("uscc", ""),
        "external_id": value("external_id", ""),
        "size": value("size"),
        "phone": phone,
        "email": value("email", ""),
        "website": value("website", ""),
        "address": value("address", ""),
        "source": value("source") or Source.IMPORT.value,
        "source_detail": value("source_detail", ""),
        "name_sort": sort_key(name),
        "kind": kind,
        "tier": grade if deal else None,
        "intent": None if deal else grade,
        "lifecycle_stage": _stage(value("lifecycle_stage"), deal),
        "first_deal_at": deal,
        "industry_id": value("industry"),
        "region_id": region,
        "owner_id": owner,
        "team_id": run.people.by_id[owner].team_id,
        "phone_key": phone_key(phone),
        "company_core": company.core[:200],
        "company_region": company.region[:40],
        "search_text": text,
        "search_grams": grams,
    }


def customer_words(values: Mapping[str, Any], custom_values: Mapping[str, Any]) -> list[object]:
    """What a customer is found by, its contacts aside (the same as `Customer.search_values`)."""
    return [
        values["name"],
        initials(values["name"]),
        values.get("uscc", ""),
        values.get("external_id", ""),
        *search_forms(values.get("phone", "")),
        values.get("email", ""),
        values.get("website", ""),
        *words_of(Customer, custom_values),
    ]


def _stage(stage: str | None, deal: str | None) -> str:
    """The stage of a new customer: as the file says, but a deal makes at least a customer."""
    if deal and (not stage or stage in PROSPECT_STAGES):
        return str(Stage.CUSTOMER)
    return stage or str(Stage.LEAD)


def _step(run: Run, customer: int | None, before: str, after: str, now: datetime.datetime) -> dict[str, Any]:
    return {
        "customer_id": customer,
        "from_stage": before,
        "to_stage": after,
        "at": now,
        "rule": "import",
        "reason": "",
        "actor_id": run.actor.id,
        "actor_name": run.actor.name,
    }


# --- Existing customers --------------------------------------------------------------------------


def update_customers(run: Run, rows: Sequence[StagedRow]) -> None:
    """Change existing customers where a filled cell differs; blank cells leave what is there.

    A change of owner is a transfer and needs its right; a prospect's stage is not undone for a deal customer.
    """
    ids = [row.target_id for row in rows]
    before = {
        c.pk: c
        for c in Customer._base_manager.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    }
    movable = set()
    if any("owner" in row.changes for row in rows):
        movable = set(
            access.visible(Customer, run.user, "transfer").filter(pk__in=ids).values_list("pk", flat=True)
        )
    _refuse_taken(run, rows)
    now = timezone.now()
    columns: dict[int, dict[str, Any]] = {}
    events: list[EventRow] = []
    steps: list[dict[str, Any]] = []
    for row in rows:
        customer = before[row.target_id or 0]
        if row.outcome == "failed" or not _may_change(run, row, customer, movable):
            continue
        values = _changed_columns(row, customer)
        if values:
            columns[customer.pk] = values
            event = _change_event(run, row, customer, values)
            events.append(event)
            row.before |= {
                "columns": held(customer, values),
                "changes": event.changes,
                "private": event.private,
            }
        if "owner" in row.changes:
            row.before["owner"] = customer.owner_id
        if "lifecycle_stage" in values:
            steps.append(_step(run, customer.pk, customer.lifecycle_stage, values["lifecycle_stage"], now))
    update_rows(Customer, columns)
    insert_rows(LifecycleEvent, steps)
    record_events(CUSTOMER_UPDATED, events, actor=run.actor)
    written = [row for row in rows if row.outcome == "updated"]
    _transfer(run, written)
    write_people(run, [row for row in written if row.changes.keys() & PERSON_COLUMNS])
    _write_beside(run, written)


def join_customers(run: Run, rows: Sequence[StagedRow]) -> None:
    """Add what further rows of one customer bring: people, tags, key facts and follow-ups."""
    write_people(run, rows)
    _write_beside(run, rows)


def _write_beside(run: Run, rows: Sequence[StagedRow]) -> None:
    """What stands in a row beside the customer and its people."""
    add_tags(run, rows)
    add_facts(run, rows)
    write_notes(run, rows)


def _refuse_taken(run: Run, rows: Sequence[StagedRow]) -> None:
    """Two customers never have one external ID: fail rows that would take that of another customer or row."""
    wanted = [row for row in rows if "external_id" in row.changes]
    if not wanted:
        return
    ids = {row.changes["external_id"][1] for row in wanted}
    held = Customer._base_manager.filter(deleted_at__isnull=True, external_id__in=ids)
    taken = dict(held.values_list("external_id", "pk"))
    for row in wanted:
        if taken.setdefault(row.changes["external_id"][1], row.target_id) != row.target_id:
            header = run.headers.get("external_id", "")
            row.fail("taken", _("Another record has this external ID."), header, "external_id")


def _may_change(run: Run, row: StagedRow, customer: Customer, movable: set[int]) -> bool:
    header = run.headers.get
    if "owner" in row.changes and customer.pk not in movable:
        row.fail("transfer", _("You cannot transfer this customer."), header("owner", ""), "owner")
    stage = row.changes.get("lifecycle_stage")
    deal = row.cleaned.get("first_deal_at") or customer.first_deal_at
    if stage and deal and stage[1] in PROSPECT_STAGES:
        row.fail(
            "lifecycle", _("A customer with a deal does not become a lead again."), header("lifecycle_stage", ""),
            "lifecycle_stage",
        )  # fmt: skip
    elif stage and not deal and stage[1] in DEAL_STAGES:
        row.fail(
            "lifecycle", _("This stage needs the date of the first deal."), header("lifecycle_stage", ""),
            "lifecycle_stage",
        )  # fmt: skip
    return row.outcome == "updated"


def _changed_columns(row: StagedRow, customer: Customer) -> dict[str, Any]:
    """The columns of the customer itself that a row changes, with those that follow from them."""
    new = {name: value for name, (_old, value) in row.changes.items()}
    values: dict[str, Any] = {name: new[name] for name in (*OWN, "kind", "lifecycle_stage") if name in new}
    values |= {f"{name}_id": new[name] for name in ("industry", "region") if name in new}
    deal = new.get("first_deal_at") or customer.first_deal_at
    if "first_deal_at" in new:
        values["first_deal_at"] = new["first_deal_at"]
        values["intent"] = None
        if customer.lifecycle_stage in PROSPECT_STAGES and "lifecycle_stage" not in values:
            values["lifecycle_stage"] = str(Stage.CUSTOMER)
    grade = new.get("tier") or new.get("intent")
    if grade:
        values["tier" if deal else "intent"] = grade
    if "phone" in values:
        values["phone_key"] = phone_key(values["phone"])
    if "name" in values or "kind" in values:
        name, kind = values.get("name", customer.name), values.get("kind", customer.kind)
        company = parse_company(name if kind == "company" else "")
        values["name_sort"] = sort_key(name)
        values["company_core"] = company.core[:200] if kind == "company" else ""
        values["company_region"] = company.region[:40] if kind == "company" else ""
    if (extra := custom.merged(customer, row.changes)) is not None:
        values["custom"] = extra
    if {"name", "uscc", "external_id", "phone", "email", "website", "custom"} & set(values):
        now = {name: values.get(name, getattr(customer, name)) for name in OWN}
        words = customer_words(now, values.get("custom", customer.custom))
        text = search_columns(words)[0]
        kept = [line for line in customer.search_text.split("\n") if line not in text.split("\n")]
        before = customer_words({name: getattr(customer, name) for name in OWN}, customer.custom)
        stale = {fold(word) for word in before}
        people = [line for line in kept if line not in stale]
        values["search_text"], values["search_grams"] = search_columns([*words, *people])
    return values


def _change_event(run: Run, row: StagedRow, customer: Customer, values: Mapping[str, Any]) -> EventRow:
    changes: dict[str, Any] = {}
    private: dict[str, Any] = {}
    for column in values:
        if column in (
            "search_text",
            "search_grams",
            "name_sort",
            "phone_key",
            "company_core",
            "company_region",
        ):
            continue
        if column == "custom":
            hidden = customer.private_fields
            for name, pair in custom.log_pairs(customer, values[column]).items():
                (private if name in hidden else changes)[name] = pair
            continue
        name = column.removesuffix("_id")
        old = getattr(customer, column)
        pair = [_plain(run, name, old), _plain(run, name, values[column])]
        if pair[0] != pair[1]:
            (private if name in PRIVATE else changes)[name] = pair
    return EventRow(Customer, customer.pk, changes=changes, private=private, payload=run.payload(row))


def _plain(run: Run, name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in ("industry", "region"):
        return {"id": value, "label": reference_label(run, name, value)}
    return value.isoformat() if isinstance(value, datetime.date) else value


def reference_label(run: Run, name: str, value: Any) -> str:
    """The name of a region or industry in the importer's language."""
    model = {"region": Region, "industry": Industry}[name]
    labels = run.once(f"{name} labels", lambda: {r.pk: str(r) for r in model._base_manager.all()})
    return labels.get(value, str(value))


def _transfer(run: Run, rows: Iterable[StagedRow]) -> None:
    by_owner: dict[int, list[int]] = {}
    for row in rows:
        if "owner" in row.changes and row.target_id:
            by_owner.setdefault(row.changes["owner"][1], []).append(row.target_id)
    for owner_id, ids in by_owner.items():
        owner = User._base_manager.select_related("team").get(pk=owner_id)
        assign(Customer._base_manager.filter(pk__in=ids), owner=owner, actor=run.actor)
