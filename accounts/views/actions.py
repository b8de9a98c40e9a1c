"""What is done to a customer beside editing it: handing over, sharing, life cycle, tags, key information, the bin."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.forms import (
    FactFormSet,
    FirstDealForm,
    LifecycleForm,
    ShareForm,
    TagsForm,
    TransferForm,
)
from accounts.models import Customer, Highlight
from accounts.models.choices import Stage
from accounts.queries import customers as queries
from accounts.views.answers import attempt
from accounts.views.customers import the_customer
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity import access
from crm.identity import services as identity
from crm.identity.models import Team, User
from crm.listing.answers import done, show_form
from crm.records.services.tags import create_tag


@login_required
@require_http_methods(["GET", "POST"])
def customer_transfer(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the customer to another owner."""
    customer = the_customer(request, pk, "transfer")
    form = TransferForm(request.POST or None, user=request.user)
    show = _shower(
        request, form, customer, _("Transfer %(name)s") % {"name": customer.name}, submit=_("Transfer")
    )
    if request.method == "GET":
        return show()
    if not form.is_valid():
        return show(status=422)
    owner = form.cleaned_data["owner"]
    _moved, answer = attempt(
        form,
        lambda: services.transfer_customers(
            [customer], owner=owner, keep_reader=form.cleaned_data["keep_reader"], actor=actor_of(request)
        ),
        show,
    )
    if answer is not None:
        return answer
    text = _("%(name)s now belongs to %(owner)s.") % {"name": customer.name, "owner": owner}
    still = access.visible(Customer, request.user).filter(pk=pk).exists()
    return done(
        request, customer.get_absolute_url() if still else reverse("customer_list"), text, go=not still
    )


@login_required
@require_http_methods(["GET", "POST"])
def customer_share(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a colleague or a team read or edit the customer."""
    customer = the_customer(request, pk, "share")
    form = ShareForm(request.POST or None, user=request.user)
    show = _shower(
        request,
        form,
        customer,
        _("Share %(name)s") % {"name": customer.name},
        body="accounts/_share.html",
        collaborators=queries.collaborators_of(customer),
        customer=customer,
        submit=_("Share"),
    )
    if request.method == "GET":
        return show()
    if not form.is_valid():
        return show(status=422)
    _none, answer = attempt(
        form, lambda: identity.share(customer, actor=actor_of(request), **form.values()), show
    )
    who = form.cleaned_data["user"] or form.cleaned_data["team"]
    return answer or done(request, customer.get_absolute_url(), _("Shared with %(who)s.") % {"who": who})


@login_required
@require_POST
def customer_unshare(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw a share."""
    customer = the_customer(request, pk, "share")
    user_id, team_id = request.POST.get("user", ""), request.POST.get("team", "")
    if user_id.isdecimal():
        holder: dict[str, Any] = {"user": get_object_or_404(access.visible(User, request.user), pk=user_id)}
    elif team_id.isdecimal():
        holder = {"team": get_object_or_404(access.visible(Team, request.user), pk=team_id)}
    else:
        raise Http404
    identity.unshare(customer, actor=actor_of(request), **holder)
    who = next(iter(holder.values()))
    return done(request, customer.get_absolute_url(), _("No longer shared with %(who)s.") % {"who": who})


@login_required
@require_http_methods(["GET", "POST"])
def customer_lifecycle(request: HttpRequest, pk: int) -> HttpResponse:
    """Move the customer to another stage of its life cycle, with a reason."""
    customer = the_customer(request, pk, "change")
    form = LifecycleForm(request.POST or None, user=request.user, customer=customer)
    show = _shower(
        request,
        form,
        customer,
        _("Life cycle of %(name)s") % {"name": customer.name},
        note=_("Now: %(stage)s") % {"stage": Stage(customer.lifecycle_stage).label},
    )
    if request.method == "GET":
        return show()
    if not form.is_valid():
        return show(status=422)
    _saved, answer = attempt(
        form,
        lambda: services.change_lifecycle(customer, actor=actor_of(request), **form.cleaned_data),
        show,
    )
    return answer or done(request, customer.get_absolute_url(), _("Saved"))


@login_required
@require_http_methods(["GET", "POST"])
def customer_first_deal(request: HttpRequest, pk: int) -> HttpResponse:
    """Say when the first deal was; for administrators until orders say it."""
    customer = the_customer(request, pk, "change")
    if not access.is_administrator(request.user):
        raise PermissionDenied
    form = FirstDealForm(request.POST or None, user=request.user, initial={"date": customer.first_deal_at})
    show = _shower(
        request,
        form,
        customer,
        _("First deal of %(name)s") % {"name": customer.name},
        note=_(
            "With a first deal it is a deal customer: it has a tier, finance sees it, and it is never deleted."
        ),
    )
    if request.method == "GET":
        return show()
    if not form.is_valid():
        return show(status=422)
    _saved, answer = attempt(
        form,
        lambda: services.set_first_deal(customer, form.cleaned_data["date"], actor=actor_of(request)),
        show,
    )
    return answer or done(request, customer.get_absolute_url(), _("Saved"))


@login_required
@require_http_methods(["GET", "POST"])
def customer_tags(request: HttpRequest, pk: int) -> HttpResponse:
    """The customer's tags."""
    customer = the_customer(request, pk, "change")
    held = [label["id"] for label in customer.labels]
    form = TagsForm(request.POST or None, user=request.user, initial={"tags": held})
    show = _shower(request, form, customer, _("Tags of %(name)s") % {"name": customer.name})
    if request.method == "GET":
        return show()
    if not form.is_valid():
        return show(status=422)

    def save() -> None:
        chosen = list(form.cleaned_data["tags"])
        name = form.cleaned_data.get("new", "").strip()
        if name:
            known = queries.tags_for(request.user).filter(name__iexact=name).first()
            chosen.append(known or create_tag(name, actor=actor_of(request)))
        services.set_tags(customer, chosen, actor=actor_of(request))

    _none, answer = attempt(form, save, show)
    return answer or done(request, customer.get_absolute_url(), _("Saved"))


@login_required
@require_http_methods(["GET", "POST"])
def customer_highlights(request: HttpRequest, pk: int) -> HttpResponse:
    """The customer's key information, at most five facts."""
    customer = the_customer(request, pk, "change")
    present = [{"label": h.label, "text": h.text, "source": h.source} for h in customer.highlights.all()]
    empty = [{} for _n in range(Highlight.MOST - len(present))]
    form = FactFormSet(request.POST or None, initial=[*present, *empty], prefix="facts")

    def show(status: int = 200, error: RuleBroken | None = None) -> HttpResponse:
        return show_form(
            request,
            None,
            heading=_("Key information"),
            back=customer.get_absolute_url(),
            body="accounts/_highlights.html",
            status=status,
            facts=form,
            error=error,
        )

    if request.method == "GET":
        return show()
    if not form.is_valid():
        return show(422)
    try:
        services.set_highlights(customer, [f.cleaned_data for f in form], actor=actor_of(request))
    except RuleBroken as error:
        return show(422, error)
    return done(request, customer.get_absolute_url(), _("Saved"))


@login_required
@require_http_methods(["GET", "POST"])
def customer_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Move the customer to the bin; a toast takes it back."""
    customer = the_customer(request, pk, "delete")

    def show(status: int = 200, error: RuleBroken | None = None) -> HttpResponse:
        return show_form(
            request,
            None,
            heading=_("Delete %(name)s?") % {"name": customer.name},
            back=customer.get_absolute_url(),
            body="accounts/_delete.html",
            submit=_("Delete"),
            danger=True,
            blocked=error is not None,
            status=status,
            error=error,
        )

    if request.method == "GET":
        return show()
    try:
        services.delete_customer(customer, actor=actor_of(request))
    except RuleBroken as error:
        return show(409, error)
    text = _("%(name)s lies in the bin for 30 days.") % {"name": customer.name}
    return done(request, reverse("customer_list"), text, go=True)


@login_required
@require_http_methods(["GET", "POST"])
def customer_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a customer out of the bin."""
    access.require_verb(request.user, "view", Customer)
    customer = get_object_or_404(access.narrow(queries.customer_bin(), request.user), pk=pk)
    if not access.narrow(queries.customer_bin(), request.user, "delete").filter(pk=pk).exists():
        raise PermissionDenied

    def show(status: int = 200, error: RuleBroken | None = None) -> HttpResponse:
        return show_form(
            request,
            None,
            heading=_("Restore %(name)s?") % {"name": customer.name},
            back=reverse("customer_bin_list"),
            body="accounts/_restore.html",
            submit=_("Restore"),
            blocked=error is not None,
            status=status,
            error=error,
            customer=customer,
        )

    if request.method == "GET":
        return show()
    try:
        services.restore_customer(customer, actor=actor_of(request))
    except RuleBroken as error:
        return show(409, error)
    return done(
        request, customer.get_absolute_url(), _("%(name)s is back.") % {"name": customer.name}, go=True
    )


def _shower(request: HttpRequest, form: Any, record: Customer, heading: str, **fixed: Any) -> Any:
    """How a form about a customer is shown, again and again until it is right."""

    def show(status: int = 200, **context: Any) -> HttpResponse:
        return show_form(
            request,
            form,
            heading=heading,
            back=record.get_absolute_url(),
            status=status,
            **{**fixed, **context},
        )

    return show
