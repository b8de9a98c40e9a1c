"""Approvals as news: who is asked, who is nudged, what came of it; and what waits, in the daily digest."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.approvals import queries
from crm.approvals.models import ApprovalRequest, ApprovalTask
from crm.automation import digests, kinds, services
from crm.automation.consumers import actor_of_event, subject_of
from crm.automation.digests import MOST_LINES, Found, Line
from crm.core import formats
from crm.core.hooks import hooks
from crm.core.languages import in_reader_language
from crm.events.models import Event
from crm.identity.models import User

OUTCOMES = {
    "approval.approved": gettext_lazy("approved"),
    "approval.rejected": gettext_lazy("rejected"),
    "approval.returned": gettext_lazy("sent back"),
}


def _outcome(params: Mapping[str, Any]) -> Mapping[str, Any]:
    words = str(OUTCOMES.get(params.get("was", ""), ""))
    comment = params.get("comment")
    return {**_titled(params), "outcome": f"{words}{_(': ')}{comment}" if comment else words}


def _titled(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**params, "title": in_reader_language(params.get("said") or params.get("title", ""))}


WAITING = kinds.kind(
    "approval_waiting",
    gettext_lazy("Approvals that wait for me"),
    gettext_lazy("%(who)s asks for your approval: %(title)s"),
    prepare=_titled,
    why=gettext_lazy("You are asked to decide."),
    icon="clipboard-check",
    email=True,
    position=15,
)
NUDGED = kinds.kind(
    "approval_nudged",
    gettext_lazy("Nudges about approvals"),
    gettext_lazy("%(who)s is waiting for your decision: %(title)s"),
    prepare=_titled,
    why=gettext_lazy("You are asked to decide."),
    icon="bell-ringing",
    email=True,
    position=16,
)
DECIDED = kinds.kind(
    "approval_decided",
    gettext_lazy("Decisions on what I submitted"),
    gettext_lazy("%(title)s was %(outcome)s"),
    prepare=_outcome,
    why=gettext_lazy("You submitted it."),
    icon="circle-check",
    email=True,
    digest=True,
    position=17,
)
TOLD = kinds.kind(
    "approval_told",
    gettext_lazy("Comments and copies of approvals"),
    gettext_lazy("%(who)s keeps you informed of %(title)s"),
    prepare=_titled,
    why=gettext_lazy("You take part in this approval, or received a copy."),
    icon="message",
    digest=True,
    position=18,
)


def _request(event: Event) -> ApprovalRequest | None:
    found = subject_of(event)
    return found if isinstance(found, ApprovalRequest) else None


def _tell(event: Event, kind: kinds.Kind, people: Iterable[User], *, who: str = "", **params: Any) -> None:
    request = _request(event)
    if request is None:
        return
    services.notify(
        people,
        kind,
        params={"who": who or event.actor_name, **request.told, **params},
        url=request.get_absolute_url(),
        about=request,
        event_id=event.pk,
        actor=actor_of_event(event),
        dedupe=str(event.pk),
    )


def asked(event: Event) -> None:
    """Tell an approver that something waits for them, if it still does."""
    request = _request(event)
    task_id, person = event.payload.get("task_id"), event.payload.get("approver_id")
    waits = ApprovalTask.objects.filter(pk=task_id, approver=person, state=ApprovalTask.State.OPEN)
    if request is None or not waits.exists():
        return
    kind = NUDGED if event.name == "approval.reminded" else WAITING
    _tell(event, kind, User._base_manager.filter(pk=person), who=str(request.submitter))


def handed(event: Event) -> None:
    """Tell who decides instead that it is theirs now."""
    request = _request(event)
    if request is not None:
        people = User._base_manager.filter(pk=event.payload.get("to_id"))
        _tell(event, WAITING, people, who=str(request.submitter))


def nudged(event: Event) -> None:
    """Tell everybody who is asked at the moment."""
    request = _request(event)
    if request is not None:
        open_tasks = request.tasks.filter(state=ApprovalTask.State.OPEN)
        _tell(event, NUDGED, User._base_manager.filter(pk__in=open_tasks.values("approver")))


def decided(event: Event) -> None:
    """Tell who submitted it what came of it."""
    request = _request(event)
    if request is not None:
        comment = event.payload.get("comment", "")
        _tell(event, DECIDED, [request.submitter], was=event.name, comment=comment)


def told(event: Event) -> None:
    """Tell who received a copy, or who takes part in what somebody commented on."""
    request = _request(event)
    if request is None:
        return
    if event.name == "approval.copied":
        people = User._base_manager.filter(pk=event.payload.get("to_id"))
    else:
        ids = {request.submitter_id, *request.tasks.values_list("approver_id", flat=True)}
        people = User._base_manager.filter(pk__in=ids)
    _tell(event, TOLD, people)


def waiting(user: User) -> Found | None:
    """What waits for somebody's decision, in the digest."""
    rows = queries.waiting_for(user)
    lines = [
        Line(f"{row} · {row.submitter}", row.get_absolute_url(), formats.ago(row.asked_at))
        for row in rows[:MOST_LINES]
    ]
    return Found(lines, queries.waiting_count(user), reverse("approvals")) if lines else None


def _counted(n: int) -> str:
    return ngettext("%(n)d approval waits", "%(n)d approvals wait", n) % {"n": n}


def register() -> None:
    """Called once Django has read all models."""
    hooks.add_consumer("notify-approval-asked", {"approval.asked", "approval.reminded"}, asked)
    hooks.add_consumer("notify-approval-handed", {"approval.transferred", "approval.moved_up"}, handed)
    hooks.add_consumer("notify-approval-nudged", {"approval.nudged"}, nudged)
    hooks.add_consumer("notify-approval-decided", set(OUTCOMES), decided)
    hooks.add_consumer("notify-approval-told", {"approval.copied", "approval.commented"}, told)
    digests.part("approvals", gettext_lazy("Waiting for my approval"), _counted, waiting, position=5)
