"""What is done to leads beside editing them in place: entered, moved on, given up, converted, binned."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms import ShareForm, TransferForm
from accounts.models import Customer
from accounts.queries.customers import collaborators_of
from accounts.services import DuplicatesFound
from accounts.views.duplicates import guard_of
from accounts.views.duplicates import refused as duplicates_refused
from accounts.views.timeline import follow_up_with, timeline_of
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity import access
from crm.identity import services as identity
from crm.identity.fields import closed
from crm.identity.models import Team, User
from crm.listing.answers import attempt, done, show_form
from crm.listing.once import once
from sales import services
from sales.forms.leads import ConvertForm, DisqualifyForm, NewLeadForm
from sales.models import Lead, LeadStatus
from sales.pages.leads import LEAD_PAGE
from sales.queries.leads import Known, known_already, lead_bin, lead_keys
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
    chosen = request.GET.get("customer", "")
    initial: dict[str, Any] = {"deal": True, "deal_name": deal_name(lead), "amount": lead.budget}
    initial["expected_close_date"] = lead.expected_at
    if chosen.isdecimal() and len(chosen) < 19:
        initial["customer"] = int(chosen)
    form = ConvertForm(_sent(request), user=request.user, initial=initial)
    show = _shower(
        request,
        form,
        lead,
        _("Convert %(name)s") % {"name": lead.name},
        subtitle=_("Into a customer with a contact"),
        submit=_("Convert"),
        body="sales/_convert.html",
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
            **form.values(),
        ),
        show,
        {DuplicatesFound: _twice},
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


@login_required
@require_http_methods(["GET", "POST"])
def lead_transfer(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the lead to another owner."""
    lead = LEAD_PAGE.record(request, pk, "transfer")
    form = TransferForm(request.POST or None, user=request.user)
    show = _shower(request, form, lead, _("Transfer %(name)s") % {"name": lead.name}, submit=_("Transfer"))
    if request.method == "GET":
        return show()
    if not form.is_valid():
        return show(422)
    owner = form.cleaned_data["owner"]
    _moved, answer = attempt(
        form,
        lambda: services.transfer_leads(
            [lead], owner=owner, keep_reader=form.cleaned_data["keep_reader"], actor=actor_of(request)
        ),
        show,
    )
    if answer is not None:
        return answer
    text = _("%(name)s now belongs to %(owner)s.") % {"name": lead.name, "owner": owner}
    still = access.visible(Lead, request.user).filter(pk=pk).exists()
    return done(request, lead.get_absolute_url() if still else reverse("lead_list"), text, go=not still)


@login_required
@require_http_methods(["GET", "POST"])
def lead_share(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a colleague or a team read or edit the lead."""
    lead = LEAD_PAGE.record(request, pk, "share")
    form = ShareForm(request.POST or None, user=request.user)
    show = _shower(
        request,
        form,
        lead,
        _("Share %(name)s") % {"name": lead.name},
        body="accounts/_share.html",
        collaborators=collaborators_of(lead),
        submit=_("Share"),
    )
    if request.method == "GET":
        return show()
    if not form.is_valid():
        return show(422)
    _none, answer = attempt(
        form, lambda: identity.share(lead, actor=actor_of(request), **form.values()), show
    )
    who = form.cleaned_data["user"] or form.cleaned_data["team"]
    return answer or done(request, lead.get_absolute_url(), _("Shared with %(who)s.") % {"who": who})


@login_required
@require_POST
def lead_unshare(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw a share."""
    lead = LEAD_PAGE.record(request, pk, "share")
    user_id, team_id = request.POST.get("user", ""), request.POST.get("team", "")
    holder: dict[str, Any]
    if user_id.isdecimal() and len(user_id) < 19:
        holder = {"user": get_object_or_404(access.visible(User, request.user), pk=user_id)}
    elif team_id.isdecimal() and len(team_id) < 19:
        holder = {"team": get_object_or_404(access.visible(Team, request.user), pk=team_id)}
    else:
        raise Http404
    identity.unshare(lead, actor=actor_of(request), **holder)
    who = next(iter(holder.values()))
    return done(request, lead.get_absolute_url(), _("No longer shared with %(who)s.") % {"who": who})


def _twice(form: forms.BaseForm, error: DuplicatesFound) -> dict[str, Any]:
    """What the form shows where a customer like the one to be made is there already."""
    return {"refusal": "accounts/_duplicates.html"} | duplicates_refused(form, error)


def _sent(request: HttpRequest) -> Any:
    """What a form was sent, even where nothing was filled in."""
    return request.POST if request.method == "POST" else None


def _shower(request: HttpRequest, form: forms.BaseForm | None, lead: Lead, heading: str, **fixed: Any) -> Any:
    fixed = {"back": lead.get_absolute_url(), "lead": lead, "record": lead, **fixed}

    def show(status: int = 200, **context: Any) -> HttpResponse:
        return show_form(request, form, heading=heading, status=status, **(fixed | context))

    return show
