"""What happens to invoices, and how the timeline says it."""

from django.utils.translation import gettext_lazy

from crm.events.catalogue import event
from sales.events.quotes import named

INVOICE_APPLIED = event(
    "invoice.applied",
    gettext_lazy("Invoice applied for"),
    sentence=named(gettext_lazy("%(number)s: invoice of %(amount)s applied for")),
)
INVOICE_UPDATED = event("invoice.updated", gettext_lazy("Invoice changed"), timeline=False)
INVOICE_ISSUED = event(
    "invoice.issued",
    gettext_lazy("Invoice issued"),
    sentence=named(gettext_lazy("%(number)s: invoice %(invoice)s of %(amount)s issued")),
)
INVOICE_DELIVERED = event(
    "invoice.delivered",
    gettext_lazy("Invoice delivered"),
    sentence=named(gettext_lazy("%(number)s: invoice %(invoice)s delivered")),
)
INVOICE_REJECTED = event(
    "invoice.rejected",
    gettext_lazy("Invoice turned down"),
    sentence=named(gettext_lazy("%(number)s: invoice of %(amount)s turned down: %(reason)s")),
)
INVOICE_WITHDRAWN = event(
    "invoice.withdrawn",
    gettext_lazy("Application for an invoice withdrawn"),
    sentence=named(gettext_lazy("%(number)s: application for an invoice of %(amount)s withdrawn")),
)
INVOICE_VOIDED = event(
    "invoice.voided",
    gettext_lazy("Invoice voided"),
    sentence=named(gettext_lazy("%(number)s: invoice %(invoice)s of %(amount)s voided: %(reason)s")),
)
INVOICE_REVERSED = event(
    "invoice.reversed",
    gettext_lazy("Invoice reversed"),
    sentence=named(gettext_lazy("%(number)s: invoice %(invoice)s reversed by %(amount)s: %(reason)s")),
)
