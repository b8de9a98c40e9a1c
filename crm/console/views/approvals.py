"""Approvals: the inbox that works with one tap, one request with its path, and what asks for no further words."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.approvals import queries, services
from crm.approvals.models import ApprovalRequest, ApprovalTask
from crm.approvals.queries.path import PATH
from crm.approvals.registry import Approvable, kind_of
from crm.console.approval_listing import CASES, box, words_of_wait
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity import access
from crm.listing.answers import done, triggers
from crm.listing.once import once

SHOWN = 50


@dataclass
class Card:
    """One request as the inbox shows it."""

    approval: ApprovalRequest
    waited: str = ""
    path: list[queries.PathStep] | None = None

    @property
    def now(self) -> list[str]:
        """Whom it waits for."""
        tasks = [task for step in self.path or () for task in step.tasks if task.state == "open"]
        return [task.approver.name for task in tasks]


@login_required
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """What waits for somebody, what they submitted, decided, and were told of."""
    access.require_verb(request.user, "view", ApprovalRequest)
    context = _inbox(request)
    partial = bool(request.htmx) and request.htmx.target == "approvals"
    return render(request, "approvals/_inbox.html" if partial else "approvals/inbox.html", context)


def _inbox(request: HttpRequest) -> dict[str, Any]:
    case = request.GET.get("tab", "")
    case = case if case in CASES else CASES[0]
    rows = list(box(request.user, case).prefetch_related(*PATH if case == "mine" else ())[: SHOWN + 1])
    now = timezone.now()
    cards = []
    for row in rows[:SHOWN]:
        since = getattr(row, "asked_at", None) or (row.submitted_at if row.is_pending else None)
        waited = words_of_wait((now - since).total_seconds()) if since else ""
        cards.append(Card(row, waited, queries.path_of(row) if case == "mine" and row.is_pending else None))
    return {
        "tab": case,
        "cards": cards,
        "more": len(rows) > SHOWN,
        "waiting": queries.waiting_count(request.user),
        "pending": box(request.user, "mine").filter(state=ApprovalRequest.State.PENDING).count(),
        "delegations": [one for one in queries.delegations(request.user) if one.user_id == request.user.pk],
        "may_approve": access.has_verb(request.user, "approve", ApprovalRequest),
        **_just_decided(request),
    }


def _just_decided(request: HttpRequest) -> dict[str, Any]:
    """What was decided on the page before, so that it can be taken back without JavaScript as well."""
    pk = request.GET.get("decided", "")
    rows = queries.of_user(request.user)
    row = rows.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 19 else None
    task = services.last_decision(row, request.user) if row is not None else None
    return {"just": row, "just_task": task} if task else {}


@login_required
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: what it is about, where it stands, what was said, and what the reader can do."""
    approval = record(request, pk)
    context = _detail(request, approval)
    partial = bool(request.htmx) and request.htmx.target == "approval"
    return render(request, "approvals/_detail.html" if partial else "approvals/detail.html", context)


def record(request: HttpRequest, pk: int, action: str = "view") -> ApprovalRequest:
    """The request of an address, if the person may do the action to it."""
    return access.get_visible_or_404(ApprovalRequest, request.user, pk, action, queryset=queries.requests())


def _detail(request: HttpRequest, approval: ApprovalRequest) -> dict[str, Any]:
    user, path = request.user, queries.path_of(approval)
    mine = own_task(path, user.pk)
    may = {verb for verb in ("comment", "nudge") if access.has_verb(user, verb, ApprovalRequest)}
    subject = subject_link(request, approval)
    waiting = [row.pk for row in queries.waiting_for(user)[:SHOWN]] if mine else []
    since = mine.opened_at if mine else approval.submitted_at
    return {
        "approval": approval,
        "path": path,
        "mine": mine if approval.is_pending else None,
        "history": queries.history(approval),
        "subject_url": subject,
        "may_withdraw": queries.may_withdraw(user, approval),
        "may_nudge": approval.is_pending and mine is None and "nudge" in may,
        "may_comment": "comment" in may,
        "may_copy": approval.submitter_id == user.pk or mine is not None,
        "undo": services.last_decision(approval, user),
        "waited": words_of_wait((timezone.now() - since).total_seconds()) if approval.is_pending else "",
        "others": len(waiting) - 1 if waiting else 0,
        "copied": [one.user for one in approval.copied.select_related("user")],
        **_just_decided(request),
    }


def own_task(path: list[queries.PathStep], user_id: int) -> ApprovalTask | None:
    """The part of somebody that is open."""
    tasks = (task for step in path for task in step.tasks)
    return next((task for task in tasks if task.approver_id == user_id and task.state == "open"), None)


def subject_link(request: HttpRequest, approval: ApprovalRequest) -> str:
    """Where the record itself is, for those who may see it."""
    kind = approval.approvable
    subject = kind.subject(approval.subject_id) if kind else None
    if kind is None or subject is None or getattr(subject, "deleted_at", None) is not None:
        return ""
    return kind.address(subject) if access.may(request.user, "view", subject) else ""


@login_required
@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Agree, with one tap; the next one follows."""
    approval = record(request, pk, "approve")
    try:
        services.approve(
            approval,
            user=request.user,
            actor=actor_of(request),
            comment=request.POST.get("comment", ""),
        )
    except RuleBroken as error:
        return refused(request, approval, error)
    return decided(request, approval, _("Approved: %(title)s") % {"title": approval.shown_title})


def decided(request: HttpRequest, approval: ApprovalRequest, text: str) -> HttpResponse:
    """Say what was decided and offer to take it back; from a request's own page the next one follows."""
    if request.POST.get("from") == "detail":
        following = queries.waiting_for(request.user).first()
        place = following.get_absolute_url() if following else reverse("approvals")
        url = f"{place}?decided={approval.pk}"
        return HttpResponse(status=204, headers={"HX-Redirect": url}) if request.htmx else redirect(url)
    if not request.htmx:
        return redirect(f"{reverse('approvals')}?decided={approval.pk}")
    return done(request, "", text, undo_url=reverse("approval_take_back", args=[approval.pk]))


def refused(request: HttpRequest, approval: ApprovalRequest, error: RuleBroken) -> HttpResponse:
    """Say what a rule has against it; the page shows how things stand by now."""
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Trigger": triggers(str(error), kind="bad")})
    messages.error(request, str(error))
    return redirect(approval)


@login_required
@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo one's own last decision."""
    approval = record(request, pk, "approve")
    try:
        services.take_back(approval, user=request.user, actor=actor_of(request))
    except RuleBroken as error:
        return refused(request, approval, error)
    return done(request, approval.get_absolute_url(), _("Taken back."))


@login_required
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what one submitted, or what somebody did whom one follows."""
    approval = record(request, pk)
    is_theirs = approval.submitter_id == request.user.pk or queries.may_withdraw(request.user, approval)
    if approval.is_pending and not is_theirs:  # of what is over the service says that it is
        raise PermissionDenied
    try:
        services.withdraw(approval, user=request.user, actor=actor_of(request))
    except RuleBroken as error:
        return refused(request, approval, error)
    return done(request, approval.get_absolute_url(), _("Withdrawn."))


@login_required
@require_POST
def nudge(request: HttpRequest, pk: int) -> HttpResponse:
    """Remind those who are asked."""
    approval = record(request, pk, "nudge")
    try:
        services.nudge(approval, actor=actor_of(request))
    except RuleBroken as error:
        return refused(request, approval, error)
    return done(request, approval.get_absolute_url(), _("Nudged."))


@login_required
@require_http_methods(["GET", "POST"])
@once
def of_record(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """How the approval of a record stands, as a part of its page; sent, it submits the record."""
    kind = kind_of(key)
    if kind is None:
        raise Http404
    subject = access.get_visible_or_404(kind.model, request.user, pk)
    may_submit = _may_submit(request, kind, subject)
    if request.method == "POST":
        if not may_submit:
            raise PermissionDenied
        return _submit(request, kind, subject)
    last = queries.requests_for(subject).filter(kind=key).first()
    context = {
        "key": key,
        "subject": subject,
        "approval": last,
        "path": queries.path_beside(subject, last, request.user) if last else [],
        "may_submit": may_submit and not (last and last.is_pending),
        "choices": kind.choices(subject) if kind.choices and may_submit else [],
        "may_withdraw": last is not None and queries.may_withdraw(request.user, last),
        "readable": last is not None and access.may(request.user, "view", last),
    }
    return render(request, "approvals/_panel.html" if request.htmx else "approvals/panel.html", context)


def _may_submit(request: HttpRequest, kind: Approvable, subject: Any) -> bool:
    if not access.has_verb(request.user, "add", ApprovalRequest) or not kind.may_submit(
        request.user, subject
    ):
        return False
    try:
        kind.ready(subject, _first_choice(kind, subject))
    except RuleBroken:
        return False
    return True


def _first_choice(kind: Approvable, subject: Any) -> dict[str, str]:
    """What would be asked for if nobody chose."""
    choices = kind.choices(subject) if kind.choices else ()
    return {"choice": choices[0][0]} if choices else {}


def _submit(request: HttpRequest, kind: Approvable, subject: Any) -> HttpResponse:
    try:
        approval = services.submit(
            kind.key,
            subject,
            submitter=request.user,
            actor=actor_of(request),
            note=request.POST.get("note", ""),
            detail={"choice": request.POST.get("choice", "")} if kind.choices else None,
        )
    except RuleBroken as error:
        if request.htmx:
            return HttpResponse(status=204, headers={"HX-Trigger": triggers(str(error), kind="bad")})
        messages.error(request, str(error))
        return redirect(kind.address(subject) or "approvals")
    text = _("Submitted for approval.") if approval.is_pending else _("No approval was needed.")
    return done(request, kind.address(subject) or approval.get_absolute_url(), text, go=True)
