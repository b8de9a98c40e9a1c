"""The kinds of news that follow-ups make."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from crm.automation.kinds import kind
from crm.core import formats


def _when(params: Mapping[str, Any]) -> dict[str, Any]:
    """The due date as the reader of today writes it."""
    due_at = datetime.fromisoformat(params["due_at"])
    when = formats.day(due_at) if params.get("all_day") else formats.moment(due_at)
    record, what = params.get("record") or "", params.get("what", "")
    return {**params, "when": when, "what": f"{record} · {what}" if record else what}


def _named(params: Mapping[str, Any]) -> dict[str, Any]:
    """The names as a list in the language of the reader."""
    return {**params, "names": pgettext("between the items of a list", ", ").join(params["names"])}


REMINDER = kind(
    "reminder",
    _("Follow-ups that fall due"),
    _("%(when)s: %(what)s"),
    prepare=_when,
    why=_("You own this follow-up, or cover for its owner."),
    group=_("%(person)s: follow-up due %(when)s"),
    icon="bell-ringing",
    email=True,
    position=10,
)
OVERDUE = kind(
    "overdue",
    _("Follow-ups that were not done"),
    _("Not done yet (due %(when)s): %(what)s"),
    prepare=_when,
    why=_("You own this follow-up, or cover for its owner."),
    group=_("%(person)s: follow-up not done yet, was due %(when)s"),
    icon="alert-circle",
    email=True,
    position=20,
)
TEAM_OVERDUE = kind(
    "team_overdue",
    _("Follow-ups my team let lie"),
    _("%(person)s has not done this (due %(when)s): %(what)s"),
    prepare=_when,
    why=_("You lead the team: it was not done for three working days."),
    group_label=_("Follow-ups not done for three working days"),
    group=_("%(person)s: not done for three working days, was due %(when)s"),
    icon="alert-triangle",
    email=True,
    audience="leaders",
    position=25,
)
MENTIONED = kind(
    "mentioned",
    _("Mentions"),
    _("%(actor)s mentioned you: %(record)s"),
    why=_("Somebody wrote @ and your name."),
    icon="at",
    email=True,
    digest=True,
    position=30,
)
ASSIGNED = kind(
    "assigned",
    _("Follow-ups given to me"),
    _("%(actor)s asks you to do this by %(when)s: %(what)s"),
    prepare=_when,
    why=_("A colleague planned it for you."),
    group_label=_("Follow-ups given to colleagues"),
    group=_("%(actor)s asks %(person)s to do something by %(when)s"),
    icon="checkbox",
    email=True,
    digest=True,
    position=35,
)
AT_RISK = kind(
    "customers_at_risk",
    _("Customers at risk"),
    _("Now at risk: %(names)s"),
    prepare=_named,
    why=_("You own these customers."),
    icon="alert-triangle",
    digest=True,
    position=28,
)
