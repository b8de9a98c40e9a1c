"""Leads: created, changed, qualified or not, binned and restored."""

from contextlib import AbstractContextManager
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.services.cleaning import cleaned, match_keys
from accounts.services.duplicates import hold
from accounts.services.purging import BIN_DAYS, purge
from crm.core.pinyin import sort_key
from crm.core.text import tidy
from crm.core.writes import RuleBroken, check_version, lock, only, save_versioned, without_double
from crm.events.actor import Actor
from crm.events.recording import recording
from crm.identity.models import Team, User
from crm.records.services.custom_values import check_free, settle
from sales.events.leads import (
    LEAD_CREATED,
    LEAD_DELETED,
    LEAD_PURGED,
    LEAD_RESTORED,
    LEAD_STATUS_CHANGED,
    LEAD_UPDATED,
)
from sales.models import DisqualifyReason, Lead, LeadStatus
from sales.queries.leads import lead_keys, same_leads
from sales.rules.leads import may_move
from sales.services.scoring import rescore

EDITABLE = (
    "name", "company", "title", "phone", "email", "wechat", "website", "industry", "region", "size", "source",
    "channel", "campaign", "external_id", "need", "budget", "decides", "expected_at", "custom",
)  # fmt: skip
WAYS = ("phone", "email", "wechat")


class KnownLead(RuleBroken):
    """Somebody works on this person already; `leads` are of the whole base and need disclosing before shown."""

    def __init__(self, leads: list[Lead]) -> None:
        self.leads = leads
        super().__init__(_("There is an open lead with this number or address already."), code="duplicate")


@transaction.atomic
def create_lead(
    *,
    actor: Actor,
    owner: User | None,
    team: Team | None = None,
    guard: bool = True,
    complete: bool = True,
    **values: Any,
) -> Lead:
    """Enter a lead: a name and one way to reach them; with `guard` one whose number or address an open lead has is refused.

    With `complete=False` required custom fields may wait: whoever filled the form in was not asked for them.
    """
    only(EDITABLE, values)
    custom = values.pop("custom", {})
    values = cleaned(Lead, {"name": values.pop("name", ""), **values})
    lead = Lead(owner=owner, team=team or (owner.team if owner else None), **values)
    lead.last_source = lead.source
    lead.owner_since = timezone.now()
    _check_rules(lead)
    lead.custom = settle(lead, custom, complete=complete)
    if guard:
        _guard(lead)
    _follow(lead)
    lead.fill_search()
    with _known_once():
        lead.save()
    with recording(LEAD_CREATED, lead, actor=actor, payload={"name": lead.name}):
        rescore(lead)
    return lead


@transaction.atomic
def update_lead(
    lead: Lead, *, actor: Actor, expected: int | None = None, guard: bool = True, **values: Any
) -> Lead:
    """Change a lead's fields; a converted one is history and stays as it is."""
    only(EDITABLE, values)
    lead = lock(lead)
    _in_use(lead)
    check_version(lead, expected)
    custom = values.pop("custom", None)
    values = cleaned(Lead, values)
    changed = {name: value for name, value in values.items() if getattr(lead, name) != value}
    if not changed and not custom:
        return lead
    if "source" in changed and lead.source:
        raise RuleBroken(_("Where a lead first came from does not change."), field="source")
    with recording(LEAD_UPDATED, lead, actor=actor):
        for name, value in changed.items():
            setattr(lead, name, value)
        settled = settle(lead, custom or {}, changed=changed)
        if settled != lead.custom:
            changed["custom"] = lead.custom = settled
        if not changed:
            return lead
        _check_rules(lead)
        if guard and {"phone", "email"} & set(changed):
            _guard(lead)
        follow = _follow(lead)
        with _known_once():
            save_versioned(lead, [*changed, *follow, *lead.fill_search()])
    rescore(lead)
    return lead


@transaction.atomic
def move_lead(
    lead: Lead,
    *,
    to: str,
    actor: Actor,
    reason: str = "",
    note: str = "",
    expected: int | None = None,
) -> Lead:
    """Put a lead into another status by hand; giving it up asks for the reason."""
    lead = lock(lead)
    _in_use(lead)
    check_version(lead, expected)
    if lead.status == to:
        return lead
    if not may_move(lead.status, to):
        raise RuleBroken(_("A lead does not go from here to there."), field="status", code="not_allowed")
    note = tidy(note)[:200]
    if to == LeadStatus.DISQUALIFIED:
        if reason not in DisqualifyReason.values:
            raise RuleBroken(_("Say why it leads nowhere."), field="reason")
        if reason == DisqualifyReason.OTHER and not note:
            raise RuleBroken(_("Say in a few words why."), field="note")
    else:
        reason = note = ""
    payload = {"from": lead.status, "to": to, "reason": reason, "note": note}
    with recording(LEAD_STATUS_CHANGED, lead, actor=actor, payload=payload):
        lead.status, lead.reason, lead.reason_note = to, reason, note
        save_versioned(lead, ["status", "reason", "reason_note"])
    return lead


@transaction.atomic
def delete_lead(lead: Lead, *, actor: Actor, expected: int | None = None) -> Lead:
    """Move a lead to the bin for 30 days; a converted one belongs to its customer's history and stays."""
    lead = lock(lead)
    check_version(lead, expected)
    if lead.deleted_at is not None:
        return lead
    if lead.status == LeadStatus.CONVERTED:
        raise RuleBroken(
            _("%(name)s became a customer and stays as its history.") % {"name": lead.name}, code="converted"
        )
    with recording(LEAD_DELETED, lead, actor=actor, always=True):
        lead.deleted_at = timezone.now()
        lead.deleted_by_id = actor.user_id
        save_versioned(lead, ["deleted_at", "deleted_by_id"])
    return lead


@transaction.atomic
def restore_lead(lead: Lead, *, actor: Actor) -> Lead:
    """Take a lead out of the bin; refused where somebody entered the same person meanwhile."""
    lead = lock(lead)
    if lead.deleted_at is None:
        return lead
    if lead.status in (LeadStatus.NEW, LeadStatus.WORKING, LeadStatus.QUALIFIED):
        _guard(lead)
    check_free(lead)
    taken = _("%(name)s cannot be restored: another lead has the external ID %(id)s now.") % {
        "name": lead.name, "id": lead.external_id,
    }  # fmt: skip
    with recording(LEAD_RESTORED, lead, actor=actor, always=True):
        lead.deleted_at = lead.deleted_by_id = None
        with without_double(external_id=taken):
            save_versioned(lead, ["deleted_at", "deleted_by_id"])
    return lead


@transaction.atomic
def purge_lead_bin(*, actor: Actor, days: int = BIN_DAYS) -> int:
    """Delete for good what has lain in the bin for 30 days; returns how many leads went."""
    return purge(Lead._base_manager.all(), LEAD_PURGED, actor=actor, days=days)


def _in_use(lead: Lead) -> None:
    if lead.deleted_at is not None:
        raise RuleBroken(_("%(name)s lies in the bin.") % {"name": lead.name}, code="deleted")
    if lead.status == LeadStatus.CONVERTED:
        raise RuleBroken(
            _("%(name)s became a customer; go on there.") % {"name": lead.name}, code="converted"
        )


def _check_rules(lead: Lead) -> None:
    if not any(getattr(lead, way) for way in WAYS):
        raise RuleBroken(_("Give a phone number, an e-mail address or a WeChat name."), field="phone")
    if lead.size is not None and not 0 <= lead.size <= 10_000_000:
        raise RuleBroken(_("Enter the number of employees."), field="size")
    if lead.budget is not None and not 0 <= lead.budget < 10**12:
        raise RuleBroken(_("Enter an amount below a trillion."), field="budget")


def _guard(lead: Lead) -> None:
    """Hold the number and the address until the transaction ends, and refuse them where an open lead has them."""
    keys = lead_keys(lead)
    hold(keys.locks)
    found = list(same_leads(keys, exclude=[lead.pk] if lead.pk else [])[:5])
    if found:
        raise KnownLead(found)


def _follow(lead: Lead) -> list[str]:
    """The columns that follow from what people typed."""
    values = match_keys({"phone": lead.phone, "name": lead.company, "kind": "company"})
    values["name_sort"] = sort_key(lead.name, person=True)
    for name, value in values.items():
        setattr(lead, name, value)
    return [*values]


def _known_once() -> AbstractContextManager[None]:
    """What the database keeps once, and how people are told."""
    return without_double(external_id=_("There is a lead with this external ID already."))
