"""What is done to orders and contracts beside editing them in place: written, signed, amended, renewed, ended."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.events.actor import actor_of
from crm.identity import access
from crm.listing.answers import by_button, by_form
from crm.listing.forms import CrmForm
from crm.listing.once import once
from sales import services
from sales.forms.orders import NewOrderForm, ReasonForm, SignForm, TerminateForm
from sales.models import Order
from sales.pages.orders import ORDER_PAGE
from sales.queries.payments import books_of
from sales.services import documents
from sales.views.line_editor import LineEditor
from sales.views.papers import new_paper, pdf_of

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
    return new_paper(
        request,
        ORDER_PAGE,
        NewOrderForm,
        services.create_order,
        _("New contract"),
        lambda order: _("%(number)s is made.") % {"number": order.number},
    )


@login_required
@require_http_methods(["GET", "POST"])
def order_sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that an approved contract was signed."""
    return _form(
        request,
        pk,
        SignForm,
        services.sign_order,
        _("%(number)s is effective."),
        heading=_("%(number)s was signed"),
        submit=_("Make effective"),
        note=_("It counts as sold from that day; its opportunity is won."),
    )


def _button(request: HttpRequest, pk: int, service: Callable[..., Order], said: str) -> HttpResponse:
    """What is done to an order without a question."""
    order = ORDER_PAGE.record(request, pk, "change")
    return by_button(
        request, order, lambda: service(order, actor=actor_of(request)), said % {"number": order.number}
    )


def _form(
    request: HttpRequest,
    pk: int,
    form_class: type[CrmForm],
    service: Callable[..., Order],
    said: str,
    *,
    heading: str,
    **shown: Any,
) -> HttpResponse:
    """What is done to an order once a form is filled in."""
    order = ORDER_PAGE.record(request, pk, "change")
    form = form_class(request.POST or None, user=request.user)
    number = {"number": order.number}
    return by_form(
        request,
        form,
        lambda: service(order, actor=actor_of(request), **form.cleaned_data),
        said % number,
        heading=heading % number,
        back=order.get_absolute_url(),
        **shown,
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
    return _form(
        request,
        pk,
        ReasonForm,
        services.amend_order,
        _("%(number)s can be changed now."),
        heading=_("Amend %(number)s"),
        submit=_("Begin the amendment"),
        note=_("The version so far is kept. What changes is approved and signed again."),
    )


@login_required
@require_http_methods(["GET", "POST"])
def order_terminate(request: HttpRequest, pk: int) -> HttpResponse:
    """End a running contract before its time."""
    return _form(
        request,
        pk,
        TerminateForm,
        services.terminate_order,
        _("%(number)s is terminated."),
        heading=_("Terminate %(number)s"),
        submit=_("Terminate"),
        danger=True,
    )


@login_required
@require_http_methods(["GET", "POST"])
def order_void(request: HttpRequest, pk: int) -> HttpResponse:
    """Declare that an order never counted."""
    return _form(
        request,
        pk,
        ReasonForm,
        services.void_order,
        _("%(number)s is voided."),
        heading=_("Void %(number)s"),
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
@require_GET
def order_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """A contract as PDF; the audit log keeps that it was taken out."""
    order = ORDER_PAGE.record(request, pk)
    books = books_of(request.user, order)
    return pdf_of(
        request, order, lambda paper: documents.order_pdf(paper, books), documents.record_order_print
    )
