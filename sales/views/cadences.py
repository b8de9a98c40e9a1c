"""Cadences: made and changed, their steps and one's own words, and people taken into them and out again."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.views.contacts import the_contact
from crm.automation.models import Suppression
from crm.automation.queries import suppression_of
from crm.automation.services import allow_again
from crm.events.actor import actor_of
from crm.identity import access
from crm.listing.answers import by_button, by_form, done
from crm.listing.once import once
from sales import services
from sales.forms.cadences import CadenceForm, EnrolForm, StepForm, WordsForm
from sales.models import Cadence, CadenceStep, Enrolment
from sales.pages.cadences import CADENCE_PAGE
from sales.pages.leads import LEAD_PAGE
from sales.queries.cadences import enrolment_list, own_words
from sales.services.enrolments import address_of

STEP_FORM = "sales/_step_form.html"


@login_required
@require_http_methods(["GET", "POST"])
@once
def cadence_create(request: HttpRequest) -> HttpResponse:
    """A new cadence; its steps follow on its page."""
    access.require_verb(request.user, "add", Cadence)
    form = CadenceForm(request.POST or None, user=request.user)
    return by_form(
        request,
        form,
        lambda: services.save_cadence(None, actor=actor_of(request), **form.values()),
        lambda made: _("%(name)s is saved. Add its first step.") % {"name": made},
        heading=_("New cadence"),
        back=reverse("cadence_list"),
        go=lambda made: made.get_absolute_url(),
    )


@login_required
@require_http_methods(["GET", "POST"])
@once
def step_create(request: HttpRequest, pk: int) -> HttpResponse:
    """A further step of a cadence."""
    cadence = CADENCE_PAGE.record(request, pk, "change")
    form = StepForm(request.POST or None, user=request.user)
    return _answer(
        request,
        form,
        cadence,
        heading=_("New step of %(name)s") % {"name": cadence},
        body=STEP_FORM,
        call=lambda: services.save_step(cadence, actor=actor_of(request), **form.cleaned_data),
    )


@login_required
@require_http_methods(["GET", "POST"])
def step_edit(request: HttpRequest, pk: int, step: int) -> HttpResponse:
    """Change a step of a cadence."""
    cadence, found = _step(request, pk, step, "change")
    form = StepForm(request.POST or None, user=request.user, step=found)
    return _answer(
        request,
        form,
        cadence,
        heading=_("Step %(number)s of %(name)s") % {"number": found.position, "name": cadence},
        body=STEP_FORM,
        call=lambda: services.save_step(cadence, found, actor=actor_of(request), **form.cleaned_data),
    )


@login_required
@require_POST
def step_move(request: HttpRequest, pk: int, step: int) -> HttpResponse:
    """Put a step before the one above it, or after the one below."""
    cadence, found = _step(request, pk, step, "change")
    services.move_step(found, up=request.POST.get("to") == "up", actor=actor_of(request))
    return done(request, cadence.get_absolute_url(), _("Saved"))


@login_required
@require_POST
def step_delete(request: HttpRequest, pk: int, step: int) -> HttpResponse:
    """Take a step out of a cadence."""
    cadence, found = _step(request, pk, step, "change")
    services.delete_step(found, actor=actor_of(request))
    return done(request, cadence.get_absolute_url(), _("The step is deleted."))


@login_required
@require_http_methods(["GET", "POST"])
def step_words(request: HttpRequest, pk: int, step: int) -> HttpResponse:
    """One's own words for a mail of a cadence."""
    cadence, found = _step(request, pk, step)
    access.require_verb(request.user, "add", Enrolment)
    source = own_words(found, request.user) or found
    initial = {"subject": source.subject, "body": source.body}
    form = WordsForm(request.POST or None, user=request.user, initial=initial)
    return _answer(
        request,
        form,
        cadence,
        heading=_("My own words for step %(number)s") % {"number": found.position},
        body=STEP_FORM,
        note=_(
            "Mails that leave in your name then say this; those of your colleagues keep the company's words."
        ),
        call=lambda: services.save_words(found, user=request.user, **form.cleaned_data),
    )


@login_required
@require_POST
def step_words_drop(request: HttpRequest, pk: int, step: int) -> HttpResponse:
    """Back to the company's words."""
    cadence, found = _step(request, pk, step)
    access.require_verb(request.user, "add", Enrolment)
    services.drop_words(found, user=request.user)
    return done(request, cadence.get_absolute_url(), _("The company's words hold again."))


@login_required
@require_http_methods(["GET", "POST"])
@once
def contact_enrol(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin a cadence with a contact."""
    return _enrol(request, the_contact(request, pk, "change"))


@login_required
@require_http_methods(["GET", "POST"])
@once
def lead_enrol(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin a cadence with a lead."""
    return _enrol(request, LEAD_PAGE.record(request, pk, "change"))


def _enrol(request: HttpRequest, who: Any) -> HttpResponse:
    access.require_verb(request.user, "add", Enrolment)
    form = EnrolForm(request.POST or None, user=request.user)
    return _answer(
        request,
        form,
        who,
        heading=_("Begin a cadence with %(name)s") % {"name": who},
        submit=_("Begin"),
        call=lambda: services.enrol(who, form.cleaned_data["cadence"], actor=actor_of(request)),
        said=_("%(name)s is in the cadence.") % {"name": who},
    )


@login_required
@require_POST
def contact_allow_mail(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody at a customer asked for e-mails again."""
    return _allow(request, the_contact(request, pk, "change"))


@login_required
@require_POST
def lead_allow_mail(request: HttpRequest, pk: int) -> HttpResponse:
    """A lead asked for e-mails again."""
    return _allow(request, LEAD_PAGE.record(request, pk, "change"))


def _allow(request: HttpRequest, who: Any) -> HttpResponse:
    access.require_verb(request.user, "delete", Suppression)
    refused = suppression_of(address_of(who, request.user))
    if refused is not None:
        allow_again(refused, actor=actor_of(request))
    return done(request, who.get_absolute_url(), _("They get e-mails again."))


@login_required
@require_POST
def enrolment_pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Let nothing more happen until it is resumed."""
    enrolment = _enrolment(request, pk)
    return by_button(
        request,
        enrolment,
        lambda: services.pause(enrolment, actor=actor_of(request)),
        lambda one: _("Paused."),
    )


@login_required
@require_POST
def enrolment_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on where it was paused."""
    enrolment = _enrolment(request, pk)
    return by_button(
        request,
        enrolment,
        lambda: services.resume(enrolment, actor=actor_of(request)),
        lambda one: _("It goes on."),
    )


@login_required
@require_POST
def enrolment_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """End it for good."""
    enrolment = _enrolment(request, pk)
    return by_button(
        request,
        enrolment,
        lambda: services.stop(enrolment, actor=actor_of(request)),
        lambda one: _("The cadence has ended."),
    )


def _enrolment(request: HttpRequest, pk: int) -> Enrolment:
    return access.get_visible_or_404(Enrolment, request.user, pk, "change", queryset=enrolment_list())


def _step(request: HttpRequest, pk: int, step: int, action: str = "view") -> tuple[Cadence, CadenceStep]:
    """A step of the cadence of an address, if one may do the action to that."""
    cadence = CADENCE_PAGE.record(request, pk, action)
    return cadence, get_object_or_404(cadence.steps, pk=step)


def _answer(
    request: HttpRequest,
    form: Any,
    record: Any,
    *,
    call: Callable[[], Any],
    said: str = "",
    **fixed: Any,
) -> HttpResponse:
    """The form beside the page it belongs to; done, or what a rule said."""
    return by_form(request, form, call, said or _("Saved"), back=record.get_absolute_url(), **fixed)
