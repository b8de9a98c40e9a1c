"""Long exports: asked for once, made in the background, fetched by the person who asked."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.http import Http404, QueryDict
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.approvals import services as approvals
from crm.core.hooks import hooks
from crm.core.languages import in_each_language
from crm.core.text import tidy
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.events.tasks import wake
from crm.identity.models import User
from crm.records.models import ExportJob

from . import table, writers
from .events import EXPORT_ENDED
from .responses import LONGEST_REASON, asks_why, record_export, record_refusal
from .watermark import Watermark

if TYPE_CHECKING:
    from crm.listing.selection import Selection

log = structlog.get_logger(__name__)

ATTEMPTS = 5
PROGRESS_EVERY = 2000
DROPPED_AFTER = timedelta(seconds=120)
GROWTH = 1.1  # so much longer than approved a list may be by the time its file is made


class Stopped(Exception):
    """The person who asked for the file no longer wants it."""


def list_page_of(name: str) -> Any:
    """The declared list of that name (its own, or that of its API resource), None when there is none."""
    for key, page in hooks.list_pages.items():
        resource = getattr(getattr(page, "resource", None), "slug", "")
        if name in (key, getattr(page, "key", ""), f"{getattr(page, 'key', '')}s", resource):
            return page if getattr(page, "exportable", True) else None
    return None


def exports_of(user: User, limit: int = 100) -> list[ExportJob]:
    """The last exports somebody asked for."""
    return list(ExportJob._base_manager.filter(user=user)[:limit])


def select_for(user: User, name: str, query: str) -> Selection:
    """The list as this person may see it right now, filtered as asked for; raises RuleBroken for a bad query."""
    from crm.listing.selection import BadQuery, select

    page = list_page_of(name)
    if page is None:
        raise RuleBroken(_("There is no list of this name."), field="resource")
    try:
        selection = select(page, user, QueryDict(query))
    except (BadQuery, Http404) as error:
        raise RuleBroken(str(error) or _("This list does not exist."), field="filters") from error
    table.require_export(user, selection)
    return selection


def request_export(
    user: User, name: str, *, query: str = "", file_format: str = "xlsx", reason: str = "", actor: Actor
) -> ExportJob:
    """Ask for a file in the background; refused over the cap of the role, like every other export."""
    if file_format not in ExportJob.Format.values:
        raise RuleBroken(_("Lists are exported as xlsx or csv."), field="format")
    selection = select_for(user, name, query)
    rows = table.count_of(selection)
    try:
        table.check_cap(user, rows)
    except table.Overflow as over:
        record_refusal(selection, over, actor)
        raise RuleBroken(refused_message(over), code="over_cap") from over
    with transaction.atomic():
        job = kept(selection, name, query, file_format, reason, rows)
        wake_later(job)
    return job


def kept(
    selection: Selection, name: str, query: str, file_format: str, reason: str, rows: int, **values: Any
) -> ExportJob:
    """Write down what somebody asked for; a long list needs a reason."""
    reason = tidy(reason)[:LONGEST_REASON]
    if asks_why(rows) and not reason:
        raise RuleBroken(_("Say what the list is needed for."), field="reason")
    return ExportJob._base_manager.create(
        user=selection.user,
        resource=name,
        query=query[:20_000],
        format=file_format,
        reason=reason,
        total=rows,
        file_name=table.file_name(selection, file_format),
        **values,
    )


def wake_later(job: ExportJob) -> None:
    """Have the file made once the transaction is through."""
    transaction.on_commit(lambda: _wake(job.pk))


def refused_message(over: table.Overflow) -> str:
    """Why a list is not handed out, and what helps."""
    return _(
        "%(rows)s rows, your role may export %(cap)s at once. Filter the list further or ask for approval."
    ) % {
        "rows": over.rows,
        "cap": over.cap,
    }


def run_export(job_id: int) -> None:
    """Make the file of an export; rights, scope and cap are those of this moment, not of the request."""
    job = _claim(job_id)
    if job is None:
        return
    with translation.override(job.user.language or settings.LANGUAGE_CODE):
        if job.attempts > ATTEMPTS:
            _end(
                job,
                ExportJob.State.FAILED,
                _("The export was given up after %(count)s attempts.") % {"count": ATTEMPTS},
            )
            return
        try:
            _make(job)
        except Stopped:
            _end(job, ExportJob.State.STOPPED)
        except table.Overflow as over:
            _end(job, ExportJob.State.FAILED, refused_message(over))
        except PermissionDenied:
            _end(job, ExportJob.State.FAILED, _("You may no longer export this list."))
        except RuleBroken as error:
            _end(job, ExportJob.State.FAILED, str(error))


@transaction.atomic
def _claim(job_id: int) -> ExportJob | None:
    """Take an export that waits, or whose worker fell silent; nothing while somebody else makes it or it is over."""
    silent = timezone.now() - DROPPED_AFTER
    job = (
        ExportJob._base_manager.select_for_update(skip_locked=True, of=("self",))
        .select_related("user__role")
        .filter(
            models.Q(state=ExportJob.State.QUEUED)
            | models.Q(state=ExportJob.State.RUNNING, beat_at__lt=silent),
            pk=job_id,
        )
        .first()
    )
    if job is not None:
        job.attempts += 1
        job.state, job.beat_at, job.done = ExportJob.State.RUNNING, timezone.now(), 0
        job.save(update_fields=["attempts", "state", "beat_at", "done"])
    return job


def _make(job: ExportJob) -> None:
    selection = select_for(job.user, job.resource, job.query)
    job.total = table.count_of(selection)
    if job.approved_rows is None:
        table.check_cap(job.user, job.total)
    elif job.total > job.approved_rows * GROWTH:
        raise RuleBroken(_("The list has grown since it was approved. Ask for approval again."))
    mark = Watermark.of(job.user, job.reason)
    headers = table.headers_of(selection, mark)
    with tempfile.TemporaryFile() as target:
        rows = _counted(job, table.rows_of(selection, mark))
        if job.format == "csv":
            writers.write_csv(target, headers, rows)
        else:
            writers.write_xlsx(target, str(selection.listing.title), headers, rows, mark)
        target.seek(0)
        name = default_storage.save(f"exports/{secrets.token_urlsafe(24)}.{job.format}", File(target))
    with transaction.atomic():
        actor = Actor.of(job.user, origin="task")
        record_export(job.user, selection, job.done, job.format, actor, mark)
        job.file, job.file_name = name, table.file_name(selection, job.format, mark)
        _end(job, ExportJob.State.DONE)


def _counted(job: ExportJob, rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """The rows, with progress noted and Stop noticed on the way."""
    for number, row in enumerate(rows, start=1):
        if number % PROGRESS_EVERY == 0:
            job.done = number
            going = ExportJob._base_manager.filter(
                pk=job.pk, state=ExportJob.State.RUNNING, stop_requested=False, user__is_active=True
            )
            if not going.update(done=number, total=max(job.total, number), beat_at=timezone.now()):
                raise Stopped
        job.done = number
        yield row


@transaction.atomic
def _end(job: ExportJob, state: str, error: str = "") -> None:
    job.state, job.error = state, error
    job.finished_at = job.beat_at = timezone.now()
    job.save(update_fields=["state", "error", "file", "file_name", "done", "total", "finished_at", "beat_at"])
    seconds = round((job.finished_at - job.created_at).total_seconds())
    payload = {"what": in_each_language(lambda: title_of(job)), "state": state, "seconds": seconds}
    record_event(EXPORT_ENDED, job, actor=Actor.of(job.user, origin="task"), payload=payload)


def title_of(job: ExportJob) -> str:
    """What is exported, in the reader's language."""
    page = list_page_of(job.resource)
    return _("Export: %(list)s") % {"list": page.title if page else job.resource}


@transaction.atomic
def stop_export(job: ExportJob, *, actor: Actor) -> ExportJob:
    """Stop a running export; one that is done stays. One that waits for approval is withdrawn instead."""
    if job.state == ExportJob.State.ASKED and (waiting := approvals.pending_for(job)):
        approvals.withdraw(waiting, user=job.user, actor=actor)
    ExportJob._base_manager.filter(pk=job.pk, state__in=ExportJob.ACTIVE).update(
        stop_requested=True, state=ExportJob.State.STOPPED, finished_at=timezone.now()
    )
    job.refresh_from_db()
    return job


def pick_up_dropped() -> int:
    """Wake a worker for exports that show no sign of life; returns how many."""
    old = timezone.now() - DROPPED_AFTER
    ids = list(
        ExportJob._base_manager.filter(state__in=ExportJob.ACTIVE, beat_at__lt=old).values_list(
            "pk", flat=True
        )
    )
    for pk in ids:
        _wake(pk)
    return len(ids)


def forget_old_files() -> int:
    """Delete export files after their time: a copy of personal data must not lie about; returns how many."""
    old = timezone.now() - timedelta(hours=settings.EXPORT_KEEP_HOURS)
    count = 0
    for job in ExportJob._base_manager.filter(~models.Q(file=""), finished_at__lt=old):
        job.file.delete(save=False)
        ExportJob._base_manager.filter(pk=job.pk).update(file="")
        count += 1
    return count


def _wake(job_id: int) -> None:
    from .tasks import make_export

    wake(make_export, job_id)
