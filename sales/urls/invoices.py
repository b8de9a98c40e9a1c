"""The pages of invoices."""

from django.urls import path

from sales.listings.invoices import INVOICES
from sales.pages.invoices import INVOICE_PAGE
from sales.views import invoices

VERBS = {
    "issue": invoices.invoice_issue,
    "deliver": invoices.invoice_deliver,
    "reject": invoices.invoice_reject,
    "withdraw": invoices.invoice_withdraw,
    "void": invoices.invoice_void,
    "reverse": invoices.invoice_reverse,
}

urlpatterns = [
    path("orders/<int:pk>/invoice/", invoices.order_invoice, name="order_invoice"),
    *(path(f"invoices/<int:pk>/{what}/", view, name=f"invoice_{what}") for what, view in VERBS.items()),
    *INVOICE_PAGE.urls("invoices"),
    *INVOICES.urls("invoices"),
]
