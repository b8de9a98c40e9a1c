"""Exports over the cap: asked for, approved by whom the flow names, made once, fetched once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from crm.approvals import services as approvals
from crm.approvals.models import ApprovalRequest
from crm.approvals.registry import CHOICE, NUMBER, Approvable, Measure, approvable
from crm.core.hooks import hooks
from crm.core.languages import in_each_language, in_reader_language
from crm.core.text import tidy
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.identity.models import User
from crm.records.models import ExportJob

from . import jobs, table
from .events import LIST_FETCHED

KIND = "export"
State = ExportJob.State
LISTED = 400  # characters of filters and columns an approver reads


@transaction.atomic
def ask_for(
    user: User, name: str, *, query: str = "", file_format: str = "xlsx", reason: str = "", actor: Actor
) -> ExportJob:
    """Ask for a list that is longer than one's role may take out; one within the cap is made at once."""
    if file_format not in ExportJob.Format.values:
        raise RuleBroken(_("Lists are exported as xlsx or csv."), field="format")
    selection = jobs.select_for(user, name, query)
    rows = table.count_of(selection)
    cap = table.cap_of(user)
    if cap is None or rows <= cap:
        return jobs.request_export(
            user, name, query=query, file_format=file_format, reason=reason, actor=actor
        )
    if not tidy(reason):
        raise RuleBroken(_("Say what the list is needed for."), field="reason")
    job = jobs.kept(selection, name, query, file_format, reason, rows, state=State.ASKED)
    request = approvals.submit(
        KIND, job, submitter=user, actor=actor, note=job.reason, detail=_told(selection, rows)
    )
    job.refresh_from_db()
    if request.trouble:
        raise RuleBroken(request.trouble)
    return job


def _told(selection: Any, rows: int) -> dict[str, Any]:
    """What an approver reads of the list, as it is when it is asked for."""
    columns = table.columns_of(selection)
    return {
        "list": selection.listing.key,
        "rows": rows,
        "filters": in_each_language(lambda: _filtered(selection)),
        "columns": in_each_language(
            lambda: pgettext("between the items of a list", ", ").join(
                str(one.heading(selection.listing.model)) for one in columns
            )[:LISTED]
        ),
        "personal": len(table.private_columns(selection)),
    }


def _filtered(selection: Any) -> str:
    """What the list is narrowed to, in words."""
    filters = [f"{chip.label} {chip.text}" for chip in selection.filterset.chips()]
    return pgettext("between the items of a list", ", ").join(
        filter(None, (selection.query.get("q", ""), *filters))
    )[:LISTED]


def take(job: ExportJob, *, actor: Actor) -> None:
    """Note that an approved file is fetched; it is handed out a single time, to who asked for it."""
    now = timezone.now()
    first = ExportJob._base_manager.filter(pk=job.pk, fetched_at__isnull=True, state=State.DONE)
    with transaction.atomic():
        if not first.update(fetched_at=now):
            raise RuleBroken(
                _("This file was approved for one download, which has been made."), code="fetched"
            )
        record_event(
            LIST_FETCHED, job.user, actor=actor, payload={"list": job.resource, "file": job.file_name}
        )
    job.fetched_at = now


def _approved(job: ExportJob, request: ApprovalRequest, actor: Actor) -> None:
    if job.state != State.ASKED:
        raise RuleBroken(_("The export is no longer wanted."))
    job.state, job.approved_rows, job.beat_at = State.QUEUED, job.total, timezone.now()
    job.save(update_fields=["state", "approved_rows", "beat_at"])
    jobs.wake_later(job)


def _ended(job: ExportJob, request: ApprovalRequest, actor: Actor) -> None:
    words = {
        ApprovalRequest.State.REJECTED: _("The approval was rejected."),
        ApprovalRequest.State.RETURNED: _("The approval was sent back."),
    }
    job.state, job.finished_at = State.STOPPED, timezone.now()
    job.error = words.get(request.state, "")
    job.save(update_fields=["state", "finished_at", "error"])


def _reopened(job: ExportJob, request: ApprovalRequest, actor: Actor) -> None:
    """A decision was taken back: what was not fetched yet waits again, and a file made meanwhile is gone."""
    if job.fetched_at is not None:
        raise RuleBroken(_("The file has been fetched already."), code="too_late")
    if job.file:
        job.file.delete(save=False)
    job.state, job.approved_rows, job.finished_at, job.error = State.ASKED, None, None, ""
    job.save(update_fields=["state", "approved_rows", "finished_at", "error", "file"])


def _title(job: ExportJob, detail: Mapping[str, Any]) -> str:
    return jobs.title_of(job)


def _summary(job: ExportJob, detail: Mapping[str, Any]) -> str:
    rows = int(detail.get("rows", job.total))
    counted = ngettext("%(n)s row", "%(n)s rows", rows) % {"n": f"{rows:,}"}
    return " · ".join(filter(None, (counted, in_reader_language(detail.get("filters")))))


def _of(name: str) -> Any:
    return lambda job, detail: detail.get(name)


def _lists() -> list[tuple[str, Any]]:
    return [(page.key, page.title) for page in hooks.list_pages.values() if page.exportable]


def _may_submit(user: User, job: ExportJob) -> bool:
    return job.user_id == user.pk


def register() -> None:
    """Called once Django has read all models."""
    approvable(
        Approvable(
            key=KIND,
            label=gettext_lazy("Export over the limit"),
            model=ExportJob,
            tone="teal",
            title=_title,
            summary=_summary,
            measures=(
                Measure("list", gettext_lazy("List"), _of("list"), CHOICE, _lists),
                Measure("rows", gettext_lazy("Rows"), _of("rows"), NUMBER),
                Measure("filters", gettext_lazy("Filters"), _of("filters")),
                Measure("columns", gettext_lazy("Columns"), _of("columns")),
                Measure("personal", gettext_lazy("Columns with personal data"), _of("personal"), NUMBER),
                Measure(
                    "format",
                    gettext_lazy("Format"),
                    lambda job, detail: job.format,
                    CHOICE,
                    lambda: ExportJob.Format.choices,
                ),
            ),
            may_submit=_may_submit,
            approved=_approved,
            ended=_ended,
            reopened=_reopened,
            url=lambda job: f"/exports/{job.pk}/",
            locks=frozenset(),
            needs_flow=True,
            names={
                "超限导出": gettext_lazy("Exports over the limit"),
                "直属主管": gettext_lazy("Superior"),
            },
        )
    )
