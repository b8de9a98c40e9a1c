"""What becomes of a recommended next step: put off, or planned with one click."""

import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Activity, ActivityKind, Customer
from accounts.rules.due import NEXT_MONDAY, TOMORROW, put_off
from accounts.services import plan_follow_up
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.identity.models import User
from crm.records.queries import business_calendar
from sales.models import Enrolment, Lead, Opportunity, Order, PaymentPlan, Quote, SnoozedAction

NEVER = "never"
NEVER_DAYS = 90  # by then the facts are other ones
UNTIL = (TOMORROW, NEXT_MONDAY, NEVER)


@transaction.atomic
def snooze_action(key: str, *, user: User, until: str) -> SnoozedAction:
    """Keep one recommended step away from somebody until tomorrow, next Monday, or for a quarter of a year."""
    if until not in UNTIL:
        raise RuleBroken(_("Choose one of the values offered."), field="until")
    now = timezone.now()
    at = (
        now + datetime.timedelta(days=NEVER_DAYS)
        if until == NEVER
        else put_off(until, now, business_calendar())
    )
    SnoozedAction._base_manager.filter(user=user, until__lte=now).delete()
    made, _new = SnoozedAction._base_manager.update_or_create(user=user, key=key, defaults={"until": at})
    return made


@transaction.atomic
def plan_action(
    record: Enrolment | Lead | Opportunity | Order | PaymentPlan | Quote,
    *,
    key: str,
    what: str,
    user: User,
    actor: Actor,
) -> Activity:
    """Plan a recommended step as one's own follow-up for the next working day; it is not recommended again meanwhile."""
    snooze_action(key, user=user, until=NEVER)
    due = put_off(TOMORROW, timezone.now(), business_calendar())
    customer, about, contact = _stands_with(record)
    return plan_follow_up(
        actor=actor,
        author=user,
        kind=ActivityKind.CALL,
        customer=customer,
        record=about,
        contact=contact,
        due_at=due,
        all_day=True,
        subject=what[:200],
    )


def _stands_with(record: object) -> tuple[Customer | None, Lead | Opportunity | None, object | None]:
    """The customer, the lead or deal, and the person a follow-up about a record stands with."""
    if isinstance(record, Lead):
        return None, record, None
    if isinstance(record, Opportunity):
        return record.customer, record, record.contact
    if isinstance(record, PaymentPlan):
        return record.order.customer, None, None
    return record.customer, None, getattr(record, "contact", None)  # type: ignore[attr-defined]
