"""What is done to leads beside editing them in place: entered, moved on, given up, converted, binned."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Customer
from accounts.services import DuplicatesFound
from accounts.views.duplicates import guard_of
from accounts.views.duplicates import refused as duplicates_refused
from accounts.views.timeline import follow_up_with, timeline_of
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity import access
from crm.listing.answers import attempt, done, show_form
from sales import services
from sales.forms.leads import ConvertForm, DisqualifyForm, NewLeadForm
from sales.models import Lead, LeadStatus
from sales.pages.leads import LEAD_PAGE
from sales.queries.leads import known_already, lead_bin

REFUSALS = {
    services.KnownLead: lambda form, error: {
        "refusal": "sales/_known.html",
        "known": known_already(form.user, form.cleaned_data),
    },
    DuplicatesFound: lambda form, error: (
        {"refusal": "accounts/_duplicates.html"} | duplicates_refused(form, error)
    ),
}


@login_required
@require_GET
def lead_timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """The timeline of a lead."""
    return timeline_of(request, LEAD_PAGE.record(request, pk))


@login_required
@require_http_methods(["GET", "POST"])
def lead_follow_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a follow-up about a lead."""
    return follow_up_with(request, LEAD_PAGE.record(request, pk))


@login_required
@require_http_methods(["GET", "POST"])
def lead_create(request: HttpRequest) -> HttpResponse:
    """A new lead: a name and one way to reach them."""
    access.require_verb(request.user, "add", Lead)
    form = NewLeadForm(request.POST or None, user=request.user)

    def show(status: int = 200, **context: Any) -> HttpResponse:
        return show_form(
            request,
            form,
            heading=_("New lead"),
            subtitle=_("A name and one way to reach them, the rest can wait"),
            back=reverse("lead_list"),
            body="sales/_lead_new.html",
            submit=_("Save lead"),
            draft="lead-new",
            status=status,
            **context,
        )

    if request.method == "GET":
        return show()
    if not form.is_valid():
        return show(422)
    values = form.values()
    owner = values.pop("owner", None) or request.user
    lead, answer = attempt(
        form, lambda: services.create_lead(actor=actor_of(request), owner=owner, **values), show, REFUSALS
    )
    if answer is not None:
        return answer
    return done(request, lead.get_absolute_url(), _("%(name)s is saved.") % {"name": lead.name}, go=True)


@login_required
@require_POST
def lead_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a lead on, or take it up again."""
    lead = LEAD_PAGE.record(request, pk, "change")
    to = request.POST.get("to", "")
    if to not in (LeadStatus.WORKING, LeadStatus.QUALIFIED):
        raise Http404
    try:
        moved = services.move_lead(lead, to=to, actor=actor_of(request))
    except RuleBroken as error:
        return done(request, lead.get_absolute_url(), str(error))
    text = _("%(name)s: %(status)s") % {"name": lead.name, "status": moved.get_status_display()}
    return done(request, lead.get_absolute_url(), text)


@login_required
@require_http_methods(["GET", "POST"])
def lead_disqualify(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a lead up, with the reason."""
    lead = LEAD_PAGE.record(request, pk, "change")
    form = DisqualifyForm(request.POST or None, user=request.user)
    show = _shower(request, form, lead, _("Give %(name)s up") % {"name": lead.name}, submit=_("Give up"))
    if request.method == "GET":
        return show()
    if not form.is_valid():
        return show(422)
    _moved, answer = attempt(
        form,
        lambda: services.move_lead(
            lead, to=LeadStatus.DISQUALIFIED, actor=actor_of(request), **form.cleaned_data
        ),
        show,
    )
    text = _("%(name)s is given up.") % {"name": lead.name}
    return answer or done(request, lead.get_absolute_url(), text)


@login_required
@require_http_methods(["GET", "POST"])
def lead_convert(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a lead a customer, a new one or one that is there already."""
    lead = LEAD_PAGE.record(request, pk, "change")
    access.require_verb(request.user, "add", Customer)
    form = ConvertForm(request.POST or None, user=request.user)
    show = _shower(
        request,
        form,
        lead,
        _("Convert %(name)s") % {"name": lead.name},
        submit=_("Convert"),
        body="sales/_convert.html",
        lead=lead,
        known=[one for one in known_already(request.user, lead, exclude=[lead.pk]) if one.kind == "customer"],
    )
    if request.method == "GET":
        return show()
    if not form.is_valid():
        return show(422)
    customer = form.cleaned_data["customer"]
    if customer is not None and not access.may(request.user, "change", customer):
        raise PermissionDenied
    made, answer = attempt(
        form,
        lambda: services.convert_lead(
            lead,
            actor=actor_of(request),
            owner=request.user,
            guard=guard_of(request),
            **form.cleaned_data,
        ),
        show,
        REFUSALS,
    )
    if answer is not None:
        return answer
    text = _("%(name)s is a customer now.") % {"name": made.customer.name}
    return done(request, made.customer.get_absolute_url(), text, go=True)


@login_required
@require_POST
def lead_unconvert(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo a conversion within a day; for administrators."""
    lead = LEAD_PAGE.record(request, pk, "change")
    if not access.is_administrator(request.user):
        raise PermissionDenied
    try:
        services.undo_conversion(lead, actor=actor_of(request))
    except RuleBroken as error:
        return done(request, lead.get_absolute_url(), str(error))
    return done(request, lead.get_absolute_url(), _("The conversion is undone."), go=True)


@login_required
@require_http_methods(["GET", "POST"])
def lead_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a lead to the bin."""
    lead = LEAD_PAGE.record(request, pk, "delete")
    show = _shower(
        request,
        None,
        lead,
        _("Delete %(name)s?") % {"name": lead.name},
        submit=_("Delete"),
        danger=True,
        body="record/_delete.html",
    )
    if request.method == "GET":
        return show()
    try:
        services.delete_lead(lead, actor=actor_of(request))
    except RuleBroken as error:
        return show(422, note=str(error))
    text = _("%(name)s lies in the bin for 30 days.") % {"name": lead.name}
    return done(request, reverse("lead_list"), text, go=True)


@login_required
@require_http_methods(["GET", "POST"])
def lead_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a lead out of the bin."""
    lead = get_object_or_404(access.narrow(lead_bin(), request.user, "delete"), pk=pk)
    show = _shower(
        request,
        None,
        lead,
        _("Restore %(name)s?") % {"name": lead.name},
        submit=_("Restore"),
        body="record/_restore.html",
        back=reverse("lead_bin_list"),
    )
    if request.method == "GET":
        return show()
    try:
        services.restore_lead(lead, actor=actor_of(request))
    except RuleBroken as error:
        return show(422, note=str(error))
    return done(request, lead.get_absolute_url(), _("%(name)s is back.") % {"name": lead.name}, go=True)


def _shower(request: HttpRequest, form: forms.BaseForm | None, lead: Lead, heading: str, **fixed: Any) -> Any:
    fixed.setdefault("back", lead.get_absolute_url())

    def show(status: int = 200, **context: Any) -> HttpResponse:
        return show_form(request, form, heading=heading, status=status, **(fixed | context))

    return show
