"""What somebody had best do next, of the records they work on: one query for each kind of record, whatever their number."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from accounts.models import Activity
from accounts.models.activity import DONE
from accounts.queries.today import Whose
from crm.core.clock import company_today
from crm.core.money import BASE_CURRENCY
from crm.identity import access, fields
from crm.identity.models import User
from sales.models import (
    Enrolment,
    Lead,
    Opportunity,
    Order,
    Quote,
    QuoteStatus,
    SnoozedAction,
    StepRun,
)
from sales.models.lead import OPEN as OPEN_LEADS
from sales.models.opportunity import OPEN as OPEN_DEALS
from sales.models.order import RUNNING
from sales.queries.opportunities import opportunity_list, rotting_q
from sales.queries.orders import order_list
from sales.queries.payments import overdue_q, payment_list
from sales.queries.quotes import quote_list
from sales.queries.sums import rate_of
from sales.rules import next_actions as rules
from sales.rules import pipeline
from sales.rules.next_actions import Action

LOOKED_AT = 60  # of each kind, the most urgent first
MOST = 30


@dataclass(frozen=True)
class Recommended:
    """A recommended step with the record it is about, for words and links."""

    action: Action
    record: Any


def recommended(who: Whose, most: int = MOST) -> list[Recommended]:
    """The best next steps for the records of those somebody looks at, but for what was put off."""
    records: dict[str, Any] = {}
    actions: list[Action] = []
    for find in SOURCES:
        for action, record in find(who):
            records[action.name] = record
            actions.append(action)
    off = put_off(who.user)
    chosen = rules.best((one for one in actions if one.name not in off), most)
    return [Recommended(one, records[one.name]) for one in chosen]


def put_off(user: User) -> set[str]:
    """What somebody does not want to see again yet."""
    rows = access.visible(SnoozedAction, user).filter(until__gt=timezone.now())
    return set(rows.values_list("key", flat=True))


Found = Iterator[tuple[Action, Any]]


def _of(who: Whose, rows: QuerySet, owner: str = "owner", team: str = "team") -> QuerySet:
    """The rows whose owner is looked at, within what the person sees."""
    rows = access.narrow(rows, who.user).filter(**{f"{owner}__isnull": False})
    if not who.team:
        return rows.filter(**{owner: who.user})
    return rows if who.team_ids is None else rows.filter(**{f"{team}__in": who.team_ids})


def _answers(who: Whose) -> Found:
    now = timezone.now()
    since = now - timedelta(days=rules.ANSWER_WITHIN + 1)
    followed = Activity.objects.filter(DONE, done_at__gt=OuterRef("answered"), external_id="").exclude(
        origin="email"
    )
    answered = StepRun.objects.filter(enrolment=OuterRef("pk"), answered_at__gte=since).order_by(
        "-answered_at"
    )
    rows = Enrolment.objects.annotate(answered=Subquery(answered.values("answered_at")[:1])).filter(
        answered__isnull=False, contact__isnull=False
    )
    rows = rows.exclude(Exists(followed.filter(customer=OuterRef("customer"))))
    rows = rows.select_related("contact", "customer__owner", "cadence", "owner")
    for one in _of(who, rows).order_by("-answered")[:LOOKED_AT]:
        days = (now - one.answered).days
        if kind := rules.for_answer(days):
            yield Action(kind, one.pk, f"customer:{one.customer_id}", days, waits=True), one


def _leads(who: Whose) -> Found:
    now = timezone.now()
    asked = Q(hand_raised_at__isnull=False) | Q(score__gte=rules.HOT)
    rows = Lead.objects.filter(
        OPEN_LEADS & asked, last_valid_follow_up_at__isnull=True, next_follow_up_at__isnull=True
    )
    rows = rows.select_related("owner").defer("search_text", "search_grams")
    closed = fields.closed(who.user, Lead)
    for lead in _of(who, rows).order_by(F("hand_raised_at").desc(nulls_last=True), "-score", "pk")[
        :LOOKED_AT
    ]:
        days = (now - lead.hand_raised_at).days if lead.hand_raised_at else None
        if kind := rules.for_lead(asked_days=days, score=lead.score, touched=False, planned=False):
            waits = days is not None and days <= rules.FRESH
            stake = (lead.budget or 0) * lead.score / 100 if "budget" not in closed else Decimal(0)
            yield Action(kind, lead.pk, f"lead:{lead.pk}", days or 0, Decimal(stake), waits), lead


def _deals(who: Whose) -> Found:
    base = _in_base()
    today, now = company_today(), timezone.now()
    soon = today + timedelta(days=rules.CLOSES_WITHIN)
    rows = opportunity_list().filter(OPEN_DEALS)
    rows = rows.filter(rotting_q() | Q(next_follow_up_at__isnull=True, expected_close_date__lte=soon))
    rows = _of(who, rows.defer("search_text", "search_grams"))
    hidden = fields.is_closed(who.user, Opportunity, "amount")
    for deal in rows.order_by("-amount", "pk")[:LOOKED_AT]:
        idle = pipeline.idle_days(now, deal.stage_since, deal.last_activity_at)
        kind = rules.for_deal(
            today=today,
            closes=deal.expected_close_date,
            idle=idle,
            rot_days=deal.stage.rot_days,
            planned=deal.next_follow_up_at is not None,
        )
        if kind:
            days = idle if kind == rules.REVIVE else (deal.expected_close_date - today).days
            likely = Decimal(0) if hidden else base(deal.amount or 0, deal.currency) * deal.probability / 100
            yield Action(kind, deal.pk, f"customer:{deal.customer_id}", days, likely), deal


def _quotes(who: Whose) -> Found:
    base = _in_base()
    today, now = company_today(), timezone.now()
    seen = Q(viewed_at__gte=now - timedelta(days=rules.SEEN_WITHIN + 1))
    ends = Q(valid_until__gte=today, valid_until__lte=today + timedelta(days=rules.RUNS_OUT_WITHIN))
    rows = quote_list().filter(seen | ends, status=QuoteStatus.SENT)
    hidden = fields.is_closed(who.user, Quote, "amount")
    for quote in _of(who, rows).order_by("-amount", "pk")[:LOOKED_AT]:
        days = (now - quote.viewed_at).days if quote.viewed_at else None
        if kind := rules.for_quote(today=today, valid_until=quote.valid_until, seen_days=days):
            left = (quote.valid_until - today).days
            stake = Decimal(0) if hidden else base(quote.amount, quote.currency)
            action = Action(
                kind,
                quote.pk,
                f"customer:{quote.customer_id}",
                left if kind == rules.EXTEND else days or 0,
                stake,
            )
            yield action, quote


def _contracts(who: Whose) -> Found:
    base = _in_base()
    today = company_today()
    on_its_way = Opportunity.objects.filter(OPEN_DEALS, customer=OuterRef("customer"))
    rows = order_list().filter(
        status__in=RUNNING, end_date__gte=today, end_date__lte=today + timedelta(days=rules.ENDS_WITHIN)
    )
    rows = rows.exclude(Exists(on_its_way))
    hidden = fields.is_closed(who.user, Order, "amount")
    for order in _of(who, rows).order_by("end_date", "pk")[:LOOKED_AT]:
        if kind := rules.for_contract(today=today, ends=order.end_date, has_open_deal=False):
            stake = Decimal(0) if hidden else base(order.amount, order.currency)
            yield (
                Action(kind, order.pk, f"customer:{order.customer_id}", (order.end_date - today).days, stake),
                order,
            )


def _debts(who: Whose) -> Found:
    base = _in_base()
    today = company_today()
    rows = _of(who, payment_list().filter(overdue_q(today)), "order__owner", "order__team")
    for row in rows.order_by("due_date", "pk")[:LOOKED_AT]:
        still = row.amount - row.received
        if kind := rules.for_debt(today=today, due=row.due_date, open_amount=still):
            customer = row.order.customer_id
            stake = base(still, row.order.currency)
            yield Action(kind, row.pk, f"customer:{customer}", (today - row.due_date).days, stake), row


def _in_base() -> Callable[[Any, str], Decimal]:
    """Amounts in the base currency, each rate looked up once; without a rate as they are: it only puts things in order."""
    rate = cache(rate_of)
    return lambda amount, currency: Decimal(amount) * (rate(currency, BASE_CURRENCY) or 1)


SOURCES: list[Callable[[Whose], Found]] = [_answers, _leads, _deals, _quotes, _contracts, _debts]
