"""What is still to be set up in a new installation, for those who may do it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from accounts.models import Activity, Customer
from crm.identity.access import has_verb, visible
from crm.identity.models import User


@dataclass(frozen=True)
class Step:
    """One thing to set up: its name, why, where, and whether it is done."""

    key: str
    title: object
    text: object
    url: str
    label: object
    done: bool


@dataclass(frozen=True)
class FirstRun:
    """The checklist; gone once everything on it is done."""

    steps: list[Step]

    @property
    def done(self) -> int:
        return sum(step.done for step in self.steps)

    @property
    def total(self) -> int:
        return len(self.steps)


def first_run(user: User) -> FirstRun | None:
    """The checklist of a new installation, None for those who do not administer it or once all is done."""
    if not (user.is_superuser or (user.role and user.role.is_administrator)):
        return None
    customers = visible(Customer, user).exists()
    activities = has_verb(user, "view", Activity) and visible(Activity, user).exists()
    others = visible(User, user).filter(is_active=True).exclude(pk=user.pk)
    steps = [
        Step(
            "people",
            _("Bring in departments and people"),
            _("From your address list, or one by one"),
            "/settings/organisation/",
            _("Set up"),
            others.exists(),
        ),
        Step(
            "customers",
            _("Import customers"),
            _("From the spreadsheets you have"),
            "/imports/",
            _("Import"),
            customers,
        ),
        Step(
            "signed-in",
            _("Colleagues sign in"),
            _("Give them their user names and passwords"),
            "/settings/organisation/",
            _("Show people"),
            others.filter(last_login__isnull=False).exists(),
        ),
        Step(
            "follow-up",
            _("Record the first follow-up"),
            _("Open a customer and write what was said"),
            "/customers/",
            _("Show customers"),
            activities,
        ),
    ]
    found = FirstRun(steps)
    return None if found.done == found.total else found
