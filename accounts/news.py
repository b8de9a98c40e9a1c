"""The kinds of news that follow-ups make."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.automation.kinds import kind
from crm.core import formats


def _when(params: Mapping[str, Any]) -> dict[str, Any]:
    """The due date as the reader of today writes it."""
    due_at = datetime.fromisoformat(params["due_at"])
    when = formats.day(due_at) if params.get("all_day") else formats.moment(due_at)
    record = params.get("record") or ""
    return {**params, "when": when, "what": f"{record} · {params['what']}" if record else params["what"]}


REMINDER = kind(
    "reminder",
    _("Follow-ups that fall due"),
    _("%(when)s: %(what)s"),
    prepare=_when,
    icon="bell-ringing",
    email=True,
    position=10,
)
OVERDUE = kind(
    "overdue",
    _("Follow-ups that were not done"),
    _("Not done yet (due %(when)s): %(what)s"),
    prepare=_when,
    icon="alert-circle",
    email=True,
    position=20,
)
TEAM_OVERDUE = kind(
    "team_overdue",
    _("Follow-ups my team let lie"),
    _("%(person)s has not done this (due %(when)s): %(what)s"),
    prepare=_when,
    icon="alert-triangle",
    email=True,
    position=25,
)
MENTIONED = kind(
    "mentioned", _("Mentions"), _("%(actor)s mentioned you: %(record)s"), icon="at", email=True, position=30
)
ASSIGNED = kind(
    "assigned",
    _("Follow-ups given to me"),
    _("%(actor)s asks you to do this by %(when)s: %(what)s"),
    prepare=_when,
    icon="checkbox",
    email=True,
    position=35,
)
