"""The recommended next steps of Today: what to do, why, and where one does it."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Activity, Customer
from accounts.queries.today import Whose
from crm.core import formats
from crm.identity import access, fields
from crm.identity.models import User
from sales.models import Enrolment, Lead, Opportunity, Order, PaymentPlan, Quote
from sales.queries.next_actions import Recommended, recommended
from sales.rules import next_actions as rules

SHOWN = 5


@dataclass(frozen=True)
class Row:
    """One recommended step as people read it: who, what to do, why, and the button that does it."""

    key: str
    who: str
    what: str
    why: str
    url: str  # the record it is about
    owner: User | None
    icon: str
    act: str  # what the button says
    act_url: str
    inline: bool  # whether the button opens a form in its place
    stake: str = ""

    @property
    def headline(self) -> str:
        """Who, and what to do."""
        return _("%(who)s: %(what)s") % {"who": self.who, "what": self.what}


def today_side(who: Whose) -> dict[str, Any] | None:
    """The place of the recommendations on Today; nothing for whom leads and deals are no business."""
    seen = (Lead, Opportunity)
    if not access.has_verb(who.user, "add", Activity) or not any(
        access.has_verb(who.user, "view", model) for model in seen
    ):
        return None
    return {"url": f"{reverse('next_actions')}?who={'team' if who.team else 'mine'}"}


def rows_of(who: Whose, most: int) -> list[Row]:
    """The best next steps in words."""
    return [words_of(one, who.user) for one in recommended(who, most)]


def words_of(found: Recommended, user: User) -> Row:
    """One recommended step in words."""
    make = {
        Enrolment: _answer,
        Lead: _lead,
        Opportunity: _deal,
        Quote: _quote,
        Order: _contract,
        PaymentPlan: _debt,
    }
    return make[type(found.record)](found, user)


def _made(found: Recommended, whole: Any, *, what: str, why: str, **values: Any) -> Row:
    """A row whose button opens the quick follow-up with the customer or lead, unless it says another."""
    kind = (
        "lead" if isinstance(whole, Lead) else "opportunity" if isinstance(whole, Opportunity) else "customer"
    )
    base = {
        "key": found.action.name,
        "who": str(whole),
        "url": whole.get_absolute_url(),
        "owner": getattr(whole, "owner", None),
        "icon": "message-plus",
        "act": _("Follow up"),
        "act_url": f"{reverse(f'{kind}_follow_up', args=[whole.pk])}?place=today",
        "inline": True,
    }
    return Row(**(base | {"what": what, "why": why} | values))


def _answer(found: Recommended, user: User) -> Row:
    one: Enrolment = found.record
    assert isinstance(one.customer, Customer)
    what = _("Answer %(name)s") % {"name": one.contact}
    why = _("Replied · %(when)s · not answered yet") % {"when": formats.relative_day(one.answered)}
    return _made(found, one.customer, what=what, why=why, icon="mail")


def _lead(found: Recommended, user: User) -> Row:
    lead: Lead = found.record
    if lead.hand_raised_at is not None:
        why = _("Asked for contact · %(when)s · no contact yet") % {
            "when": formats.relative_day(lead.hand_raised_at)
        }
    else:
        why = _("Score %(score)s · no contact yet") % {"score": round(lead.score)}
    return _made(found, lead, what=_("Get in touch"), why=why, icon="phone")


def _deal(found: Recommended, user: User) -> Row:
    deal: Opportunity = found.record
    stake = "" if fields.is_closed(user, Opportunity, "amount") else _amount(deal.amount, deal.currency)
    if found.action.kind == rules.CLOSE:
        what = _("Plan the next step")
        days = found.action.days
        if days < 0:
            why = ngettext(
                "Was to close %(count)d day ago · nothing is planned",
                "Was to close %(count)d days ago · nothing is planned",
                -days,
            ) % {"count": -days}
        else:
            why = _("To close on %(day)s · nothing is planned") % {"day": _on(deal.expected_close_date)}
    else:
        what = _("Move it forward")
        why = ngettext(
            "Nothing has happened for %(count)d day in the stage %(stage)s",
            "Nothing has happened for %(count)d days in the stage %(stage)s",
            found.action.days,
        ) % {"count": found.action.days, "stage": deal.stage}
    why = f"{deal.customer.name} · {why}"
    return _made(found, deal, what=what, why=why, stake=stake, icon="calendar-due")


def _quote(found: Recommended, user: User) -> Row:
    quote: Quote = found.record
    stake = "" if fields.is_closed(user, Quote, "amount") else _amount(quote.amount, quote.currency)
    said = {"number": quote.label}
    if found.action.kind == rules.EXTEND:
        what = _("Ask for an answer to quote %(number)s") % said
        why = _("It runs out on %(day)s · no answer yet") % {"day": _on(quote.valid_until)}
    else:
        what = _("Ask what they think of quote %(number)s") % said
        why = _("They looked at it · %(when)s · no answer yet") % {
            "when": formats.relative_day(quote.viewed_at)
        }
    return _made(found, quote.customer, what=what, why=why, stake=stake, owner=quote.owner, icon="phone")


def _contract(found: Recommended, user: User) -> Row:
    order: Order = found.record
    stake = "" if fields.is_closed(user, Order, "amount") else _amount(order.amount, order.currency)
    what = _("Talk about renewing %(number)s") % {"number": order.number}
    why = _("The contract ends on %(day)s · no deal is open") % {"day": _on(order.end_date)}
    new = f"{reverse('opportunity_create')}?customer={order.customer_id}"
    values: dict[str, Any] = {"stake": stake, "owner": order.owner}
    if access.has_verb(user, "add", Opportunity):
        values |= {"icon": "plus", "act": _("New opportunity"), "act_url": new, "inline": False}
    return _made(found, order.customer, what=what, why=why, **values)


def _debt(found: Recommended, user: User) -> Row:
    row: PaymentPlan = found.record
    order = row.order
    what = _("Ask for the payment of %(number)s") % {"number": order.number}
    why = ngettext("%(count)d day overdue", "%(count)d days overdue", found.action.days) % {
        "count": found.action.days
    }
    stake = _amount(row.amount - row.received, order.currency)
    return _made(found, order.customer, what=what, why=why, stake=stake, owner=order.owner, icon="phone")


def _amount(amount: Any, currency: str) -> str:
    return formats.money_short(amount, currency) if amount else ""


def _on(day: Any) -> str:
    return formats.day(day)
