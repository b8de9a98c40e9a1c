"""Work that was given up: which kinds there are, what failed of each, and how an administrator has it tried again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from crm.automation import services
from crm.automation.kinds import group_label_of
from crm.automation.models import OutgoingEmail, RobotMessage
from crm.events import delivery
from crm.events.models import Delivery
from crm.events.tasks import deliver_events, wake
from crm.listing.tasks import run_bulk_job
from crm.records.models import BackgroundJob
from crm.records.services import jobs

FAILURES_SHOWN = 50
JOBS_SHOWN_FOR = timedelta(days=14)


@dataclass(frozen=True)
class Failure:
    """One piece of work that was given up."""

    kind: str
    pk: int
    what: str
    error: str
    at: datetime | None


@dataclass(frozen=True)
class GivenUp:
    """A kind of work that can fail for good: where its failures are, and what lets one be tried again."""

    model: type[models.Model]
    failed: Callable[[], list[Failure]]
    retry: Callable[..., object]  # (record, actor=…)
    wake: Callable[[int], object] | None = None  # what sets the work going; some retries do it themselves


KINDS: dict[str, GivenUp] = {}


def failures() -> list[Failure]:
    """What was given up, newest first: nothing here mends itself any more."""
    found = [failure for kind in KINDS.values() for failure in kind.failed()]
    oldest = timezone.now() - timedelta(days=36500)
    return sorted(found, key=lambda failure: failure.at or oldest, reverse=True)[:FAILURES_SHOWN]


def find(kind: str, pk: int) -> models.Model | None:
    """What a failure of this kind and number stands for."""
    found = KINDS.get(kind)
    return found.model._base_manager.filter(pk=pk).first() if found else None


def _dead_deliveries() -> list[Failure]:
    rows = Delivery._base_manager.filter(state=Delivery.State.DEAD).order_by("-pk")[:FAILURES_SHOWN]
    return [Failure("delivery", row.pk, row.consumer, row.error, row.next_at) for row in rows]


def _failed_emails() -> list[Failure]:
    state = OutgoingEmail.State
    rows = OutgoingEmail._base_manager.filter(state__in=[state.FAILED, state.UNCERTAIN])
    newest = rows.order_by("-pk")[:FAILURES_SHOWN]
    return [Failure("email", row.pk, f"{row.to}: {row.subject}", row.error, row.created_at) for row in newest]


def _failed_messages() -> list[Failure]:
    rows = RobotMessage._base_manager.filter(state=RobotMessage.State.FAILED).select_related("robot")
    return [
        Failure("robot", row.pk, f"{row.robot} · {group_label_of(row.kind)}", row.error, row.created_at)
        for row in rows.order_by("-pk")[:FAILURES_SHOWN]
    ]


def _failed_jobs() -> list[Failure]:
    since = timezone.now() - JOBS_SHOWN_FOR
    rows = BackgroundJob._base_manager.filter(state="failed", finished_at__gte=since).select_related("user")
    return [
        Failure("job", row.pk, f"{row.title} · {row.user}", str(row.result.get("error", "")), row.finished_at)
        for row in rows.order_by("-pk")[:FAILURES_SHOWN]
    ]


KINDS["delivery"] = GivenUp(Delivery, _dead_deliveries, delivery.try_again, lambda _pk: wake(deliver_events))
KINDS["email"] = GivenUp(OutgoingEmail, _failed_emails, services.resend)
KINDS["robot"] = GivenUp(RobotMessage, _failed_messages, services.retry_message)
KINDS["job"] = GivenUp(BackgroundJob, _failed_jobs, jobs.retry, lambda pk: wake(run_bulk_job, pk))
