"""The customer's page and its columns, and how it is created and edited."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import services
from accounts.forms import CustomerForm, FieldForm, QuickCustomerForm
from accounts.listings import CUSTOMERS
from accounts.models import ActivityKind, Contact, Customer
from accounts.queries import customers as queries
from accounts.queries.activities import may_write
from accounts.queries.merging import successor
from accounts.rules.due import at_day
from accounts.services.customers import derive_from
from accounts.views import facts
from accounts.views.activity_answers import triggers
from accounts.views.answers import attempt, done, in_drawer, show_form
from accounts.views.duplicates import guard_of
from accounts.views.field_undo import keep, posted
from accounts.views.filled_in import derivation_of, filled_in
from accounts.views.place import list_of, place_in_list
from accounts.views.timeline import composer_context, timeline_context
from crm.core.hooks import hooks
from crm.events.actor import actor_of
from crm.identity import access
from crm.identity.explain import why
from crm.listing.once import once

PARTS = {
    "identity": "accounts/_identity.html",
    "left": "accounts/_left.html",
    "right": "accounts/_right.html",
}


def the_customer(request: HttpRequest, pk: int, action: str = "view") -> Customer:
    """The customer of an address, if the person may do the action to it."""
    return access.get_visible_or_404(Customer, request.user, pk, action, queryset=queries.customer_record())


@login_required
@require_GET
def customer_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A customer's page: identity, key information and facts, follow-ups, people. `part` asks for one column."""
    try:
        customer = the_customer(request, pk)
    except Http404:  # the address of one that was merged leads to the customer it became
        target = successor(request.user, pk)
        if target is None:
            raise
        return redirect(target)
    part = request.GET.get("part", "")
    if part and part not in PARTS:
        raise Http404
    context = record_context(request, customer)
    if not part:
        context |= timeline_context(request, customer, context["may"]["change"])
        context |= composer_context(request, customer, people=context["people"])
    return render(request, PARTS.get(part, "accounts/customer_detail.html"), context)


def record_context(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """What the columns of the record page read."""
    user = request.user
    verbs = ("change", "transfer", "share", "delete", "merge")
    held = access.allowed(user, customer, verbs)
    may = {verb: verb in held for verb in verbs}
    may["add_contact"] = may["change"] and access.has_verb(user, "add", Contact)
    may["edit_contact"] = access.has_verb(user, "change", Contact)
    may["first_deal"] = may["change"] and access.is_administrator(user)
    people = queries.people_of(customer, user)
    return {
        "customer": customer,
        "may": may,
        "fact_groups": facts.groups(customer, user),
        "people": people,
        "main_contact": next((p for p in people if p.is_primary), people[0] if people else None),
        "children": list(access.visible(Customer, user).filter(parent=customer).order_by("name_sort")[:20]),
        "parent_seen": customer.parent is not None and access.may(user, "view", customer.parent),
        "collaborators": queries.collaborators_of(customer),
        "left_panels": hooks.panels_of("customer.left"),
        "right_panels": hooks.panels_of("customer.right"),
        "list": list_of(request),
    }


@login_required
@require_GET
def customer_peek(request: HttpRequest, pk: int) -> HttpResponse:
    """A short look at a customer beside the list."""
    customer = the_customer(request, pk)
    if not in_drawer(request):
        return customer_detail(request, pk)
    context = {
        "customer": customer,
        "facts": facts.shown(customer, request.user),
        "people": queries.people_of(customer, request.user)[:5],
        "may_write": may_write(request.user),
    }
    return render(request, "accounts/_peek.html", context)


@login_required
@require_GET
def customer_position(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the customer stands in the list one came from, with its neighbours."""
    customer = the_customer(request, pk)
    place = place_in_list(request, CUSTOMERS, customer)
    return render(request, "accounts/_position.html", {"place": place, "list": list_of(request)})


@login_required
@require_GET
def customer_why(request: HttpRequest, pk: int) -> HttpResponse:
    """Why one can see this customer, who owned it, and how its life cycle went."""
    customer = the_customer(request, pk)
    context = {
        "customer": customer,
        "reasons": why(request.user, customer),
        "may_edit": access.may(request.user, "change", customer),
        "transfers": queries.owner_history(customer),
        "steps": queries.lifecycle_history(customer),
    }
    return render(request, "accounts/_why.html" if request.htmx else "accounts/why.html", context)


@login_required
@require_GET
def customer_panel(request: HttpRequest, pk: int, slot: str, key: str) -> HttpResponse:
    """A part of the page that another module contributes, loaded after the page."""
    customer = the_customer(request, pk)
    panel = hooks.panels.get((f"customer.{slot}", key))
    context = panel.load(request, customer) if panel else None
    if panel is None or context is None:
        return HttpResponse("")
    return render(request, panel.template, {"customer": customer, **context})


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
            chips=facts.date_chips(form["next_date"].value()),
            lines=filled_in(form, derivation_of(form.data), request.user),
            **context,
        )

    if request.method == "GET":
        return show()
    if not form.is_valid():
        return show(422)
    created, answer = attempt(form, lambda: _create(request, form), show)
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


@login_required
@require_http_methods(["GET", "POST"])
def customer_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """All fields of a customer at once."""
    customer = the_customer(request, pk, "change")
    form = CustomerForm(request.POST or None, user=request.user, instance=customer)

    def show(status: int = 200, **context: Any) -> HttpResponse:
        return show_form(
            request,
            form,
            heading=_("Edit %(name)s") % {"name": customer.name},
            back=customer.get_absolute_url(),
            status=status,
            check_params="name,kind,uscc,phone,email,confirmed",
            checked_customer=customer.pk,
            **context,
        )

    if request.method == "GET":
        return show()
    if not form.is_valid():
        return show(422)
    _saved, answer = attempt(
        form,
        lambda: services.update_customer(
            customer,
            actor=actor_of(request),
            expected=form.expected_version,
            guard=guard_of(request),
            **form.values(changed_only=True),
        ),
        show,
    )
    return answer or done(request, customer.get_absolute_url(), _("Saved"))


@login_required
@require_http_methods(["GET", "POST"])
def customer_field(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One field edited in place: GET gives the control, POST saves it; 422 when wrong, 409 with both values when stale."""
    customer = the_customer(request, pk, "change")
    if name not in facts.editable(customer, request.user):
        raise Http404
    if request.GET.get("show"):
        return _fact(request, customer, name)
    form = FieldForm(request.POST or None, user=request.user, instance=customer, name=name)
    if name not in form.fields:  # a custom field that is not there for a customer like this
        raise Http404

    def show(status: int = 200, **context: Any) -> HttpResponse:
        context |= {"customer": customer, "form": form, "field": form[name], "name": name}
        return render(request, "accounts/_fact_form.html", context, status=status)

    if request.method == "GET":
        return show()
    if not form.is_valid():
        return show(422)
    before = posted(FieldForm(user=request.user, instance=customer, name=name)[name])
    saved, answer = attempt(
        form,
        lambda: services.update_customer(
            customer,
            actor=actor_of(request),
            expected=form.expected_version,
            guard=guard_of(request),
            **form.values(),
        ),
        show,
    )
    if answer is not None:
        return answer
    if not request.htmx:
        return done(request, customer.get_absolute_url(), _("Saved"))
    fresh = the_customer(request, pk)
    response = _fact(request, fresh, name, saved=True)
    if saved.version != customer.version:
        after = posted(FieldForm(user=request.user, instance=fresh, name=name)[name])
        undo_url = keep(request, fresh, name, before=before, after=after)
        response.headers["HX-Trigger"] = triggers(_("Saved"), undo_url=undo_url, changed=("timelineChanged",))
    return response


def _fact(request: HttpRequest, customer: Customer, name: str, saved: bool = False) -> HttpResponse:
    fact = next(f for f in facts.shown(customer, request.user, everything=True) if f.name == name)
    context = {"customer": customer, "fact": fact, "saved": saved, "may": {"change": True}}
    return render(request, "accounts/_fact.html", context)
