"""What the lists of orders and contracts can be narrowed by."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.filters import PAST
from accounts.models import Customer
from crm.identity.models import Team
from crm.listing.filters import Between, Choices, Filters, Flag, OwnerFilter, PeriodFilter, Records
from sales.models import Opportunity, Order, OrderKind, OrderStatus
from sales.models.order import EFFECTIVE
from sales.queries.orders import expiring_q

ENDING = ("overdue", "this_month", "next_month", "this_quarter", "next_30", "next_60", "next_90", "none")


class OrderFilters(Filters):
    """The filters of orders and contracts, in the order they are offered."""

    owner = OwnerFilter()
    team = Records(model=Team, field_name="team", label=_("Team"))
    kind = Choices(choices=OrderKind.choices, label=_("Kind"))
    status = Choices(choices=OrderStatus.choices, label=_("Status"))
    expiring = Flag(label=_("Ends within 90 days"), condition=lambda user: expiring_q())
    effective = Flag(label=_("Counts as sold"), condition=lambda user: EFFECTIVE)
    signed_date = PeriodFilter(names=(*PAST, "none", "any"), label=_("Signed"))
    effective_date = PeriodFilter(names=(*PAST, "none", "any"), label=_("Effective from"))
    end_date = PeriodFilter(names=ENDING, label=_("Ends"))
    amount = Between(label=_("Amount"))
    customer = Records(model=Customer, label=_("Customer"))
    opportunity = Records(model=Opportunity, label=_("Opportunity"))
    created_at = PeriodFilter(names=PAST, label=pgettext_lazy("date", "Created"))

    class Meta:
        model = Order
        fields: list[str] = []
