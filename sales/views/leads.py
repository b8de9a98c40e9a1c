"""What is done to leads beside editing them in place: entered, moved on, given up, converted, binned."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Customer
from accounts.views.answers import REFUSALS
from accounts.views.duplicates import guard_of
from accounts.views.timeline import follow_up_with, timeline_of
from crm.events.actor import actor_of
from crm.identity import access
from crm.identity.fields import closed
from crm.identity.models import User
from crm.listing.answers import attempt, by_button, by_form, done, show_form
from crm.listing.once import once
from sales import services
from sales.forms.leads import ConvertForm, DisqualifyForm, NewLeadForm
from sales.models import Lead, LeadStatus
from sales.pages.leads import LEAD_PAGE
from sales.queries.leads import Known, known_already, lead_keys
from sales.services.conversion import deal_name

TYPED = ("name", "company", "phone", "email")


@login_required
@require_GET
def lead_timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """The timeline of a lead."""
    return timeline_of(request, LEAD_PAGE.record(request, pk))


@login_required
@require_http_methods(["GET", "POST"])
@once
def lead_follow_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a follow-up about a lead."""
    return follow_up_with(request, LEAD_PAGE.record(request, pk))


@login_required
@require_http_methods(["GET", "POST"])
@once
def lead_create(request: HttpRequest) -> HttpResponse:
    """A new lead: a name and one way to reach them; the drawer of the "+ New" button, or a page."""
    access.require_verb(request.user, "add", Lead)
    typed = {"name": request.GET["name"].strip()[:100]} if request.GET.get("name") else None
    form = NewLeadForm(request.POST or None, user=request.user, initial=typed)

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
    found = _known(request.user, values, request.POST.get("confirmed", ""))
    if found["known"] and not found["confirmed"]:
        return show(422, **found)
    owner = values.pop("owner", None) or request.user
    lead, answer = attempt(
        form,
        lambda: services.create_lead(actor=actor_of(request), owner=owner, **values),
        show,
        {services.KnownLead: lambda form, error: _known(request.user, values)},
    )
    if answer is not None:
        return answer
    return done(request, lead.get_absolute_url(), _("%(name)s is saved.") % {"name": lead.name}, go=True)


@login_required
@require_GET
def lead_suggest(request: HttpRequest) -> HttpResponse:
    """While one types a lead: open leads and customers of the whole base that may be the same."""
    access.require_verb(request.user, "add", Lead)
    barred = closed(request.user, Lead)  # what somebody does not see finds nothing
    typed = {
        name: "" if name in barred else request.GET.get(name, "").replace("\x00", "")[:200] for name in TYPED
    }
    return render(request, "sales/_known.html", _known(request.user, typed, request.GET.get("confirmed", "")))


def _known(user: User, values: dict[str, Any], confirmed: str = "") -> dict[str, Any]:
    """What there is already of a lead being entered; an open lead stands in the way, a customer wants a second look."""
    known: list[Known] = known_already(user, values)
    token = lead_keys(values).token
    blocked = any(one.blocks for one in known)
    return {
        "known": known,
        "blocked": blocked,
        "token": token,
        "confirmed": not blocked and confirmed == token,
    }


@login_required
@require_POST
def lead_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a lead on, or take it up again."""
    lead = LEAD_PAGE.record(request, pk, "change")
    to = request.POST.get("to", "")
    if to not in (LeadStatus.WORKING, LeadStatus.QUALIFIED):
        raise Http404
    return by_button(
        request,
        lead,
        lambda: services.move_lead(lead, to=to, actor=actor_of(request)),
        lambda moved: _("%(name)s: %(status)s") % {"name": lead, "status": moved.get_status_display()},
    )


@login_required
@require_http_methods(["GET", "POST"])
def lead_disqualify(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a lead up, with the reason."""
    lead = LEAD_PAGE.record(request, pk, "change")
    form = DisqualifyForm(request.POST or None, user=request.user)
    return by_form(
        request,
        form,
        lambda: services.move_lead(
            lead, to=LeadStatus.DISQUALIFIED, actor=actor_of(request), **form.cleaned_data
        ),
        _("%(name)s is given up.") % {"name": lead},
        heading=_("Give %(name)s up") % {"name": lead},
        back=lead.get_absolute_url(),
        submit=_("Give up"),
    )


@login_required
@require_http_methods(["GET", "POST"])
def lead_convert(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a lead a customer, a new one or one that is there already."""
    lead = LEAD_PAGE.record(request, pk, "change")
    access.require_verb(request.user, "add", Customer)
    chosen = request.GET.get("customer", "")
    initial: dict[str, Any] = {"deal": True, "deal_name": deal_name(lead), "amount": lead.budget}
    initial["expected_close_date"] = lead.expected_at
    if chosen.isdecimal() and len(chosen) < 19:
        initial["customer"] = int(chosen)
    form = ConvertForm(_sent(request), user=request.user, initial=initial)

    def convert() -> services.Converted:
        customer = form.cleaned_data["customer"]
        if customer is not None:
            access.authorize(request.user, "change", customer)
        return services.convert_lead(
            lead, actor=actor_of(request), owner=request.user, guard=guard_of(request), **form.values()
        )

    return by_form(
        request,
        form,
        convert,
        lambda made: _("%(name)s is a customer now.") % {"name": made.customer},
        heading=_("Convert %(name)s") % {"name": lead},
        back=lead.get_absolute_url(),
        subtitle=_("Into a customer with a contact"),
        submit=_("Convert"),
        body="sales/_convert.html",
        lead=lead,
        known=[one for one in known_already(request.user, lead, exclude=[lead.pk]) if one.kind == "customer"],
        refusals=REFUSALS,
        go=lambda made: made.customer.get_absolute_url(),
    )


@login_required
@require_POST
def lead_unconvert(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo a conversion within a day; for administrators."""
    lead = LEAD_PAGE.record(request, pk, "change")
    if not access.is_administrator(request.user):
        raise PermissionDenied
    return by_button(
        request,
        lead,
        lambda: services.undo_conversion(lead, actor=actor_of(request)),
        _("The conversion is undone."),
        go=True,
    )


def _sent(request: HttpRequest) -> Any:
    """What a form was sent, even where nothing was filled in."""
    return request.POST if request.method == "POST" else None
