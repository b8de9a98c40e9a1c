"""What a new installation still needs before people can work with it."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.console.queries.organisation import customer_model
from crm.console.sections import is_administrator
from crm.identity import queries as identity
from crm.identity.models import Team, User
from crm.records.queries import missing_years


@dataclass(frozen=True)
class Step:
    """One step: what to do, why or how far it is, where."""

    key: str
    title: str | Promise
    text: str | Promise
    url: str
    action: str | Promise
    done: bool


def first_run_steps(user: User) -> list[Step]:
    """The steps towards a working installation, for administrators; nothing for others."""
    if not is_administrator(user):
        return []
    people = User._base_manager.filter(is_active=True).count()
    teams = Team._base_manager.count()
    named = bool(identity.company().name)
    gaps = missing_years()
    steps = [
        Step(
            "company",
            _("Name the company"),
            identity.company().name or _("It stands at the top of every page and in every e-mail."),
            reverse("company"),
            _("Enter"),
            named,
        ),
        Step(
            "people",
            _("Bring in departments and people"),
            ngettext("%(n)d person", "%(n)d people", people) % {"n": people}
            + " · "
            + ngettext("%(n)d department", "%(n)d departments", teams) % {"n": teams},
            reverse("organisation_import"),
            _("Import with Excel"),
            people > 1 and teams > 0,
        ),
        Step(
            "calendar",
            _("Check the business calendar"),
            _("The holidays of the coming year are missing.") if gaps else _("Holidays are entered."),
            reverse("calendar"),
            _("Enter"),
            not gaps,
        ),
    ]
    model = customer_model()
    if model is not None:
        count = model._base_manager.count() if model._base_manager.exists() else 0
        steps.insert(
            2,
            Step(
                "customers",
                _("Import the customers"),
                ngettext("%(n)d customer is here", "%(n)d customers are here", count) % {"n": count}
                if count
                else _("From the Excel sheets your people have."),
                reverse("import_new"),
                _("Import with Excel"),
                count > 0,
            ),
        )
    return steps
