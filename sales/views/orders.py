"""What is done to orders and contracts beside editing them in place: written, signed, amended, renewed, ended."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity import access
from crm.listing.answers import attempt, done, show_form
from crm.listing.once import once
from sales import services
from sales.forms.orders import NewOrderForm, ReasonForm, SignForm, TerminateForm
from sales.forms.quotes import GiveForm
from sales.models import Order
from sales.pages.orders import ORDER_PAGE
from sales.queries.orders import order_bin
from sales.services.documents import order_pdf as pdf_of_order
from sales.services.documents import record_order_print
from sales.views.line_editor import LineEditor
from sales.views.quotes import customer_named, opportunity_named, pdf_answer, restore
from sales.views.verbs import by_button, by_form

order_lines = login_required(
    require_http_methods(["GET", "POST"])(
        LineEditor(
            page=ORDER_PAGE,
            save=lambda record, lines, **how: services.update_order(record, lines=lines, **how),
            is_open=lambda record: record.is_draft,
        )
    )
)


@login_required
@require_http_methods(["GET", "POST"])
@once
def order_create(request: HttpRequest) -> HttpResponse:
    """A new order or contract; its lines follow on the next page."""
    access.require_verb(request.user, "add", Order)
    deal = opportunity_named(request)
    customer = deal.customer if deal else customer_named(request)
    form = NewOrderForm(
        request.POST or None,
        user=request.user,
        customer=customer,
        initial={"customer": customer, "opportunity": deal, "contact": deal and deal.contact_id},
    )

    def show(status: int = 200, **context: Any) -> HttpResponse:
        return show_form(
            request,
            form,
            heading=_("New contract"),
            back=deal.get_absolute_url() if deal else reverse("order_list"),
            body="sales/_of_customer.html",
            submit=_("Go on to the lines"),
            status=status,
            **context,
        )

    if request.method == "GET" or request.POST.get("do") == "customer":
        return show()
    if not form.is_valid():
        return show(422)
    order, answer = attempt(
        form,
        lambda: services.create_order(
            form.cleaned_data["customer"], actor=actor_of(request), owner=request.user, **form.values()
        ),
        show,
    )
    if answer is not None:
        return answer
    url = reverse("order_lines", args=[order.pk])
    return done(request, url, _("%(number)s is made.") % {"number": order.number}, go=True)


@login_required
@require_http_methods(["GET", "POST"])
def order_sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that an approved contract was signed."""
    return by_form(
        request,
        ORDER_PAGE,
        pk,
        SignForm,
        lambda order, values: services.sign_order(order, actor=actor_of(request), **values),
        lambda order: _("%(number)s is effective.") % {"number": order.number},
        heading=lambda order: _("%(number)s was signed") % {"number": order.number},
        submit=_("Make effective"),
        note=_("It counts as sold from that day; its opportunity is won."),
    )


def _button(request: HttpRequest, pk: int, service: Any, words: str) -> HttpResponse:
    order = ORDER_PAGE.record(request, pk, "change")
    return by_button(
        request,
        order,
        lambda: service(order, actor=actor_of(request)),
        lambda made: words % {"number": made.number},
    )


@login_required
@require_POST
def order_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Make an approved or rejected order that was not signed a draft again."""
    return _button(request, pk, services.reopen_decided, _("%(number)s is a draft now."))


@login_required
@require_POST
def order_fulfil(request: HttpRequest, pk: int) -> HttpResponse:
    """Fulfilment has begun."""
    return _button(request, pk, services.fulfil_order, _("%(number)s is being fulfilled."))


@login_required
@require_POST
def order_complete(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything agreed is done."""
    return _button(request, pk, services.complete_order, _("%(number)s is completed."))


@login_required
@require_http_methods(["GET", "POST"])
def order_amend(request: HttpRequest, pk: int) -> HttpResponse:
    """Open what is decided for a change, as a new version."""
    return by_form(
        request,
        ORDER_PAGE,
        pk,
        ReasonForm,
        lambda order, values: services.amend_order(order, actor=actor_of(request), **values),
        lambda order: _("%(number)s can be changed now.") % {"number": order.number},
        heading=lambda order: _("Amend %(number)s") % {"number": order.number},
        submit=_("Begin the amendment"),
        note=_("The version so far is kept. What changes is approved and signed again."),
    )


@login_required
@require_http_methods(["GET", "POST"])
def order_terminate(request: HttpRequest, pk: int) -> HttpResponse:
    """End a running contract before its time."""
    return by_form(
        request,
        ORDER_PAGE,
        pk,
        TerminateForm,
        lambda order, values: services.terminate_order(order, actor=actor_of(request), **values),
        lambda order: _("%(number)s is terminated.") % {"number": order.number},
        heading=lambda order: _("Terminate %(number)s") % {"number": order.number},
        submit=_("Terminate"),
        danger=True,
    )


@login_required
@require_http_methods(["GET", "POST"])
def order_void(request: HttpRequest, pk: int) -> HttpResponse:
    """Declare that an order never counted."""
    return by_form(
        request,
        ORDER_PAGE,
        pk,
        ReasonForm,
        lambda order, values: services.void_order(order, actor=actor_of(request), **values),
        lambda order: _("%(number)s is voided.") % {"number": order.number},
        heading=lambda order: _("Void %(number)s") % {"number": order.number},
        submit=_("Void"),
        note=_(
            "It never counted, and its number stays taken. A contract that ended early is terminated instead."
        ),
        danger=True,
    )


@login_required
@require_POST
def order_renew(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin the next term of a contract."""
    order = ORDER_PAGE.record(request, pk, "change")
    access.require_verb(request.user, "add", Order)
    return by_button(
        request,
        order,
        lambda: services.renew_order(order, actor=actor_of(request)),
        lambda made: _("%(number)s is made.") % {"number": made.number},
        go=True,
    )


@login_required
@require_http_methods(["GET", "POST"])
def order_transfer(request: HttpRequest, pk: int) -> HttpResponse:
    """Give an order to a colleague."""

    def give(order: Order, values: dict[str, Any]) -> Order:
        services.transfer_orders([order], owner=values["owner"], actor=actor_of(request))
        return order

    return by_form(
        request,
        ORDER_PAGE,
        pk,
        GiveForm,
        give,
        lambda order: _("%(name)s has a new owner.") % {"name": order},
        heading=lambda order: _("Transfer %(name)s") % {"name": order},
        submit=_("Transfer"),
        verb="transfer",
        go=lambda order: reverse("order_list"),
    )


@login_required
@require_http_methods(["GET", "POST"])
def order_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a draft to the bin."""
    return by_form(
        request,
        ORDER_PAGE,
        pk,
        None,
        lambda order, values: services.delete_order(order, actor=actor_of(request)),
        lambda order: _("%(name)s lies in the bin for 30 days.") % {"name": order},
        heading=lambda order: _("Delete %(name)s?") % {"name": order},
        submit=_("Delete"),
        verb="delete",
        danger=True,
        body="sales/_to_bin.html",
        go=lambda order: reverse("order_list"),
    )


@login_required
@require_http_methods(["GET", "POST"])
def order_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an order out of the bin."""
    order = get_object_or_404(access.narrow(order_bin(), request.user, "delete"), pk=pk)
    return restore(request, order, services.restore_order, reverse("order_bin_list"))


@login_required
@require_GET
def order_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """A contract as PDF; the audit log keeps that it was taken out."""
    order = ORDER_PAGE.record(request, pk)
    try:
        content = pdf_of_order(order)
    except RuleBroken as error:
        messages.error(request, str(error))
        return redirect(order.get_absolute_url())
    record_order_print(order, actor=actor_of(request))
    return pdf_answer(content, f"{order.number}.pdf")
