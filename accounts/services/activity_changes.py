"""Second thoughts about a follow-up: taken back, edited, pinned, deleted."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.events import (
    ACTIVITY_DELETED,
    ACTIVITY_PINNED,
    ACTIVITY_REOPENED,
    ACTIVITY_RESTORED,
    ACTIVITY_UNPINNED,
    ACTIVITY_UPDATED,
)
from accounts.models import Activity
from accounts.rules.followup import is_valid
from accounts.services import reminders
from accounts.services.activities import _attach, _check, _last_text, _locked, _refresh, _text
from accounts.services.activity_news import note_mentions, tell_mentioned
from crm.core.writes import RuleBroken, check_version, save_versioned
from crm.events.actor import Actor
from crm.events.recording import record_event, recording
from crm.identity.models import User
from crm.records.models import StoredFile

UNDO_FOR = datetime.timedelta(hours=24)
EDITABLE = ("subject", "body", "contact", "outcome", "started_at", "duration_minutes", "kind")


@transaction.atomic
def undo(activity: Activity, *, actor: Actor) -> Activity:
    """Take back, within a day, that a follow-up was done, cancelled or recorded, with all that followed from it.

    What was planned is open again; what was only recorded goes to the bin; a next step nobody touched since goes too.
    """
    activity = _locked(activity)
    if activity.is_open or activity.deleted_at:
        raise RuleBroken(_("There is nothing to take back."), code="not_closed")
    if timezone.now() - activity.updated_at > UNDO_FOR:
        raise RuleBroken(
            _("It was closed more than a day ago. Write a new follow-up instead."), code="too_late"
        )
    following = activity.next_activity
    with recording(ACTIVITY_REOPENED, activity, actor=actor, always=True):
        if activity.is_only_recorded:
            _bin(activity, actor)
        else:
            if activity.done_at and activity.plan:
                activity.body, activity.plan = activity.plan, ""
            activity.done_at = activity.cancelled_at = activity.next_activity = activity.closed_by = None
            activity.next_follow_up_at = None
            activity.outcome = activity.no_next_reason = ""
            activity.is_valid = False
            names = [
                "done_at",
                "cancelled_at",
                "next_activity",
                "closed_by",
                "next_follow_up_at",
                "outcome",
                "no_next_reason",
            ]
            save_versioned(activity, [*names, "is_valid", "body", "plan", *activity.fill_search()])
            reminders.schedule([activity])
    for plan in Activity._base_manager.select_for_update(of=("self",)).filter(closed_by=activity):
        with recording(ACTIVITY_REOPENED, plan, actor=actor, always=True):
            plan.done_at, plan.closed_by, plan.outcome = None, None, ""
            save_versioned(plan, ["done_at", "closed_by", "outcome"])
        reminders.schedule([plan])
    if following is not None and following.is_open and following.version == 1:
        with recording(ACTIVITY_DELETED, following, actor=actor):
            _bin(following, actor)
        reminders.cancel([following.pk])
    _refresh(activity)
    return activity


@transaction.atomic
def update_activity(
    activity: Activity,
    *,
    actor: Actor,
    expected: int | None = None,
    files: Iterable[StoredFile] = (),
    participants: Iterable[User] | None = None,
    **values: Any,
) -> Activity:
    """Correct one's own follow-up; the earlier wording stays in the audit log, whoever is newly mentioned is told."""
    activity = _locked(activity)
    check_version(activity, expected)
    if unknown := set(values) - set(EDITABLE):
        raise RuleBroken(_("Cannot be changed: %(fields)s") % {"fields": ", ".join(sorted(unknown))})
    before = f"{activity.subject}\n{activity.body}"
    with recording(ACTIVITY_UPDATED, activity, actor=actor) as draft:
        present = None if participants is None else list(participants)
        if present is not None and set(present) != set(activity.participants.all()):
            activity.participants.set(present)
            draft.payload["participants"] = [str(person) for person in present]
        for name, value in values.items():
            setattr(activity, name, value)
        _check(activity, timezone.now())
        activity.body = _text(activity)
        if activity.done_at and "body" in values:
            has_file = activity.files.exists()
            last = "" if activity.is_valid else _last_text(activity)
            activity.is_valid = is_valid(activity.body, last, has_file=has_file)
        names = [*values, "body", "is_valid", *activity.fill_search(), *note_mentions(activity)]
        save_versioned(activity, names)
    _attach(activity, files, actor)
    _refresh(activity)
    tell_mentioned(activity, actor, before)
    return activity


@transaction.atomic
def pin(activity: Activity, *, on: bool = True, actor: Actor) -> Activity:
    """Keep a follow-up at the top of the customer's timeline, or let it go again."""
    activity = _locked(activity)
    if bool(activity.pinned_at) != on:
        activity.pinned_at = timezone.now() if on else None
        save_versioned(activity, ["pinned_at"])
        record_event(ACTIVITY_PINNED if on else ACTIVITY_UNPINNED, activity, actor=actor)
    return activity


@transaction.atomic
def delete_activity(activity: Activity, *, actor: Actor, expected: int | None = None) -> Activity:
    """Put one's own follow-up into the bin."""
    activity = _locked(activity)
    check_version(activity, expected)
    if activity.deleted_at is None:
        with recording(ACTIVITY_DELETED, activity, actor=actor):
            _bin(activity, actor)
        reminders.cancel([activity.pk])
        _refresh(activity)
    return activity


@transaction.atomic
def restore_activity(activity: Activity, *, actor: Actor) -> Activity:
    """Take a follow-up out of the bin."""
    activity = _locked(activity)
    if activity.deleted_at is not None:
        with recording(ACTIVITY_RESTORED, activity, actor=actor):
            activity.deleted_at = activity.deleted_by_id = None
            save_versioned(activity, ["deleted_at", "deleted_by_id"])
        reminders.schedule([activity])
        _refresh(activity)
    return activity


def _bin(activity: Activity, actor: Actor) -> None:
    activity.deleted_at, activity.deleted_by_id = timezone.now(), actor.user_id
    save_versioned(activity, ["deleted_at", "deleted_by_id"])
