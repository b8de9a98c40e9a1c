"""What is done to invoices: applied for, issued, delivered, turned down, withdrawn, voided, reversed."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST

from crm.core.money import write_full
from crm.events.actor import actor_of
from crm.listing.answers import by_button, by_form
from crm.listing.forms import CrmForm
from crm.listing.once import once
from sales import services
from sales.forms.invoices import ApplyForm, DeliverForm, IssueForm, ReverseForm
from sales.forms.orders import ReasonForm
from sales.models import Invoice
from sales.pages.invoices import INVOICE_PAGE
from sales.pages.orders import ORDER_PAGE
from sales.queries.invoices import room_of
from sales.queries.payments import may_bill, may_correct


@login_required
@require_http_methods(["GET", "POST"])
@once
def order_invoice(request: HttpRequest, pk: int) -> HttpResponse:
    """Apply for an invoice over what is left of a contract, or a part of it."""
    order = ORDER_PAGE.record(request, pk)
    if not may_bill(request.user, order, Invoice):
        raise PermissionDenied
    left = {rate: part for rate, part in room_of(order).items() if part}
    customer = order.customer
    initial = {"title": customer.name, "tax_number": customer.uscc or "", "send_to": customer.email or ""}
    form = ApplyForm(request.POST or None, user=request.user, left=left, initial=initial)
    return by_form(
        request,
        form,
        lambda: services.apply_for_invoice(order, actor=actor_of(request), **form.values()),
        _("Applied for."),
        heading=_("Invoice for %(number)s") % {"number": order.number},
        back=order.get_absolute_url(),
        submit=pgettext("invoice", "Apply"),
        order=order,
        note=_("%(amount)s are left to invoice.")
        % {"amount": write_full(sum(left.values(), Decimal(0)), order.currency)},
    )


def _form(
    request: HttpRequest,
    pk: int,
    form_class: type[CrmForm],
    service: Callable[..., Invoice],
    said: str,
    *,
    heading: str,
    initial: Callable[[Invoice], dict[str, Any]] = lambda _invoice: {},
    **shown: Any,
) -> HttpResponse:
    """What finance does to an invoice once a form is filled in."""
    invoice = INVOICE_PAGE.record(request, pk, "issue")
    form = form_class(request.POST or None, user=request.user, initial=initial(invoice))
    amount = write_full(invoice.amount, invoice.currency)
    return by_form(
        request,
        form,
        lambda: service(invoice, actor=actor_of(request), **form.cleaned_data),
        lambda made: said % {"name": made},
        heading=heading % {"name": invoice, "amount": amount},
        back=invoice.get_absolute_url(),
        **shown,
    )


@login_required
@require_http_methods(["GET", "POST"])
def invoice_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that finance has issued it, with its number."""
    return _form(
        request,
        pk,
        IssueForm,
        services.issue_invoice,
        _("%(name)s is issued."),
        heading=_("Invoice of %(amount)s is issued"),
        submit=_("Issue"),
    )


@login_required
@require_http_methods(["GET", "POST"])
def invoice_deliver(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that the customer has it."""
    return _form(
        request,
        pk,
        DeliverForm,
        services.deliver_invoice,
        _("%(name)s is delivered."),
        heading=_("%(name)s was delivered"),
        submit=_("Delivered"),
    )


@login_required
@require_http_methods(["GET", "POST"])
def invoice_reject(request: HttpRequest, pk: int) -> HttpResponse:
    """Turn an application down, with the reason."""
    return _form(
        request,
        pk,
        ReasonForm,
        services.reject_invoice,
        _("Turned down."),
        heading=_("Turn down the invoice of %(amount)s"),
        submit=_("Turn down"),
        danger=True,
    )


@login_required
@require_http_methods(["GET", "POST"])
def invoice_void(request: HttpRequest, pk: int) -> HttpResponse:
    """Void a paper invoice of this month."""
    return _form(
        request,
        pk,
        ReasonForm,
        services.void_invoice,
        _("%(name)s is voided."),
        heading=_("Void the invoice %(name)s"),
        submit=_("Void"),
        note=_("Only a paper invoice in the month it was issued; any other is reversed."),
        danger=True,
    )


@login_required
@require_http_methods(["GET", "POST"])
def invoice_reverse(request: HttpRequest, pk: int) -> HttpResponse:
    """Issue a negative invoice against one."""
    return _form(
        request,
        pk,
        ReverseForm,
        services.reverse_invoice,
        _("%(name)s is issued."),
        heading=_("Reverse the invoice %(name)s"),
        submit=_("Reverse"),
        note=_(
            "A negative invoice takes off all of it, or a part; it stands in the books with its own number."
        ),
        initial=lambda invoice: {"amount": services.left_to_reverse(invoice)},
        danger=True,
        go=lambda reversal: reversal.get_absolute_url(),
    )


@login_required
@require_POST
def invoice_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an application back before it is issued."""
    invoice = INVOICE_PAGE.record(request, pk)
    if not may_correct(request.user, invoice):
        raise PermissionDenied
    return by_button(
        request,
        invoice,
        lambda: services.withdraw_invoice(invoice, actor=actor_of(request)),
        lambda _invoice: _("Withdrawn."),
    )
