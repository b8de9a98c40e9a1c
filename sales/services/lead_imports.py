"""Leads written set-based, as an import hands them over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models.choices import Source
from accounts.services.contact_imports import held, phone_key
from accounts.services.import_undo import take_back_records
from crm.core.company import parse_company
from crm.core.pinyin import sort_key
from crm.core.sets import insert_rows, update_rows
from crm.core.text import fold
from crm.events.recording import PRIVATE, EventRow, record_events
from crm.identity import access
from crm.identity.services import assign
from crm.listing.custom import importing as custom
from crm.listing.importing.resource import Run, StagedRow
from crm.records.models import ImportJob
from crm.records.searchable import search_columns
from sales.events.leads import LEAD_DELETED, LEAD_IMPORTED, LEAD_UPDATED
from sales.models import Lead, LeadStatus
from sales.models.lead import OPEN_STATUSES
from sales.services.scoring import rescore_some

OWN = (
    "name", "company", "title", "phone", "email", "wechat", "website", "size", "source", "channel", "campaign", "need",
    "budget", "expected_at", "external_id",
)  # fmt: skip
TEXTS = frozenset(OWN) - {"size", "budget", "expected_at"}
LINKS = ("industry", "region")
FOLLOWING = frozenset(
    {"phone_key", "name_sort", "company_core", "company_region", "search_text", "search_grams"}
)
Action = ImportJob.DuplicateAction


def named(keys: Iterable[str]) -> dict[str, list[int]]:
    """The living leads by `~name|company`, folded."""
    wanted = set(keys)
    found: dict[str, list[int]] = {}
    if not wanted:
        return found
    names = {sort_key(key[1:].split("|", 1)[0], person=True) for key in wanted}
    rows = Lead._base_manager.filter(deleted_at__isnull=True, name_sort__in=names)
    for pk, name, company in rows.values_list("pk", "name", "company"):
        key = f"~{fold(name)}|{fold(company)}"[:255]
        if key in wanted:
            found.setdefault(key, []).append(pk)
    return found


def doubt_new_leads(run: Run, rows: Sequence[StagedRow], *, writing: bool) -> None:
    """Say of rows that would become new leads whose number or address an open lead has, and do as was chosen.

    One person is one open lead: such a row is left out unless it is to be refused; a lead of a colleague by name and
    owner alone. Of rows of one file the first one wins.
    """
    new = [row for row in rows if row.outcome == "created" and row.cleaned.get("status") != "disqualified"]
    phones = {row.number: phone_key(row.cleaned.get("phone", "")) for row in new}
    emails = {row.number: row.cleaned.get("email", "") for row in new}
    same = Q(phone_key__in={p for p in phones.values() if p}) | Q(email__in={e for e in emails.values() if e})
    there: dict[str, Lead] = {}
    open_leads = Lead.objects.filter(same, status__in=OPEN_STATUSES).select_related("owner").order_by("-pk")
    for lead in open_leads:
        there |= {key: lead for key in (lead.phone_key, lead.email) if key}
    for row in new:
        lead = there.get(phones[row.number]) or there.get(emails[row.number])
        if lead is None:
            continue
        words = _("There is an open lead already: %(name)s, %(owner)s.") % {
            "name": lead.name,
            "owner": lead.owner or _("no owner"),
        }
        if run.job.duplicate_action == Action.BLOCK:
            row.fail("duplicate", words, run.headers.get("phone", ""), "phone")
        else:
            row.skip("duplicate", words)


def create_leads(run: Run, rows: Sequence[StagedRow]) -> None:
    """Create the leads of these rows, each with its event and score; they belong to whom their row names, or the importer."""
    now = timezone.now()
    records = [_columns(run, row, now) for row in rows]
    for row, pk in zip(rows, insert_rows(Lead, records), strict=True):
        row.target_id = pk
        if pk is None:
            header = run.headers.get("external_id", "")
            row.fail("taken", _("Another record has this external ID."), header, "external_id")
    written = [row for row in rows if row.outcome == "created"]
    events = [
        EventRow(Lead, row.target_id, payload={"name": row.cleaned["name"], **run.payload(row)})
        for row in written
    ]
    record_events(LEAD_IMPORTED, events, actor=run.actor)
    rescore_some([row.target_id or 0 for row in written])


def change_leads(run: Run, rows: Sequence[StagedRow]) -> None:
    """Change leads where a filled cell differs; converted ones are history and stay as they are."""
    ids = [row.target_id for row in rows]
    locked = Lead._base_manager.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    before = {lead.pk: lead for lead in locked}
    movable = set(access.visible(Lead, run.user, "transfer").filter(pk__in=ids).values_list("pk", flat=True))
    columns: dict[int, dict[str, Any]] = {}
    events = []
    for row in rows:
        lead = before[row.target_id or 0]
        if not _may_change(run, row, lead, movable):
            continue
        values = _changed(row, lead)
        if values:
            columns[lead.pk] = values
            events.append(_event(run, row, lead, values))
            row.before |= {
                "columns": held(lead, values),
                "changes": events[-1].changes,
                "private": events[-1].private,
            }
    update_rows(Lead, columns)
    record_events(LEAD_UPDATED, events, actor=run.actor)
    by_owner: dict[int, list[int]] = {}
    for row in rows:
        if row.outcome == "updated" and "owner" in row.changes:
            by_owner.setdefault(row.changes["owner"][1], []).append(row.target_id or 0)
    for owner, leads in by_owner.items():
        assign(Lead._base_manager.filter(pk__in=leads), owner=run.people.by_id[owner], actor=run.actor)
    rescore_some(columns)


def take_back_leads(run: Run, rows: Sequence[StagedRow]) -> None:
    """Undo rows of a sheet of leads: new ones go to the bin, changed ones get their earlier values."""
    free = take_back_records(run, rows, Lead, deleted=LEAD_DELETED, updated=LEAD_UPDATED)
    rescore_some([row.target_id or 0 for row in free])


def _columns(run: Run, row: StagedRow, now: Any) -> dict[str, Any]:
    value = row.cleaned.get
    own: dict[str, Any] = {name: value(name, "") if name in TEXTS else value(name) for name in OWN}
    owner = value("owner") or run.user.pk
    source = own["source"] or str(Source.IMPORT)
    extra = custom.values_of(Lead, row.cleaned, new=True)
    return {
        **own,
        "source": source,
        "last_source": source,
        "industry_id": value("industry"),
        "region_id": value("region"),
        "status": value("status") or str(LeadStatus.NEW),
        "reason": "other" if value("status") == LeadStatus.DISQUALIFIED else "",
        "custom": extra,
        "owner_id": owner,
        "team_id": run.people.by_id[owner].team_id,
        "owner_since": now,
        **following(own, extra),
    }


def following(own: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that follow from what the cells say, those of the search among them."""
    company = parse_company(own["company"])
    words = Lead(**{name: own[name] for name in TEXTS}, custom=dict(extra)).search_values()
    text, grams = search_columns(words)
    return {
        "name_sort": sort_key(own["name"], person=True),
        "phone_key": phone_key(own["phone"]),
        "company_core": company.core[:200],
        "company_region": company.region[:40],
        "search_text": text,
        "search_grams": grams,
    }


def _may_change(run: Run, row: StagedRow, lead: Lead, movable: set[int]) -> bool:
    header = run.headers.get
    if lead.status == LeadStatus.CONVERTED:
        row.fail("converted", _("%(name)s became a customer; go on there.") % {"name": lead.name})
    elif "owner" in row.changes and lead.pk not in movable:
        row.fail("transfer", _("You cannot transfer this lead."), header("owner", ""), "owner")
    elif "source" in row.changes and lead.source:
        row.fail("source", _("Where a lead first came from does not change."), header("source", ""), "source")
    return row.outcome == "updated"


def _changed(row: StagedRow, lead: Lead) -> dict[str, Any]:
    """The columns a row changes, with those that follow from them."""
    new = {name: pair[1] for name, pair in row.changes.items()}
    values: dict[str, Any] = {name: new[name] for name in (*OWN, "status") if name in new}
    values |= {f"{name}_id": new[name] for name in LINKS if name in new}
    if new.get("status") == LeadStatus.DISQUALIFIED:
        values["reason"] = "other"
    elif "status" in new:
        values["reason"] = ""
    if (extra := custom.merged(lead, row.changes)) is not None:
        values["custom"] = extra
    if values:
        own = {name: values.get(name, getattr(lead, name)) for name in OWN}
        values |= following(own, values.get("custom", lead.custom))
    return values


def _event(run: Run, row: StagedRow, lead: Lead, values: Mapping[str, Any]) -> EventRow:
    """What a row changes; personal values stand apart."""
    hidden = PRIVATE | lead.private_fields
    pairs = {
        name.removesuffix("_id"): [_plain(getattr(lead, name)), _plain(value)]
        for name, value in values.items()
        if name not in FOLLOWING and name != "custom"
    }
    if "custom" in values:
        pairs |= custom.log_pairs(lead, values["custom"])
    return EventRow(
        Lead,
        lead.pk,
        changes={name: pair for name, pair in pairs.items() if name not in hidden},
        private={name: pair for name, pair in pairs.items() if name in hidden},
        payload={"name": lead.name, **run.payload(row)},
    )


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | str) else str(value)
