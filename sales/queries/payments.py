"""What is read of instalments and receipts; whose rows they are is decided by `crm.identity.access`."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import models
from django.db.models import F, Q, Sum

from crm.core.clock import company_today
from crm.identity import access, fields
from crm.identity.models import User
from sales.models import Invoice, Order, OrderStatus, PaymentPlan, Receipt, ReceiptStatus
from sales.models.order import EFFECTIVE
from sales.queries.orders import with_signed
from sales.queries.sums import written_sum
from sales.rules import payments

OPEN = Q(received__lt=F("amount"))
# Only what is sold is owed: plans of drafts wait for the signature, and what was paid back in full is sold no more.
SOLD = Q(order__effective_date__isnull=False, order__refunded_date__isnull=True)
OWED = OPEN & SOLD


def payment_list() -> models.QuerySet[PaymentPlan]:
    """The instalments of orders that are not voided, with what the columns of the list read."""
    rows = PaymentPlan.objects.exclude(order__status=OrderStatus.VOIDED)
    return rows.select_related("order__customer", "order__owner")


def receipt_list() -> models.QuerySet[Receipt]:
    """Receipts with what the columns of the list read."""
    return Receipt.objects.select_related("order__customer", "order__owner", "confirmed_by")


def overdue_q(today: datetime.date | None = None) -> Q:
    """Instalments past their day of which something is still open."""
    return OWED & Q(due_date__lt=today or company_today())


def aged_q(bucket: str, today: datetime.date) -> Q:
    """Instalments whose debt is of one age (账龄)."""
    first = 1
    for last, name in payments.BUCKETS:
        if name == bucket:
            return OWED & Q(
                due_date__lte=today - datetime.timedelta(first),
                due_date__gte=today - datetime.timedelta(last),
            )
        first = last + 1
    return OWED & Q(due_date__lte=today - datetime.timedelta(first))


def state_q(state: str) -> Q:
    """Instalments that are paid, paid in part, or not at all."""
    if state == payments.PAID:
        return ~OPEN
    return OPEN & (Q(received=0) if state == payments.UNPAID else Q(received__gt=0))


def settled(row: PaymentPlan, today: datetime.date) -> payments.Settled:
    """An instalment as the rules of payments see it on a day."""
    return payments.Settled(row.due_date, row.amount, row.received, today, owed=row.order.is_owed)


def open_total(rows: models.QuerySet[PaymentPlan]) -> str:
    """What is still open of some instalments, for the foot of the list; mixed currencies converted and marked ≈."""
    return written_sum(
        rows.order_by().values_list("order__currency").annotate(open=Sum(F("amount") - F("received")))
    )


def receipt_total(rows: models.QuerySet[Receipt]) -> str:
    """What the confirmed ones among some receipts come to."""
    rows = rows.filter(status=ReceiptStatus.CONFIRMED)
    return written_sum(rows.order_by().values_list("order__currency").annotate(Sum("amount")))


@dataclass(frozen=True)
class Account:
    """How an order stands: what it is worth, what came in, what is open and how old the debt is."""

    amount: Decimal
    received: Decimal
    planned: Decimal
    overdue: Decimal
    days_overdue: int

    @property
    def outstanding(self) -> Decimal:
        return self.amount - self.received

    @property
    def unplanned(self) -> Decimal:
        return max(Decimal(0), self.amount - self.planned)

    @property
    def rate(self) -> Decimal | None:
        """回款率: the share that has come in."""
        return payments.receipt_rate(self.received, self.amount)


def account_of(order: Order, plan: Sequence[PaymentPlan], receipts: Sequence[Receipt]) -> Account:
    """How an order stands today."""
    today = company_today()
    late = [now for now in (settled(row, today) for row in plan) if now.days_overdue]
    return Account(
        amount=order.signed_amount,
        received=sum((one.amount for one in receipts if one.is_confirmed), Decimal(0)),
        planned=sum((row.amount for row in plan), Decimal(0)),
        overdue=sum((row.outstanding for row in late), Decimal(0)),
        days_overdue=max((row.days_overdue for row in late), default=0),
    )


@dataclass(frozen=True)
class Books:
    """When an order is paid, what has come in for it, and how it stands by that."""

    plan: list[PaymentPlan]
    receipts: list[Receipt]
    account: Account

    @property
    def next_amount(self) -> Decimal | None:
        """What is likely to come in next: the rest of the oldest open instalment, else of the contract."""
        rest = next((row.amount - row.received for row in self.plan if row.received < row.amount), None)
        return rest or max(self.account.outstanding, Decimal(0)) or None


def books_of(user: User, order: Order) -> Books | None:
    """The money of an order somebody sees, the oldest instalment and the newest receipt first; None for whom it is no business.

    Nor for who does not read what the order is worth: how it stands would tell.
    """
    if not all(access.has_verb(user, "view", model) for model in (PaymentPlan, Receipt)):
        return None
    if fields.is_closed(user, Order, "amount"):
        return None
    plan = list(order.plan.order_by("due_date", "pk"))
    receipts = list(order.receipts.order_by("-received_date", "-pk"))
    return Books(plan, receipts, account_of(order, plan, receipts))


def owed_by(user: User, **whose: models.Model) -> models.QuerySet[PaymentPlan]:
    """What a customer still owes, as far as somebody may see it, the oldest first."""
    rows = payment_list().filter(OWED, **{f"order__{name}": one for name, one in whose.items()})
    return access.narrow(rows, user).order_by("due_date", "pk")


def came_in(user: User, **whose: models.Model) -> models.QuerySet[Receipt]:
    """The receipts of a customer that somebody may see."""
    return access.narrow(receipt_list().filter(**{f"order__{n}": one for n, one in whose.items()}), user)


def sold_to(user: User, **whose: models.Model) -> models.QuerySet[Order]:
    """The sold orders of a customer that somebody may see, with what holds of each."""
    return access.narrow(with_signed(Order.objects.filter(EFFECTIVE, **whose)), user)


def may_bill(user: User, order: Order, model: type[models.Model] = Receipt) -> bool:
    """Whether somebody may plan payments of an order or record receipts for it.

    Who edits orders does so with those they may edit; finance edits none and does so with all it sees. Who does not
    read what an order is worth bills nothing of it.
    """
    if not access.has_verb(user, "add", model) or fields.is_closed(user, Order, "amount"):
        return False
    return access.may(user, "change" if access.has_verb(user, "change", Order) else "view", order)


def may_correct(user: User, row: PaymentPlan | Receipt | Invoice, action: str = "change") -> bool:
    """Whether somebody may correct a row: who has the right to, and who drafts such rows while it is only a draft.

    Sellers draft only: what is confirmed, issued or planned for a signed contract is finance's.
    """
    if access.may(user, action, row):
        return True
    return row.is_provisional and may_bill(user, row.order, type(row))
