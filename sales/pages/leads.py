"""The page of a lead."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer
from crm.core import formats
from crm.core.money import write_full
from crm.identity import access
from crm.identity import services as identity
from crm.listing.record import RecordPage
from sales import services
from sales.forms.leads import LeadForm
from sales.listings.leads import LEAD_BIN, LEADS
from sales.models import Lead, LeadStatus
from sales.models.lead import OPEN_STATUSES
from sales.pages.middle import middle
from sales.queries.chances import chance
from sales.queries.leads import lead_record, leads_of
from sales.queries.scoring import scoring
from sales.rules.chances import Chance
from sales.rules.leads import MOVES
from sales.rules.scoring import Points, Score, is_mql
from sales.services.conversion import UNDO_WITHIN
from sales.services.scoring import score_of

PARTS = {
    "industry": _("Industry"),
    "size": _("Company size"),
    "role": _("Decides there"),
    "region": _("Region"),
    "form": _("Filled in a form"),
    "pricing": _("Looked at prices"),
    "meeting": _("Met us"),
    "click": _("Clicked in an e-mail"),
    "reply": _("Answered"),
    "free_mail": _("Free mail address"),
    "competitor": _("Competitor"),
    "unsubscribed": _("Unsubscribed"),
}
FACTS = {
    "source": _("Source"),
    "channel": _("Channel"),
    "industry": _("Industry"),
    "region": _("Region"),
    "size": _("Company size"),
    "role": _("Decides there"),
    "title": _("Job title"),
    "company": _("Company"),
    "phone": _("Phone"),
    "email": _("E-mail"),
    "wechat": _("WeChat"),
    "website": _("Website"),
    "first_day": _("What they did on the first day"),
}
QUESTIONS = {
    "need": _("Need"),
    "budget": _("Budget"),
    "decides": _("Decision maker"),
    "expected_at": _("When"),
}


def lead_context(request: HttpRequest, lead: Lead, may: dict[str, bool]) -> dict[str, Any]:
    """Beside the facts: the score with its parts, what the lead did, what may be done with it."""
    user = request.user
    made = lead.conversions.filter(undone_at__isnull=True).first()
    fresh = made is not None and timezone.now() - made.at <= UNDO_WITHIN
    touches = list(lead.touches.all())
    held = scoring()
    # What is decided keeps the score it had; touches fade only while a lead is open.
    as_of = timezone.now() if lead.is_open else lead.scored_at or timezone.now()
    score = score_of(lead, touches, as_of, held)
    moves = MOVES[lead.status] if may["change"] else ()
    model, learned = chance(lead)
    return {
        "score": score,
        "parts": parts_of(score, held.points),
        "handed_over": _handed_over(lead, score),
        "model": model,
        "chance": learned,
        "reasons": reasons_of(learned) if learned else [],
        "touches": touches[:10],
        "moves": moves,
        "status_steps": steps_of(lead, moves),
        "questions": questions_of(lead),
        "may_convert": may["change"] and lead.is_open and access.has_verb(user, "add", Customer),
        "may_disqualify": LeadStatus.DISQUALIFIED in moves,
        "may_undo": fresh and access.is_administrator(user),
        "customer_seen": lead.customer is not None and access.may(user, "view", lead.customer),
        **middle(request, lead, may["change"]),
    }


def leads_panel(request: HttpRequest, customer: Customer) -> dict[str, Any] | None:
    """On a customer's page: the leads it came from; nothing where there are none."""
    found = leads_of(request.user, customer)
    return {"leads": found} if found else None


@dataclass(frozen=True)
class Part:
    """One line of an explained score: what it is, its points, and the most it could bring."""

    label: str
    points: Decimal
    most: int

    @property
    def words(self) -> str:
        """The points with their sign, as people add them up."""
        sign = "+" if self.points > 0 else "−"
        return f"{sign}{abs(self.points).normalize():f}"


def parts_of(score: Score, held: Points) -> list[Part]:
    """The parts of a score in words, the weightiest first."""
    most = held.most
    found = [Part(str(PARTS[key]), points, most[key]) for key, points in score.parts if points]
    return sorted(found, key=lambda part: -part.points)


def reasons_of(learned: Chance) -> list[dict[str, Any]]:
    """What moved a learned chance most, in words: for or against."""
    return [{"label": FACTS.get(fact, fact), "speaks_for": moved > 0} for fact, moved in learned.reasons]


def steps_of(lead: Lead, moves: Sequence[str]) -> list[dict[str, Any]]:
    """The way of an open lead: where it stands, and where one may put it."""
    order = list(OPEN_STATUSES)
    at = order.index(lead.status) if lead.status in order else -1
    states = ["done" if n < at else "now" if n == at else "next" for n in range(len(order))]
    return [
        {"value": step.value, "label": step.label, "state": state, "may": step.value in moves}
        for step, state in zip(order, states, strict=True)
    ]


def questions_of(lead: Lead) -> list[dict[str, Any]]:
    """The four questions of a qualification (BANT) with what is known of each, as far as it may be read."""
    known = set(lead.known)
    texts = {
        "need": Truncator(lead.need).chars(60),
        "budget": "" if lead.budget is None else write_full(lead.budget),
        "expected_at": formats.day(lead.expected_at) if lead.expected_at else "",
    }
    return [
        {"label": label, "known": name in known, "text": texts.get(name, "")}
        for name, label in QUESTIONS.items()
    ]


def _handed_over(lead: Lead, score: Score) -> str:
    """Why marketing hands the lead to sales, if it does."""
    if lead.hand_raised_at is not None:
        return gettext("Asked for contact %(day)s") % {"day": formats.day(lead.hand_raised_at)}
    if is_mql(score):
        return gettext("Enough points to be handed to sales")
    return ""


LEAD_PAGE = RecordPage(
    listing=LEADS,
    queryset=lead_record,
    form=LeadForm,
    update=services.update_lead,
    template="sales/lead_detail.html",
    parts={name: f"sales/_lead_{name}.html" for name in ("identity", "left", "right")},
    context=lead_context,
    transfer=identity.assign,
    delete=services.delete_lead,
    restore=services.restore_lead,
    bin=LEAD_BIN,
    before_delete=_("It goes to the bin with its follow-ups, and can be restored from there for 30 days."),
    before_restore=_("It comes back with its follow-ups and owner."),
    facts=(
        "company", "title", "phone", "email", "wechat", "source", "last_source", "industry", "region", "size", "website",
        "channel", "campaign", "external_id",
    ),
    always=frozenset({"phone", "email", "source"}),
    settled=lambda lead, name: name == "source" and bool(lead.source),  # where somebody first came from
)  # fmt: skip
