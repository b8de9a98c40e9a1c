"""What is done to a customer beside editing it and to every record: life cycle, first deal, tags, key information."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import services
from accounts.forms import FactFormSet, FirstDealForm, LifecycleForm, TagsForm
from accounts.models import Highlight
from accounts.models.choices import Stage
from accounts.queries import customers as queries
from accounts.views.customers import the_customer
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity import access
from crm.listing.answers import by_form, done, show_form
from crm.records.services.tags import create_tag


@login_required
@require_http_methods(["GET", "POST"])
def customer_lifecycle(request: HttpRequest, pk: int) -> HttpResponse:
    """Move the customer to another stage of its life cycle, with a reason."""
    customer = the_customer(request, pk, "change")
    form = LifecycleForm(request.POST or None, user=request.user, customer=customer)
    return by_form(
        request,
        form,
        lambda: services.change_lifecycle(customer, actor=actor_of(request), **form.cleaned_data),
        _("Saved"),
        heading=_("Life cycle of %(name)s") % {"name": customer},
        back=customer.get_absolute_url(),
        note=_("Now: %(stage)s") % {"stage": Stage(customer.lifecycle_stage).label},
    )


@login_required
@require_http_methods(["GET", "POST"])
def customer_first_deal(request: HttpRequest, pk: int) -> HttpResponse:
    """Say when the first deal was; for administrators until orders say it."""
    customer = the_customer(request, pk, "change")
    if not access.is_administrator(request.user):
        raise PermissionDenied
    form = FirstDealForm(request.POST or None, user=request.user, initial={"date": customer.first_deal_at})
    return by_form(
        request,
        form,
        lambda: services.set_first_deal(customer, form.cleaned_data["date"], actor=actor_of(request)),
        _("Saved"),
        heading=_("First deal of %(name)s") % {"name": customer},
        back=customer.get_absolute_url(),
        note=_(
            "With a first deal it is a deal customer: it has a tier, finance sees it, and it is never deleted."
        ),
    )


@login_required
@require_http_methods(["GET", "POST"])
def customer_tags(request: HttpRequest, pk: int) -> HttpResponse:
    """The customer's tags."""
    customer = the_customer(request, pk, "change")
    held = [label["id"] for label in customer.labels]
    form = TagsForm(request.POST or None, user=request.user, initial={"tags": held})

    def save() -> None:
        chosen = list(form.cleaned_data["tags"])
        name = form.cleaned_data.get("new", "").strip()
        if name:
            known = queries.tags_for(request.user).filter(name__iexact=name).first()
            chosen.append(known or create_tag(name, actor=actor_of(request)))
        offered = queries.tags_for(request.user)
        services.set_tags(customer, chosen, offered=offered, actor=actor_of(request))

    return by_form(
        request,
        form,
        save,
        _("Saved"),
        heading=_("Tags of %(name)s") % {"name": customer},
        back=customer.get_absolute_url(),
    )


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
