"""What the lists of instalments and receipts can be narrowed by."""

from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.filters import PAST
from accounts.models import Customer
from crm.core.clock import company_today
from crm.identity.models import Team
from crm.listing.filters import Between, Choices, Filters, Flag, OwnerFilter, PeriodFilter, Records
from sales.models import Order, PaymentMethod, PaymentPlan, Receipt, ReceiptStatus
from sales.queries.payments import OWED, aged_q, overdue_q, state_q
from sales.rules import payments

STATES = (
    (payments.UNPAID, pgettext_lazy("payment", "Unpaid")),
    (payments.PARTIAL, pgettext_lazy("payment", "Paid in part")),
    (payments.PAID, pgettext_lazy("payment", "Paid")),
)
AGES = (
    ("1-30", _("1–30 days")),
    ("31-60", _("31–60 days")),
    ("61-90", _("61–90 days")),
    (payments.OLDEST_BUCKET, _("Over 90 days")),
)
DUE = (
    "overdue", "today", "this_week", "next_week", "this_month", "next_month", "last_month", "this_quarter", "next_7",
    "next_30", "this_year",
)  # fmt: skip


class StateFilter(Choices):
    """Paid, in part or not: what follows from two columns."""

    def filter(self, qs: QuerySet, value: Sequence[str]) -> QuerySet:
        return qs.filter(reduce(or_, map(state_q, value))) if value else qs


class AgeFilter(Choices):
    """How long an instalment has been overdue."""

    def filter(self, qs: QuerySet, value: Sequence[str]) -> QuerySet:
        today = company_today()
        return qs.filter(reduce(or_, (aged_q(one, today) for one in value), Q(pk__in=[]))) if value else qs


class PaymentFilters(Filters):
    """The filters of payment plans, in the order they are offered."""

    owner = OwnerFilter(field_name="order__owner")
    team = Records(model=Team, field_name="order__team", label=_("Team"))
    state = StateFilter(choices=STATES, label=_("Status"))
    owed = Flag(label=_("Still owed"), condition=lambda user: OWED)
    overdue = Flag(label=_("Overdue"), condition=lambda user: overdue_q())
    age = AgeFilter(choices=AGES, label=_("Overdue for"))
    due_date = PeriodFilter(names=DUE, label=_("Due on"))
    amount = Between(label=_("Amount"))
    customer = Records(model=Customer, field_name="order__customer", label=_("Customer"))
    order = Records(model=Order, label=_("Contract"))

    class Meta:
        model = PaymentPlan
        fields: list[str] = []


class ReceiptFilters(Filters):
    """The filters of receipts."""

    owner = OwnerFilter(field_name="order__owner")
    team = Records(model=Team, field_name="order__team", label=_("Team"))
    status = Choices(choices=ReceiptStatus.choices, label=_("Status"))
    method = Choices(choices=PaymentMethod.choices, label=_("Way of payment"))
    received_date = PeriodFilter(names=PAST, label=_("Received on"))
    amount = Between(label=_("Amount"))
    customer = Records(model=Customer, field_name="order__customer", label=_("Customer"))
    order = Records(model=Order, label=_("Contract"))

    class Meta:
        model = Receipt
        fields: list[str] = []
