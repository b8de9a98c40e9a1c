"""What asks for a word or a person: reject, send back, pass on, ask one more, copy, comment, delegate."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST

from crm.approvals import queries, services
from crm.approvals.models import ApprovalRequest
from crm.console.forms.approvals import (
    CommentForm,
    CopyForm,
    DelegationForm,
    OtherForm,
    ReasonForm,
    ReturnForm,
    SignerForm,
)
from crm.console.views.approvals import decided, own_task, record
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity import access
from crm.listing.answers import attempt, done, show_form
from crm.listing.once import once

GET_POST = ["GET", "POST"]


def _asked(
    request: HttpRequest,
    approval: ApprovalRequest,
    form: forms.Form,
    heading: str,
    call: Callable[[dict[str, Any]], Any],
    answer: Callable[[], HttpResponse],
    **options: Any,
) -> HttpResponse:
    """A form in the drawer or on a page of its own, one service call, the answer."""

    def show(status: int = 200, **context: Any) -> HttpResponse:
        shown = {"subtitle": approval.shown_title, **options, **context}
        back = approval.get_absolute_url()
        return show_form(request, form, heading=heading, back=back, status=status, **shown)

    if request.method != "POST":
        return show()
    if not form.is_valid():
        return show(422)
    _result, refusal = attempt(form, lambda: call(dict(form.cleaned_data)), show)
    return refusal or answer()


def _own(request: HttpRequest, pk: int) -> tuple[ApprovalRequest, list[queries.PathStep]]:
    """The request, where it waits for the person."""
    approval = record(request, pk, "approve")
    path = queries.path_of(approval)
    if request.method != "POST" and (not approval.is_pending or own_task(path, request.user.pk) is None):
        raise PermissionDenied
    return approval, path


@login_required
@require_http_methods(GET_POST)
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    """Refuse, saying why."""
    approval, _path = _own(request, pk)
    form = ReasonForm(request.POST or None, user=request.user)
    return _asked(
        request,
        approval,
        form,
        pgettext("approval", "Reject"),
        lambda values: services.reject(approval, user=request.user, actor=actor_of(request), **values),
        lambda: decided(request, approval, _("Rejected: %(title)s") % {"title": approval.shown_title}),
        submit=pgettext("approval", "Reject"),
        danger=True,
    )


@login_required
@require_http_methods(GET_POST)
def send_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Send back to an earlier step, or to who submitted it."""
    approval, path = _own(request, pk)
    mine = own_task(path, request.user.pk)
    places = [step.step.pk for step in path]
    earlier = path[: places.index(mine.step_id)] if mine else []
    form = ReturnForm(request.POST or None, user=request.user, earlier=earlier, approval=approval)
    return _asked(
        request,
        approval,
        form,
        _("Send back"),
        lambda values: services.send_back(
            approval,
            user=request.user,
            actor=actor_of(request),
            comment=values["comment"],
            step=form.chosen,
        ),
        lambda: done(request, approval.get_absolute_url(), _("Sent back.")),
        submit=_("Send back"),
    )


@login_required
@require_http_methods(GET_POST)
def transfer(request: HttpRequest, pk: int) -> HttpResponse:
    """Let somebody else decide."""
    approval, _path = _own(request, pk)
    form = OtherForm(request.POST or None, user=request.user)
    return _asked(
        request,
        approval,
        form,
        _("Pass on"),
        lambda values: services.transfer(approval, user=request.user, actor=actor_of(request), **values),
        lambda: done(request, approval.get_absolute_url(), _("Passed on.")),
        submit=_("Pass on"),
    )


@login_required
@require_http_methods(GET_POST)
def add_signer(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask one more person, before or after oneself."""
    approval, _path = _own(request, pk)
    form = SignerForm(request.POST or None, user=request.user)
    return _asked(
        request,
        approval,
        form,
        _("Add approver"),
        lambda values: services.add_signer(
            approval, user=request.user, actor=actor_of(request), who=values.pop("to"), **values
        ),
        lambda: done(request, approval.get_absolute_url(), _("Added.")),
        submit=_("Add approver"),
    )


@login_required
@require_http_methods(GET_POST)
def copy_to(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep people informed: who submitted it, and who decides, may."""
    approval = record(request, pk)
    mine = own_task(queries.path_of(approval), request.user.pk)
    if mine is None and approval.submitter_id != request.user.pk:
        raise PermissionDenied
    form = CopyForm(request.POST or None, user=request.user)
    return _asked(
        request,
        approval,
        form,
        _("Send a copy"),
        lambda values: services.copy_to(approval, actor=actor_of(request), **values),
        lambda: done(request, approval.get_absolute_url(), _("Copied.")),
        submit=_("Send a copy"),
    )


@login_required
@require_http_methods(GET_POST)
@once
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Say something about a request."""
    approval = record(request, pk, "comment")
    form = CommentForm(request.POST or None, user=request.user)
    return _asked(
        request,
        approval,
        form,
        pgettext("verb", "Comment"),
        lambda values: services.comment_on(approval, actor=actor_of(request), **values),
        lambda: done(request, approval.get_absolute_url(), _("Saved.")),
        submit=pgettext("verb", "Comment"),
    )


@login_required
@require_http_methods(GET_POST)
@once
def delegations(request: HttpRequest) -> HttpResponse:
    """For which days somebody else decides instead."""
    access.require_verb(request.user, "approve", ApprovalRequest)
    form = DelegationForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            services.delegate(request.user, actor=actor_of(request), **form.cleaned_data)
        except RuleBroken as error:
            form.add_rule(error)
        else:
            messages.success(request, _("Saved."))
            return redirect("approval_delegations")
    context = {"form": form, "delegations": queries.delegations(request.user)}
    return render(request, "approvals/delegations.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def delegation_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End one's own delegation before its time."""
    rows = queries.delegations(request.user).filter(user=request.user)
    services.end_delegation(get_object_or_404(rows, pk=pk), actor=actor_of(request))
    messages.success(request, _("The delegation has ended."))
    return redirect("approval_delegations")
