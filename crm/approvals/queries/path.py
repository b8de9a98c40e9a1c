"""Where a request stands: its steps with their people, and what happened to it so far."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import models
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from crm.approvals.models import ApprovalRequest, ApprovalStep, ApprovalTask, Mode
from crm.approvals.registry import Approvable
from crm.events.models import Event
from crm.events.queries import events_about
from crm.identity.fields import is_closed
from crm.identity.models import User

Task = ApprovalTask.State
PATH = ("steps", "tasks__approver", "tasks__instead_of")
UNTOLD = ("approval.asked", "approval.reminded")


@dataclass
class PathStep:
    """One step as the path shows it: done, now, or to come."""

    step: ApprovalStep
    kind: Approvable | None = None
    tasks: list[ApprovalTask] = field(default_factory=list)

    @property
    def label(self) -> str:
        """The step's name, or what it is."""
        if self.step.name:
            return self.kind.named(self.step.name) if self.kind else self.step.name
        return _("Asked as well") if self.step.is_added else _("Step %(n)s") % {"n": self.step.position + 1}

    @property
    def mode_words(self) -> str:
        """How many have to agree, where it is more than one who is asked."""
        return str(Mode(self.step.mode).label) if len(self.tasks) > 1 else ""

    @property
    def state(self) -> str:
        """done, now, rejected, off (never reached) or next."""
        states = {task.state for task in self.tasks}
        if Task.REJECTED in states:
            return "rejected"
        if Task.OPEN in states:
            return "now"
        if Task.WAITING in states:
            return "next"
        return "done" if Task.APPROVED in states else "off"


def path_of(request: ApprovalRequest) -> list[PathStep]:
    """The steps of a request in their order, each with whom it asks; for a page of them `PATH` is fetched at once."""
    prefetch_related_objects([request], *PATH)
    steps = {step.pk: PathStep(step, request.approvable) for step in request.steps.all()}
    for task in request.tasks.all():
        steps[task.step_id].tasks.append(task)
    return list(steps.values())


def path_beside(record: models.Model, request: ApprovalRequest, user: User) -> list[PathStep]:
    """The steps as the record's own page shows them: without what approvers wrote, where what it is about is closed."""
    path, kind = path_of(request), request.approvable
    if kind is None or any(is_closed(user, type(record), name) for name in kind.closed_with):
        for step in path:
            for task in step.tasks:
                task.comment = ""
    return path


def history(request: ApprovalRequest) -> Sequence[Event]:
    """What happened to a request, oldest first, without the machinery's own notes."""
    rows = events_about(request).filter(
        subject_type=request._meta.label_lower, subject_id=str(request.pk), name__startswith="approval."
    )
    return list(rows.exclude(name__in=UNTOLD).order_by("at", "pk"))
