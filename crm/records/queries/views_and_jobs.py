"""Saved views and background jobs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet
from django.utils import timezone

from crm.identity.access import visible
from crm.records.models import BackgroundJob, SavedView

if TYPE_CHECKING:
    from crm.identity.models import User

RUNNER_SILENT_AFTER = timedelta(seconds=60)


def views_of(user: User) -> list[SavedView]:
    """All the views a person keeps or is let use, of every list: read once a request, also for the sidebar."""
    if "_crm_views" not in user.__dict__:
        user.__dict__["_crm_views"] = list(visible(SavedView, user))
    return user.__dict__["_crm_views"]


def forget_views(user: User) -> None:
    """Read them again, after they changed during this request."""
    user.__dict__.pop("_crm_views", None)


def saved_view(user: User, listing: str, *, pk: int | None = None, builtin: str = "") -> SavedView | None:
    """A named view of a list the person may use, or their columns for a built-in or shared one."""
    found = (view for view in views_of(user) if view.listing == listing and view.builtin == builtin)
    if builtin:
        found = (view for view in found if view.is_of(user))
    return next((view for view in found if pk is None or view.pk == pk), None)


def saved_views(user: User, listing: str) -> list[SavedView]:
    """The named views of a list the person may use: their own in their order, then those of colleagues."""
    named = [view for view in views_of(user) if view.listing == listing and not view.builtin]
    return sorted(named, key=lambda view: not view.is_of(user))


def pinned_views(user: User) -> list[SavedView]:
    """The views the person pinned in the sidebar, of all lists, in their order."""
    return [view for view in views_of(user) if view.pinned and view.is_of(user)]


def waiting_jobs(kind: str) -> QuerySet[BackgroundJob]:
    """Jobs that nobody works on: never started, or their runner has been silent for a minute."""
    silent = timezone.now() - RUNNER_SILENT_AFTER
    return BackgroundJob._base_manager.filter(
        Q(state=BackgroundJob.State.QUEUED, created_at__lt=timezone.now() - timedelta(seconds=5))
        | Q(state=BackgroundJob.State.RUNNING, seen_at__lt=silent),
        kind=kind,
    )
