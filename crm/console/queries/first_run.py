"""What a new installation still needs before people can work with it; every app contributes its steps."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.core.hooks import Panel, hooks
from crm.identity import queries as identity
from crm.identity.access import is_administrator
from crm.identity.models import Team, User
from crm.records.queries import missing_years

SLOT = "first_run"


@dataclass(frozen=True)
class Step:
    """One step: what to do, why or how far it is, where; `help` says more to who has not done it before."""

    key: str
    title: str | Promise
    text: str | Promise
    url: str
    action: str | Promise
    done: bool
    help: str | Promise = ""


def add_step(key: str, read: Callable[[User], Step], order: int) -> None:
    """Contribute a step, from an app's `hooks.py`."""
    hooks.add_panel(Panel(SLOT, key, "settings/_first_run.html", lambda user: {"step": read(user)}, order))


def first_run_steps(user: User, *, open_only: bool = False) -> list[Step]:
    """The steps towards a working installation, for administrators; with `open_only` nothing once all are done."""
    if not is_administrator(user):
        return []
    steps = [panel.load(user)["step"] for panel in hooks.panels_of(SLOT)]  # type: ignore[index]
    return [] if open_only and all(step.done for step in steps) else steps


def name_the_company(_user: User) -> Step:
    """The company has a name."""
    name = identity.company().name
    help = _("The short name stands in the side bar, the full one on printed sheets and in e-mails.")
    text = name or _("It stands at the top of every page and in every e-mail.")
    return Step("company", _("Name the company"), text, reverse("company"), _("Enter"), bool(name), help)


def _headcount(user: User) -> tuple[int, int, int]:
    """People, departments, and people beside this one who have signed in; asked once for all steps of a request."""
    if "_crm_headcount" not in user.__dict__:
        teams = Team.objects.departments().order_by().values(one=Value(1)).annotate(n=Count("pk")).values("n")
        rows = User._base_manager.filter(is_active=True).order_by().values(one=Value(1))
        counted = rows.annotate(
            people=Count("pk"),
            teams=Coalesce(Subquery(teams), 0),
            others=Count("pk", filter=Q(last_login__isnull=False) & ~Q(pk=user.pk)),
        )
        user.__dict__["_crm_headcount"] = counted.values_list("people", "teams", "others")[0]
    return user.__dict__["_crm_headcount"]


def bring_in_people(user: User) -> Step:
    """There are people and departments."""
    people, teams, _others = _headcount(user)
    text = (
        ngettext("%(n)d person", "%(n)d people", people) % {"n": people}
        + " · "
        + ngettext("%(n)d department", "%(n)d departments", teams) % {"n": teams}
    )
    title, url = _("Bring in departments and people"), reverse("organisation_import")
    help = _(
        "One sheet brings in departments and people at once; the page has a template with the columns. A person needs a "
        "user name and a role. Who has no e-mail address gets a first password from you."
    )
    return Step("people", title, text, url, _("Import with Excel"), people > 1 and teams > 0, help)


def check_the_calendar(_user: User) -> Step:
    """The running and the coming year have their holidays."""
    gaps = missing_years()
    text = _("The holidays of the coming year are missing.") if gaps else _("Holidays are entered.")
    title = _("Check the business calendar")
    help = _(
        "Dates of follow-ups and deadlines are counted in working days. The year's holidays and make-up days are published "
        "each November; enter them as a list."
    )
    return Step("calendar", title, text, reverse("calendar"), _("Enter"), not gaps, help)


def let_people_sign_in(user: User) -> Step:
    """Somebody else has signed in."""
    _people, _teams, others = _headcount(user)
    title, text = _("Colleagues sign in"), _("Give them their user names and passwords")
    help = _(
        "Tell everybody the address of this page, their user name and first password. Who signs in is offered a tour of "
        "what they need; the list of people shows who has not been here yet."
    )
    return Step("signed-in", title, text, reverse("organisation"), _("Show people"), others > 0, help)
