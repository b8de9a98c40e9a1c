"""How customers are entered, and a short look at one; their page is declared in `accounts.pages`."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import services
from accounts.forms import QuickCustomerForm
from accounts.models import ActivityKind, Customer
from accounts.pages import CUSTOMER_PAGE
from accounts.queries import customers as queries
from accounts.queries.activities import may_write
from accounts.rules.due import at_day
from accounts.services.customers import derive_from
from accounts.views.answers import REFUSALS
from accounts.views.date_chips import date_chips
from accounts.views.duplicates import guard_of
from accounts.views.filled_in import derivation_of, filled_in
from crm.events.actor import actor_of
from crm.identity import access
from crm.listing.answers import attempt, done, in_drawer, show_form
from crm.listing.once import once
from crm.listing.record import facts, pages


def the_customer(request: HttpRequest, pk: int, action: str = "view") -> Customer:
    """The customer of an address, if the person may do the action to it."""
    return access.get_visible_or_404(Customer, request.user, pk, action, queryset=queries.customer_record())


def customer_named(request: HttpRequest) -> Customer | None:
    """The customer an address or a form names, if one may see it."""
    wanted = request.POST.get("customer") or request.GET.get("customer") or ""
    if not wanted.isdecimal() or len(wanted) > 18:
        return None
    return access.visible(Customer, request.user).filter(pk=wanted).first()


@login_required
@require_GET
def customer_peek(request: HttpRequest, pk: int) -> HttpResponse:
    """A short look at a customer beside the list."""
    customer = the_customer(request, pk)
    if not in_drawer(request):
        return pages.detail(request, pk, page=CUSTOMER_PAGE)
    context = {
        "customer": customer,
        "facts": facts.shown(CUSTOMER_PAGE, customer, request.user),
        "people": queries.people_of(customer, request.user)[:5],
        "may_write": may_write(request.user),
    }
    return render(request, "accounts/_peek.html", context)


@login_required
@require_http_methods(["GET", "POST"])
@once
def customer_create(request: HttpRequest) -> HttpResponse:
    """A new customer from three things; the drawer of the "+ New" button, or a page."""
    access.require_verb(request.user, "add", Customer)
    typed = {"name": request.GET.get("name", "").strip()[:200]} if request.GET.get("name") else None
    form = QuickCustomerForm(request.POST or None, user=request.user, initial=typed)

    def show(status: int = 200, **context: Any) -> HttpResponse:
        return show_form(
            request,
            form,
            heading=_("New customer"),
            back=reverse("customer_list"),
            body="accounts/_customer_new.html",
            subtitle=_("Three fields, the rest can wait"),
            submit=_("Save customer"),
            draft="customer-new",
            foot_field=form["more"],
            status=status,
            chips=date_chips(form["next_date"].value()),
            lines=filled_in(form, derivation_of(form.data), request.user),
            **context,
        )

    if request.method == "GET":
        return show()
    if not form.is_valid():
        return show(422)
    created, answer = attempt(form, lambda: _create(request, form), show, REFUSALS)
    if answer is not None:
        return answer
    text = _("%(name)s is saved.") % {"name": created.customer.name}
    if form.cleaned_data["more"]:
        form = QuickCustomerForm(None, user=request.user, initial={"more": True})
        response = show(saved=created.customer)
        response.headers["HX-Trigger"] = "listChanged"
        return response
    return done(request, created.customer.get_absolute_url(), text, go=True)


@transaction.atomic
def _create(request: HttpRequest, form: QuickCustomerForm) -> services.Created:
    """The customer with its contact, and the first follow-up in its owner's plan."""
    actor, data = actor_of(request), form.cleaned_data
    owner, values = data["owner"] or request.user, form.customer_values()
    parents = queries.parents_of_branch(request.user, derive_from(values))
    if len(parents) == 1:  # a branch of a company one has already is its child, not its double
        values.setdefault("parent", parents[0])
    created = services.create_customer(
        actor=actor,
        owner=owner,
        contact=form.contact_values(),
        tags=data["tags"],
        guard=guard_of(request),
        **values,
    )
    services.plan_follow_up(
        actor=actor,
        author=request.user,
        owner=owner,
        kind=ActivityKind.CALL,
        customer=created.customer,
        contact=created.contact,
        subject=data["next_step"],
        due_at=at_day(data["next_date"]),
        all_day=True,
    )
    return created


@login_required
@require_GET
def customer_derive(request: HttpRequest) -> HttpResponse:
    """What follows from what was typed so far, and customers of one's own that look like it."""
    access.require_verb(request.user, "add", Customer)
    found = derivation_of(request.GET)
    form = QuickCustomerForm(request.GET, user=request.user)
    context = {
        "lines": filled_in(form, found, request.user),
        "parents": queries.parents_of_branch(request.user, found),
        "fresh": True,
    }
    return render(request, "accounts/_derived.html", context)


@login_required
@require_GET
def customer_regions(request: HttpRequest) -> JsonResponse:
    """Regions by name or code, for the form."""
    found = queries.regions_like(request.user, request.GET.get("q", "").replace("\x00", "").strip()[:40])
    return JsonResponse({"results": [{"value": one.pk, "text": one.full_label} for one in found]})
