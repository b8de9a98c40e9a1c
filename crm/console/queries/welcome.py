"""What somebody new sees on Today: the tour of their role, and first steps that tick themselves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.apps import apps
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.console.models import Welcome
from crm.console.queries.first_run import Step, first_run_steps
from crm.core.hooks import Panel, hooks
from crm.identity.access import has_verb, is_administrator, visible
from crm.identity.models import User
from crm.identity.queries import leads_a_team
from crm.records import queries as saved

SLOT = "first_steps"


@dataclass(frozen=True)
class Greeting:
    """The card of a new person: their first steps, the kind of tour, and how far they have come with it."""

    tour: str  # "admin", "lead", "sales", "desk" or "reader"
    state: str  # of the tour: "new", "begun" or "over"
    at: int  # the step an interrupted tour goes on with
    steps: Sequence[Step] = ()
    setting_up: bool = False  # the steps are those of a new installation
    shown: bool = True  # the card; without it the tour alone may be going on

    @property
    def done(self) -> int:
        return sum(step.done for step in self.steps)


def add_own_step(key: str, read: Callable[[User], Step | None], order: int) -> None:
    """Contribute a first step of a person, from an app's `hooks.py`; None where their role has no use for it."""
    hooks.add_panel(Panel(SLOT, key, "console/_welcome.html", lambda user: {"step": read(user)}, order))


def greeting_for(user: User) -> Greeting:
    """What Today shows somebody new. Administrators see the steps of the installation before their own."""
    kept = visible(Welcome, user).first() or Welcome(user=user)
    card = {"tour": tour_of(user), "state": kept.tour_state, "at": max(kept.tour_step - 1, 0)}
    if setup := first_run_steps(user, open_only=True):
        return Greeting(**card, steps=setup, setting_up=True)
    if kept.steps_hidden_at:
        return Greeting(**card, shown=False)
    steps = own_steps(user)
    return Greeting(**card, steps=steps, shown=any(not step.done for step in steps))


def own_steps(user: User) -> list[Step]:
    """The first steps of one person, each ticked by what they have really done."""
    steps = [panel.load(user)["step"] for panel in hooks.panels_of(SLOT)]  # type: ignore[index]
    return [step for step in steps if step is not None]


def tour_of(user: User) -> str:
    """Which tour fits somebody, by what they may do rather than by the name of their role."""
    if is_administrator(user):
        return "admin"
    writes = has_verb(user, "add", apps.get_model("accounts.activity"))
    if leads_a_team(user) and writes:
        return "lead"
    if writes and has_verb(user, "add", apps.get_model("accounts.customer")):
        return "sales"
    return "desk" if writes else "reader"


def say_how_to_reach(user: User) -> Step:
    """Somebody can be reached, and signs in by mobile number or e-mail."""
    title, text = _("Add your mobile number"), _("You can sign in with it.")
    done = bool(user.phone)
    return Step("reach", title, text, reverse("settings"), _("Fill in"), done)


def pin_a_view(user: User) -> Step | None:
    """A view of a list stands in the side bar."""
    if not has_verb(user, "view", apps.get_model("accounts.customer")):
        return None
    title, text = _("Pin a view"), _("It stays one click away in the side bar.")
    return Step("view", title, text, reverse("customer_views"), _("Choose"), bool(saved.pinned_views(user)))
