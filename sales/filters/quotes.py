"""What the lists of quotes can be narrowed by."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.filters import PAST
from accounts.models import Customer
from crm.identity.models import Team
from crm.listing.filters import Between, Choices, Filters, Flag, OwnerFilter, PeriodFilter, Records
from sales.models import Opportunity, Quote, QuoteStatus
from sales.queries.quotes import newest_q

RUNNING_OUT = ("overdue", "today", "this_week", "next_7", "next_14", "next_30", "this_month")


class QuoteFilters(Filters):
    """The filters of quotes, in the order they are offered."""

    owner = OwnerFilter()
    team = Records(model=Team, field_name="team", label=_("Team"))
    status = Choices(choices=QuoteStatus.choices, label=_("Status"))
    valid_until = PeriodFilter(names=RUNNING_OUT, label=_("Valid until"))
    amount = Between(label=_("Amount"))
    viewed_at = PeriodFilter(names=(*PAST, "none", "any"), label=_("First viewed"))
    sent_at = PeriodFilter(names=PAST, label=_("Sent"))
    newest = Flag(label=_("Newest version only"), condition=lambda user: newest_q())
    customer = Records(model=Customer, label=_("Customer"))
    opportunity = Records(model=Opportunity, label=_("Opportunity"))
    created_at = PeriodFilter(names=PAST, label=pgettext_lazy("date", "Created"))

    class Meta:
        model = Quote
        fields: list[str] = []
