"""What is read of invoices; whose rows they are is decided by `crm.identity.access`."""

from collections.abc import Mapping
from decimal import Decimal

from django.db import models
from django.db.models import Sum

from crm.identity import access
from crm.identity.models import User
from sales.models import Invoice, InvoiceAmount, Order
from sales.models.invoice import IN_BOOKS, TAKEN
from sales.queries.sums import written_sum
from sales.rules.invoicing import left_by_rate


def invoice_list() -> models.QuerySet[Invoice]:
    """Invoices with what the columns of the list read."""
    return Invoice.objects.select_related(
        "order__customer", "order__owner", "applied_by", "issued_by", "reverses"
    )


def invoice_total(rows: models.QuerySet[Invoice]) -> str:
    """What those in the books among some invoices come to, reversals taken off."""
    rows = rows.filter(status__in=IN_BOOKS)
    return written_sum(rows.order_by().values_list("order__currency").annotate(Sum("amount")))


def room_of(order: Order, *, without: Invoice | None = None) -> dict[Decimal, Decimal]:
    """What can still be invoiced of an order, by rate of tax: never more in all than the contract is worth."""
    contract = _sums(order.lines.values_list("tax_rate").annotate(Sum("amount")).order_by())
    rows = InvoiceAmount.objects.filter(invoice__order=order, invoice__status__in=TAKEN)
    if without is not None:
        rows = rows.exclude(invoice=without)
    taken = _sums(rows.values_list("rate").annotate(Sum("amount")).order_by())
    left = left_by_rate(contract, taken)
    # After an amendment a rate may be gone that was invoiced: in all it stays within the contract nevertheless.
    over = sum(left.values(), Decimal(0)) - max(
        Decimal(0), order.signed_amount - sum(taken.values(), Decimal(0))
    )
    for rate in reversed(left):
        cut = min(left[rate], max(Decimal(0), over))
        left[rate], over = left[rate] - cut, over - cut
    return left


def _sums(rows: models.QuerySet) -> Mapping[Decimal, Decimal]:
    return dict(rows)


def invoices_of(user: User, **whose: models.Model) -> models.QuerySet[Invoice]:
    """The invoices of a customer or an order that somebody may see, the newest first."""
    rows = invoice_list().filter(**whose)
    return access.narrow(rows, user).order_by("-created_at", "-pk")
