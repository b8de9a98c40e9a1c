"""The page of an invoice."""

from typing import Any

from django.http import HttpRequest

from accounts.queries.timeline import history
from crm.core.rmb import MOST, in_capitals
from crm.identity import access
from crm.listing.record import RecordPage
from sales import services
from sales.forms.invoices import InvoiceForm
from sales.listings.invoices import INVOICES, STATUS_KINDS
from sales.models import Invoice, InvoiceAmount, InvoiceStatus
from sales.pages.orders import HISTORY
from sales.queries.invoices import invoice_list
from sales.queries.payments import may_correct
from sales.services.invoices import AFTERWARDS, is_voidable

FACTS = (
    "kind", "title", "tax_number", "bank", "address", "content", "send_to", "note", "number", "issued_date",
    "delivered_date", "reason",
)  # fmt: skip


def invoice_context(request: HttpRequest, invoice: Invoice, may: dict[str, bool]) -> dict[str, Any]:
    """Beside the facts: its amounts by rate, what reverses it, what may be done next."""
    user = request.user
    amount, plain = abs(invoice.amount), invoice.currency == "CNY" and abs(invoice.amount) < MOST
    decided = invoice.status in (InvoiceStatus.ISSUED, InvoiceStatus.DELIVERED) and not invoice.is_reversal
    changes = access.has_verb(user, "issue", Invoice)
    reversals = list(invoice.reversals.all())
    return {
        "amounts": list(invoice.amounts.all()) if access.has_verb(user, "view", InvoiceAmount) else [],
        "capitals": in_capitals(amount) if plain and invoice.amount > 0 else "",
        "status_kind": STATUS_KINDS.get(InvoiceStatus(invoice.status), ""),
        "reversals": reversals,
        "customer_seen": access.may(user, "view", invoice.order.customer),
        "history": history(request.user, invoice, HISTORY),
        "may_issue": invoice.is_applied and changes,
        "may_deliver": invoice.status == InvoiceStatus.ISSUED and changes,
        "may_reverse": decided and changes,
        "may_void": decided and changes and is_voidable(invoice) and not reversals,
        "may_withdraw": invoice.is_applied and may_correct(user, invoice),
    }


INVOICE_PAGE = RecordPage(
    listing=INVOICES,
    queryset=invoice_list,
    form=InvoiceForm,
    update=services.update_invoice,
    template="sales/invoice_detail.html",
    parts={name: f"sales/_invoice_{name}.html" for name in ("identity", "left", "middle", "right")},
    context=invoice_context,
    facts=FACTS,
    always=frozenset({"tax_number", "send_to"}),
    settled=lambda invoice, name: not (invoice.is_applied or name in AFTERWARDS),
    copied=frozenset({"title", "tax_number", "number"}),
    has=lambda _invoice: set(FACTS),
)
