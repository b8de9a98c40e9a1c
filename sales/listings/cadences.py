"""The lists of cadences and of those who are taken through them."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from accounts.models import Contact
from crm.events.actor import Actor
from crm.identity import access
from crm.identity.models import User
from crm.listing.bulk import Bulk
from crm.listing.columns import Badge, Date, Flag, Link, Number, Person, Related, Text
from crm.listing.declare import Empty, ListPage, View
from sales import services
from sales.filters.cadences import CadenceFilters, EnrolmentFilters
from sales.forms.cadences import EnrolForm
from sales.models import Cadence, Enrolment, EnrolmentState, Lead
from sales.queries.cadences import cadence_list, enrolment_list

STATE_KINDS = {
    EnrolmentState.ACTIVE: "brand",
    EnrolmentState.PAUSED: "warn",
    EnrolmentState.FINISHED: "",
    EnrolmentState.STOPPED: "",
}


def _cadences(number: str, exact: int) -> str:
    return ngettext("%(number)s cadence", "%(number)s cadences", exact) % {"number": number}


def _enrolments(number: str, exact: int) -> str:
    return ngettext("%(number)s person", "%(number)s people", exact) % {"number": number}


def may_enrol(user: User) -> bool:
    """Whether somebody takes people through cadences at all."""
    return access.has_verb(user, "add", Enrolment)


def _begin(who: Contact | Lead, *, actor: Actor, cadence: Cadence) -> Enrolment:
    return services.enrol(who, cadence, actor=actor)


# On the lists of contacts and leads: many people at once into one cadence, each with its own reason where it cannot be.
START = Bulk(
    "start-cadence",
    EnrolForm,
    _begin,
    label=_("Begin a cadence"),
    verb="change",
    icon="send",
    offered=may_enrol,
)


def _who(enrolment: Enrolment) -> str:
    return str(enrolment.who)


def _company(enrolment: Enrolment) -> str:
    return str(enrolment.customer) if enrolment.customer else enrolment.lead.company if enrolment.lead else ""


def next_words(enrolment: Enrolment) -> str:
    """Which step comes next: its number and kind, as its words only read well with their fields filled in."""
    step = enrolment.next_step
    return f"{step.position}. {step.get_kind_display()}" if step is not None else ""


def _who_url(enrolment: Enrolment) -> str:
    return enrolment.get_absolute_url()


def _pause(enrolment: Enrolment, *, actor: Actor) -> Any:
    return services.pause(enrolment, actor=actor)


def _resume(enrolment: Enrolment, *, actor: Actor) -> Any:
    return services.resume(enrolment, actor=actor)


def _stop(enrolment: Enrolment, *, actor: Actor) -> Any:
    return services.stop(enrolment, actor=actor)


CADENCES = ListPage(
    model=Cadence,
    queryset=cadence_list,
    title=_("Cadences"),
    icon="send",
    count_words=_cadences,
    filters=CadenceFilters,
    search=("name", "description"),
    in_search=False,
    columns=[
        Link("name", label=_("Cadence"), sort="name", sub="description"),
        Flag("is_active", label=_("In use"), card="badge"),
        Number("step_count", label=_("Steps"), card="meta"),
        Number("live_count", label=_("In progress"), card="right"),
        Badge("language", shown=False),
        Date("updated_at", label=_("Changed"), sort=True),
    ],
    default_sort="name",
    new="cadence_create",
    new_label=_("New cadence"),
    empty=Empty(
        title=_("No cadences yet"),
        text=_("A cadence follows up by itself: mails and tasks in steps, until somebody answers."),
        label=_("New cadence"),
        url_name="cadence_create",
    ),
    links=[("enrolment_list", _("Who is in one"), "users", "view", Enrolment)],
    exportable=False,
    remote_choices=False,
)

ENROLMENTS = ListPage(
    model=Enrolment,
    queryset=enrolment_list,
    title=_("In cadences"),
    icon="users",
    count_words=_enrolments,
    filters=EnrolmentFilters,
    search=("contact__name", "customer__name", "lead__name", "lead__company"),
    in_search=False,
    columns=[
        Link("who", label=_("Contact person"), value=_who, to=_who_url, joins=("contact", "lead")),
        Text("company", label=_("Company"), value=_company, joins=("customer", "lead"), card="subtitle"),
        Related("cadence", card="meta"),
        Badge("state", label=_("Status"), kinds=STATE_KINDS, card="badge"),
        Text("next_step", label=_("Next step"), value=next_words),
        Date("next_at", label=_("Next step on"), sort=True, card="right"),
        Badge("reason"),
        Person("owner", card="corner"),
        Date("started_at", label=_("Begun"), sort=True),
        Date("ended_at", label=_("Ended"), sort=True, shown=False),
        Text("team", shown=False),
    ],
    default_sort="-started_at",
    views=[
        View("live", _("In progress"), {"live": "true"}, sort="next_at", icon="player-play"),
        View(
            "mine",
            pgettext_lazy("people", "Mine"),
            {"owner": "me", "live": "true"},
            icon="user",
            offered=may_enrol,
        ),
        View("answered", _("Answered"), {"reason": ["reply", "meeting"]}, sort="-ended_at", icon="mail"),
    ],
    bulk=[
        Bulk("pause", None, _pause, label=_("Pause"), icon="player-pause"),
        Bulk("resume", None, _resume, label=_("Go on"), icon="player-play"),
        Bulk("stop", None, _stop, label=_("Stop"), icon="player-stop", danger=True),
    ],
    empty=Empty(
        title=_("Nobody is in a cadence"),
        text=_("Begin one from the page of a contact or lead, or for many from their list."),
        label=_("Cadences"),
        url_name="cadence_list",
    ),
    links=[("cadence_list", _("Cadences"), "send", "view", Cadence)],
    exportable=False,
    remote_choices=False,
)
