"""The kinds of news that leads make."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.automation.kinds import kind
from crm.core import formats

LEAD_ARRIVED = kind(
    "lead_arrived",
    _("Leads that come in by themselves"),
    _("%(name)s filled in the form “%(form)s”"),
    why=_("The lead is yours."),
    group=_("%(person)s: a lead came in by the form “%(form)s”"),
    icon="user-plus",
    email=True,
    digest=True,
    position=40,
)


def _several(params: Mapping[str, Any]) -> dict[str, Any]:
    """One record by its name, several by the first of them, in the reader's language."""
    if not params.get("more"):
        return {**params}
    words = gettext("%(name)s and %(count)d more") % {"name": params["record"], "count": params["more"]}
    return {**params, "record": words}


def _on_day(params: Mapping[str, Any]) -> dict[str, Any]:
    """The day as the reader writes it."""
    try:
        return {**params, "day": formats.day(date.fromisoformat(str(params.get("day", ""))))}
    except ValueError:  # written out, as it was once
        return {**params}


def _next(params: Mapping[str, Any]) -> dict[str, Any]:
    """Who has it now, or that it lies in the pool."""
    return {**params, "next": params.get("next") or gettext("the pool")}


def _deadline(params: Mapping[str, Any]) -> dict[str, Any]:
    """What it is, and until when it has to be taken up, as the reader of today writes it."""
    params = _several(params)
    by = params.get("accept_by")
    until = (
        gettext(" – take it up by %(moment)s") % {"moment": formats.moment(datetime.fromisoformat(by))}
        if by
        else ""
    )
    return {**params, "until": until}


LEAD_ASSIGNED = kind(
    "lead_assigned",
    _("Leads assigned to me"),
    _("New lead for you: %(record)s%(until)s"),
    prepare=_deadline,
    why=_("The assignment rules chose you."),
    group_label=_("Leads assigned"),
    group=_("%(person)s has got a new lead"),
    icon="user-plus",
    email=True,
    position=38,
)
LEAD_MISSED = kind(
    "lead_missed",
    _("Leads my team did not take up in time"),
    _("%(person)s did not take up %(record)s in time; it went to %(next)s"),
    prepare=_next,
    why=_("You lead the team of whom the rules chose first."),
    icon="alert-triangle",
    email=True,
    audience="leaders",
    position=39,
)
GOES_SOON = kind(
    "pool_soon",
    _("Records that go back to the pool soon"),
    _("%(record)s goes back to the pool %(pool)s on %(day)s unless you follow up"),
    prepare=_on_day,
    many=_("%(count)s records go back to the pool soon, among them %(record)s"),
    why=_("You own it and nobody has followed up for long."),
    icon="alert-circle",
    email=True,
    position=32,
)
WENT = kind(
    "pool_went",
    _("Records that went back to the pool"),
    _("%(record)s went back to the pool %(pool)s"),
    prepare=_several,
    many=_("%(count)s records went back to the pool, among them %(record)s"),
    why=_("It was yours, and a rule gives idle records to others."),
    icon="arrows-exchange",
    digest=True,
    position=33,
)
TEAM_GOES = kind(
    "pool_team",
    _("What my team is about to lose to the pool"),
    _("%(total)s records of your team go back to the pool %(pool)s on %(day)s"),
    prepare=_on_day,
    why=_("You lead the team whose records a rule is about to recycle."),
    icon="alert-triangle",
    digest=True,
    audience="leaders",
    position=34,
)
