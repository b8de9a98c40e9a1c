"""What the list of invoices can be narrowed by."""

from django.utils.translation import gettext_lazy as _

from accounts.filters import PAST
from accounts.models import Customer
from crm.identity.models import Team
from crm.listing.filters import Between, Choices, Filters, OwnerFilter, PeriodFilter, Records
from sales.models import Invoice, InvoiceKind, InvoiceStatus, Order


class InvoiceFilters(Filters):
    """The filters of invoices, in the order they are offered."""

    owner = OwnerFilter(field_name="order__owner")
    team = Records(model=Team, field_name="order__team", label=_("Team"))
    status = Choices(choices=InvoiceStatus.choices, label=_("Status"))
    kind = Choices(choices=InvoiceKind.choices, label=_("Kind"))
    issued_date = PeriodFilter(names=(*PAST, "none", "any"), label=_("Issued on"))
    amount = Between(label=_("Amount"))
    customer = Records(model=Customer, field_name="order__customer", label=_("Customer"))
    order = Records(model=Order, label=_("Contract"))
    created_at = PeriodFilter(names=PAST, label=_("Applied on"))

    class Meta:
        model = Invoice
        fields: list[str] = []
