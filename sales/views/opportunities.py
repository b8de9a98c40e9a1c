"""What is done to opportunities beside editing them in place: opened, moved, won, lost, handed over, binned."""

from collections.abc import Callable
from functools import partial

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import services as accounts
from accounts.models import ActivityKind
from accounts.rules.due import at_day
from accounts.views.customers import customer_named
from accounts.views.date_chips import date_chips
from accounts.views.timeline import follow_up_with, timeline_of
from crm.core.clock import company_today
from crm.core.money import write_full
from crm.core.writes import RuleBroken, StaleVersion
from crm.events.actor import actor_of
from crm.identity import access, fields
from crm.listing.answers import by_button, by_form, refused, show_form, version_in
from crm.listing.once import once
from sales import services
from sales.forms.opportunities import (
    InvalidForm,
    LoseForm,
    MoveForm,
    NewOpportunityForm,
    OpportunityForm,
    WinForm,
)
from sales.models import Opportunity
from sales.pages.opportunities import OPPORTUNITY_PAGE
from sales.queries.stages import open_stages
from sales.views.moves import moved_meanwhile, moved_to, was_dragged


@login_required
@require_GET
def opportunity_timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """The timeline of an opportunity."""
    return timeline_of(request, OPPORTUNITY_PAGE.record(request, pk))


@login_required
@require_http_methods(["GET", "POST"])
@once
def opportunity_follow_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a follow-up about an opportunity."""
    return follow_up_with(request, OPPORTUNITY_PAGE.record(request, pk))


@login_required
@require_http_methods(["GET", "POST"])
@once
def opportunity_create(request: HttpRequest) -> HttpResponse:
    """A new opportunity: with whom, what, how much and by when."""
    access.require_verb(request.user, "add", Opportunity)
    customer = customer_named(request)
    initial = {
        "customer": customer,
        "name": request.GET.get("name", "").strip()[:200],
        "stage": request.GET.get("stage", ""),
        "source": customer.source if customer else "",
    }
    form = NewOpportunityForm(request.POST or None, user=request.user, initial=initial, customer=customer)
    return by_form(
        request,
        form,
        lambda: _create(request, form),
        lambda made: _("%(name)s is saved.") % {"name": made},
        heading=_("New opportunity"),
        subtitle=_("The rest can wait"),
        back=customer.get_absolute_url() if customer else reverse("opportunity_list"),
        body="sales/_opportunity_new.html",
        submit=_("Save opportunity"),
        draft="opportunity-new",
        chips=date_chips(form["next_date"].value()),
        go=lambda made: made.get_absolute_url(),
    )


@transaction.atomic
def _create(request: HttpRequest, form: NewOpportunityForm) -> Opportunity:
    """The deal, and its first follow-up in its owner's plan."""
    actor, values = actor_of(request), form.opportunity_values()
    owner = values.pop("owner", None) or request.user
    made = services.create_opportunity(form.cleaned_data["customer"], actor=actor, owner=owner, **values)
    if form.cleaned_data["next_date"]:
        accounts.plan_follow_up(
            actor=actor,
            author=request.user,
            owner=owner,
            kind=ActivityKind.CALL,
            record=made,
            contact=made.contact,
            subject=form.cleaned_data["next_step"],
            due_at=at_day(form.cleaned_data["next_date"]),
            all_day=True,
        )
    return made


@login_required
@require_http_methods(["GET", "POST"])
def opportunity_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move an opportunity to another stage; what the way there asks for is filled in on the spot."""
    if was_dragged(request):
        return drop_card(request, pk)
    opportunity = OPPORTUNITY_PAGE.record(request, pk, "change")
    asked = [name for name in OpportunityForm._meta.fields if name in request.POST]
    asked += [name for name in request.POST if name.startswith("cf_")]
    if request.method == "GET":
        form = _move_form(request, opportunity, [])
    else:
        form = MoveForm(request.POST, user=request.user, instance=opportunity, asked=asked)
    show = _move_shown(request, opportunity, form)
    if request.method == "GET":
        return show()
    if not form.is_valid():
        return show(status=422)
    to, filled = form.cleaned_data["stage"], form.filled()
    try:
        moved = services.move_opportunity(
            opportunity,
            to=to,
            actor=actor_of(request),
            expected=form.expected_version,
            confirmed=form.cleaned_data["confirmed"],
            values=filled,
        )
    except services.AsksFirst as error:
        return ask_on_the_way(request, pk, error, [*asked, *error.missing])
    except services.SkipsStages as error:
        return ask_on_the_way(request, pk, error, asked)
    except StaleVersion as error:
        return moved_meanwhile(request, error.current)
    except RuleBroken as error:
        form.add_rule(error)
        return show(status=422)
    return moved_to(request, moved)


def drop_card(request: HttpRequest, pk: int) -> HttpResponse:
    """A card dropped on a column: moved at once where nothing has to be asked, with as few queries as that takes."""
    wanted, version = request.POST.get("stage", ""), request.POST.get("version", "")
    if not (wanted.isdecimal() and version.isdecimal() and len(wanted + version) < 28):
        raise BadRequest
    rows = access.visible(Opportunity, request.user, "change").filter(pk=pk)
    try:
        moved = services.move_opportunity(
            rows, to=int(wanted), expected=int(version), actor=actor_of(request)
        )
    except Opportunity.DoesNotExist as error:
        OPPORTUNITY_PAGE.record(request, pk, "change")
        raise Http404 from error
    except services.AsksFirst as error:
        return ask_on_the_way(request, pk, error, error.missing)
    except services.SkipsStages as error:
        return ask_on_the_way(request, pk, error, [])
    except StaleVersion as error:
        return moved_meanwhile(request, error.current)
    except RuleBroken as error:
        return refused(request, reverse("opportunity_detail", args=[pk]), str(error))
    return moved_to(request, moved)


def ask_on_the_way(request: HttpRequest, pk: int, error: RuleBroken, asked: list[str]) -> HttpResponse:
    """The form of a move again, with what the way there asks for, or the question whether stages may be left out."""
    opportunity = OPPORTUNITY_PAGE.record(request, pk, "change")
    show = _move_shown(request, opportunity, _move_form(request, opportunity, asked))
    to = open_stages([opportunity.pipeline_id]).filter(pk=request.POST["stage"]).first()
    skips = str(error) if isinstance(error, services.SkipsStages) else ""
    return show(status=422, skips=skips, asks=not skips, to=to)


def _move_form(request: HttpRequest, opportunity: Opportunity, asked: list[str]) -> MoveForm:
    """The form of a move that shows what was sent without judging it yet."""
    sent = {name: request.POST.get(name) or request.GET.get(name) for name in ("stage", "version", *asked)}
    initial = {name: value for name, value in sent.items() if value}
    return MoveForm(None, user=request.user, instance=opportunity, asked=asked, initial=initial)


def _move_shown(
    request: HttpRequest, opportunity: Opportunity, form: MoveForm
) -> Callable[..., HttpResponse]:
    """How the form of a move is shown, again and again until it is right."""
    return partial(
        show_form,
        request,
        form,
        heading=_("Move %(name)s") % {"name": opportunity},
        back=opportunity.get_absolute_url(),
        body="sales/_opportunity_move.html",
        submit=_("Move"),
    )


@login_required
@require_POST
def opportunity_unmove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the last move of an opportunity back."""
    opportunity = OPPORTUNITY_PAGE.record(request, pk, "change")
    return by_button(
        request,
        opportunity,
        lambda: services.undo_move(opportunity, actor=actor_of(request)),
        lambda moved: _("%(name)s is back in %(stage)s.") % {"name": moved, "stage": moved.stage},
    )


@login_required
@require_http_methods(["GET", "POST"])
def opportunity_win(request: HttpRequest, pk: int) -> HttpResponse:
    """Close an opportunity as won."""
    opportunity = OPPORTUNITY_PAGE.record(request, pk, "change")
    form = WinForm(request.POST or None, user=request.user, initial={"closed_at": company_today()})
    heading = _("Won: %(name)s") % {"name": opportunity.name}
    return _close(
        request, opportunity, form, heading, services.win_opportunity, pgettext("opportunity", "Won")
    )


@login_required
@require_http_methods(["GET", "POST"])
def opportunity_lose(request: HttpRequest, pk: int) -> HttpResponse:
    """Close an opportunity as lost, with the reason."""
    opportunity = OPPORTUNITY_PAGE.record(request, pk, "change")
    initial = {"closed_at": company_today(), "competitor": opportunity.competitor}
    form = LoseForm(request.POST or None, user=request.user, initial=initial)
    heading = _("Lost: %(name)s") % {"name": opportunity.name}
    return _close(
        request, opportunity, form, heading, services.lose_opportunity, pgettext("opportunity", "Lost")
    )


@login_required
@require_http_methods(["GET", "POST"])
def opportunity_invalid(request: HttpRequest, pk: int) -> HttpResponse:
    """Take something out of the pipeline that never was an opportunity."""
    opportunity = OPPORTUNITY_PAGE.record(request, pk, "change")
    form = InvalidForm(request.POST or None, user=request.user)
    heading = _("Not an opportunity: %(name)s") % {"name": opportunity.name}
    note = _("It leaves the pipeline and counts in no rate: neither won nor lost.")
    return _close(
        request,
        opportunity,
        form,
        heading,
        services.invalidate_opportunity,
        _("Declare invalid"),
        note=note,
    )


def _close(
    request: HttpRequest,
    opportunity: Opportunity,
    form: forms.Form,
    heading: str,
    service: Callable[..., Opportunity],
    submit: str,
    note: str = "",
) -> HttpResponse:
    return by_form(
        request,
        form,
        lambda: service(opportunity, actor=actor_of(request), **form.cleaned_data),
        lambda closed: _("%(name)s: %(status)s") % {"name": closed, "status": closed.get_status_display()},
        heading=heading,
        back=opportunity.get_absolute_url(),
        submit=submit,
        note=note,
        undo_url=reverse("opportunity_reopen", args=[opportunity.pk]),
    )


@login_required
@require_POST
def opportunity_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a closed opportunity again, in the stage it was closed from."""
    opportunity = OPPORTUNITY_PAGE.record(request, pk, "change")
    return by_button(
        request,
        opportunity,
        lambda: services.reopen_opportunity(opportunity, actor=actor_of(request)),
        _("%(name)s is open again.") % {"name": opportunity},
    )


@login_required
@require_POST
def opportunity_take_signed(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a won deal be worth what was signed for it."""
    opportunity = OPPORTUNITY_PAGE.record(request, pk, "change")
    if not fields.may_edit(request.user, Opportunity, "amount"):
        raise PermissionDenied
    return by_button(
        request,
        opportunity,
        lambda: services.take_signed_amount(
            opportunity, actor=actor_of(request), expected=version_in(request)
        ),
        lambda made: (
            _("The deal counts with %(amount)s.") % {"amount": write_full(made.amount, made.currency)}
        ),
    )
