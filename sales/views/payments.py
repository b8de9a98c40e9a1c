"""What is done to the money of an order: planned, recorded, confirmed, corrected, voided."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST

from crm.core.clock import company_today
from crm.core.money import write_full
from crm.events.actor import actor_of
from crm.identity import access
from crm.listing.answers import by_button, by_form, version_in
from crm.listing.once import once
from sales import services
from sales.forms.orders import ReasonForm
from sales.forms.payments import InstalmentForm, PlanForm, ReceiptEditForm, ReceiptForm
from sales.models import Order, PaymentPlan, Receipt
from sales.pages.orders import ORDER_PAGE
from sales.queries.payments import account_of, books_of, may_bill, may_correct, payment_list, receipt_list


@login_required
@require_http_methods(["GET", "POST"])
@once
def order_plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Plan when an order is paid: one payment, or an amount in equal instalments."""
    order = _to_bill(request, pk, PaymentPlan)
    account = account_of(order, list(order.plan.all()), [])
    initial = {"amount": account.unplanned or None, "due_date": company_today()}
    form = PlanForm(request.POST or None, user=request.user, initial=initial)
    return _answer(
        request,
        form,
        order,
        heading=_("Plan payments of %(number)s") % {"number": order.number},
        submit=_("Plan"),
        note=_("%(amount)s are left to plan.") % {"amount": write_full(account.unplanned, order.currency)},
        call=lambda: services.plan_payments(order, form.instalments(), actor=actor_of(request)),
        said=lambda rows: _("Planned."),
    )


@login_required
@require_http_methods(["GET", "POST"])
def payment_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change day, amount or note of an instalment."""
    row = _to_correct(request, PaymentPlan, pk)
    form = InstalmentForm(request.POST or None, user=request.user, instance=row)
    return _answer(
        request,
        form,
        row.order,
        heading=_("Instalment of %(number)s") % {"number": row.order.number},
        submit=_("Save"),
        call=lambda: services.change_instalment(
            row,
            actor=actor_of(request),
            expected=form.expected_version,
            **{name: form.cleaned_data[name] for name in ("due_date", "amount", "note")},
        ),
        said=lambda _row: _("Saved."),
    )


@login_required
@require_http_methods(["GET", "POST"])
def payment_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an instalment out of the plan."""
    row = _to_correct(request, PaymentPlan, pk, "delete")
    amount = write_full(row.amount, row.order.currency)
    return by_form(
        request,
        None,
        lambda: services.remove_instalment(row, actor=actor_of(request), expected=version_in(request)),
        _("Removed."),
        heading=_("Remove the instalment of %(amount)s?") % {"amount": amount},
        back=row.get_absolute_url(),
        submit=_("Remove"),
        danger=True,
        version=row.version,
        note=_("What has come in for it counts for the other instalments."),
    )


@login_required
@require_http_methods(["GET", "POST"])
@once
def order_receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """Record money that came in for an order."""
    order = _to_bill(request, pk, Receipt)
    books = books_of(request.user, order)
    initial = {"amount": books.next_amount if books is not None else None}
    form = ReceiptForm(request.POST or None, user=request.user, initial=initial)
    return _answer(
        request,
        form,
        order,
        heading=_("Receipt for %(number)s") % {"number": order.number},
        submit=pgettext("receipt", "Record"),
        note=_("It counts once finance has confirmed it."),
        call=lambda: services.record_receipt(order, actor=actor_of(request), **form.cleaned_data),
        said=lambda made: _("%(amount)s recorded.") % {"amount": write_full(made.amount, order.currency)},
    )


@login_required
@require_http_methods(["GET", "POST"])
def receipt_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a receipt that is not confirmed yet."""
    row = _to_correct(request, Receipt, pk)
    form = ReceiptEditForm(request.POST or None, user=request.user, instance=row)
    return _answer(
        request,
        form,
        row.order,
        heading=_("Receipt for %(number)s") % {"number": row.order.number},
        submit=_("Save"),
        call=lambda: services.update_receipt(
            row,
            actor=actor_of(request),
            expected=form.expected_version,
            **{name: form.cleaned_data[name] for name in ReceiptEditForm.Meta.fields},
        ),
        said=lambda _row: _("Saved."),
    )


@login_required
@require_POST
def receipt_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Finance has seen the money: the very amount that stood beside the button, should somebody correct it meanwhile."""
    row = access.get_visible_or_404(Receipt, request.user, pk, "confirm", queryset=receipt_list())
    return by_button(
        request,
        row,
        lambda: services.confirm_receipt(row, actor=actor_of(request), expected=version_in(request)),
        lambda made: _("%(amount)s confirmed.") % {"amount": write_full(made.amount, row.order.currency)},
    )


@login_required
@require_http_methods(["GET", "POST"])
def receipt_void(request: HttpRequest, pk: int) -> HttpResponse:
    """Declare that a receipt never came in."""
    row = _to_correct(request, Receipt, pk)
    form = ReasonForm(request.POST or None, user=request.user)
    amount = write_full(row.amount, row.order.currency)
    return _answer(
        request,
        form,
        row.order,
        heading=_("Void the receipt of %(amount)s") % {"amount": amount},
        submit=_("Void"),
        note=_("It counts no more and stays in the books with its reason."),
        danger=True,
        call=lambda: services.void_receipt(row, actor=actor_of(request), **form.cleaned_data),
        said=lambda _row: _("%(amount)s voided.") % {"amount": amount},
    )


def _to_bill(request: HttpRequest, pk: int, model: type[models.Model]) -> Order:
    """The order of an address, if one may plan its payments or record its receipts."""
    order = ORDER_PAGE.record(request, pk)
    if not may_bill(request.user, order, model):
        raise PermissionDenied
    return order


def _to_correct(request: HttpRequest, model: type[models.Model], pk: int, action: str = "change") -> Any:
    """An instalment or receipt one may correct: by right, or because it is still a draft of one's own contracts."""
    rows = payment_list() if model is PaymentPlan else receipt_list()
    row = access.get_visible_or_404(model, request.user, pk, queryset=rows)
    if not may_correct(request.user, row, action):
        raise PermissionDenied
    return row


def _answer(
    request: HttpRequest,
    form: forms.BaseForm,
    order: Order,
    *,
    call: Callable[[], Any],
    said: Callable[[Any], str],
    **fixed: Any,
) -> HttpResponse:
    """The form beside the page of its order; done, or what a rule said."""
    return by_form(request, form, call, said, back=order.get_absolute_url(), order=order, **fixed)
