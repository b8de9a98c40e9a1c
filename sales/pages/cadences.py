"""The page of a cadence, and what a contact's or lead's page shows of theirs."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Contact
from crm.automation.models import Suppression
from crm.automation.queries import suppression_of
from crm.identity import access
from crm.listing.record import RecordPage
from sales import services
from sales.forms.cadences import CadenceForm
from sales.listings.cadences import CADENCES, STATE_KINDS, may_enrol
from sales.models import Cadence, Enrolment, Lead
from sales.queries.cadences import cadence_list, enrolments_of, outcome, steps_of
from sales.services.enrolments import address_of

SHOWN = 3


def cadence_context(request: HttpRequest, cadence: Cadence, may: dict[str, bool]) -> dict[str, Any]:
    """Beside the facts: the steps with one's own words, and what came of it."""
    seen = access.has_verb(request.user, "view", Enrolment)
    return {
        "steps": steps_of(cadence, request.user),
        "outcome": outcome(cadence, request.user) if seen else None,
        "may_enrol": may_enrol(request.user),
    }


def update_cadence(cadence: Cadence, **values: Any) -> Cadence:
    """Change a cadence from its page."""
    return services.save_cadence(cadence, **values)


CADENCE_PAGE = RecordPage(
    listing=CADENCES,
    queryset=cadence_list,
    form=CadenceForm,
    update=update_cadence,
    template="sales/cadence_detail.html",
    parts={name: f"sales/_cadence_{name}.html" for name in ("identity", "left", "middle", "right")},
    context=cadence_context,
    delete=services.delete_cadence,
    before_delete=_(
        "This cannot be undone; a cadence that is not wanted any more can also just be switched off."
    ),
    facts=("description", "is_active", "language", "send_from", "send_until"),
    always=frozenset({"description"}),
)  # fmt: skip


def cadence_panel(request: HttpRequest, who: Contact | Lead) -> dict[str, Any] | None:
    """The cadence a person is in, or the way into one; nothing for whom cadences are no business."""
    user = request.user
    if not access.has_verb(user, "view", Enrolment):
        return None
    rows = list(enrolments_of(who, user)[:SHOWN])
    running = next((one for one in rows if one.is_live), None)
    route = "lead_enrol" if isinstance(who, Lead) else "contact_enrol"
    open_to = not isinstance(who, Lead) or who.is_open
    changes = access.may(user, "change", who)
    if not rows and not (changes and may_enrol(user) and open_to):
        return None
    refused = suppression_of(address_of(who, user))
    return {
        "who": who,
        "running": running,
        "past": [one for one in rows if one is not running],
        "kinds": STATE_KINDS,
        "refused": refused,
        "may_allow": refused is not None and changes and access.has_verb(user, "delete", Suppression),
        "allow_url": reverse(
            "lead_allow_mail" if isinstance(who, Lead) else "contact_allow_mail", args=[who.pk]
        ),
        "may_begin": running is None and changes and may_enrol(user) and open_to,
        "may_change": running is not None and access.may(user, "change", running),
        "enrol_url": reverse(route, args=[who.pk]),
    }
