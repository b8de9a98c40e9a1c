"""Workbooks whose sheets belong together: customers, their contacts, their follow-ups, imported one after the other.

The first sheet is the import itself, each further one a part of it. A part is checked once the sheets before it are, so
that its rows may name records that will only come into being; it is written and undone in its turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.locks import hold
from crm.core.text import fold
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.records.models import ImportJob, ImportRow

from . import staging
from .registry import importable_by

if TYPE_CHECKING:
    from crm.identity.models import User

    from .reading import Inspection, Sheet
    from .resource import ImportResource, Run, StagedRow

State = ImportJob.State
UNCHECKED = (State.QUEUED, State.READING, State.MAPPING, State.CHECKING)


def head_of(job: ImportJob) -> ImportJob:
    """The import of the first sheet."""
    return job.parent if job.parent_id else job


def chain_of(job: ImportJob) -> list[ImportJob]:
    """The imports of a workbook in the order in which they are written."""
    head = head_of(job)
    return [head, *ImportJob._base_manager.select_related("user").filter(parent=head).order_by("pk")]


def related_sheets(
    user: User, resource: ImportResource, inspection: Inspection, taken: str, mode: str
) -> list[tuple[ImportResource, Sheet]]:
    """The other sheets of a workbook that hold records of these, by their titles; one per kind of record."""
    from .jobs import require_import

    found = []
    for other in importable_by(user):
        if other.relates_to != resource.slug:
            continue
        try:
            require_import(user, other, mode)
        except PermissionDenied:
            continue
        names = {fold(name) for name in (*other.sheet_names.split("|"), str(other.noun))}
        sheet = next(
            (
                sheet
                for sheet in inspection.sheets
                if sheet.rows > 1 and not sheet.hidden and sheet.name != taken and fold(sheet.name) in names
            ),
            None,
        )
        if sheet is not None:
            found.append((other, sheet))
    return sorted(found, key=lambda pair: pair[0].comes)


def waits(job: ImportJob) -> bool:
    """Whether a part still waits for the first sheet to be checked."""
    return bool(job.parent and job.state in (State.QUEUED, State.READING) and job.parent.state in UNCHECKED)


def hold_chain(job: ImportJob) -> None:
    """Let the imports of one workbook change hands one at a time, until the transaction ends."""
    hold(f"import parts:{job.parent_id or job.pk}")


def may_begin(job: ImportJob) -> bool:
    """Whether every sheet before this one is written."""
    before = [one for one in chain_of(job) if one.pk < job.pk]
    return all(one.state == State.DONE for one in before)


def go_on(job: ImportJob) -> None:
    """A sheet is written: begin with the next one that is checked; one still being checked begins by itself."""
    from .jobs import begin_commit, wake_after_commit

    following = next((one for one in chain_of(job) if one.pk > job.pk and not one.is_final), None)
    if following is not None and following.state == State.READY and not following.dry_run:
        begin_commit(following, Actor.of(following.user, origin="import"))
        wake_after_commit(following)


def check_all(job: ImportJob) -> None:
    """The first sheet is checked (anew): so are the others, whose rows may name records of it."""
    from .jobs import restart, wake_after_commit

    if job.parent_id:
        return
    for part in ImportJob._base_manager.filter(parent=job):
        if part.state in (State.READY, State.MAPPING):
            restart(part)
        elif part.state in (State.QUEUED, State.READING):
            wake_after_commit(part)


def commit_all(head: ImportJob) -> None:
    """The first sheet begins to be written: the others follow it without being asked again."""
    parts = chain_of(head)[1:]
    for part in parts:
        if part.state == State.MAPPING:
            raise RuleBroken(
                _("Assign the columns of the sheet “%(name)s”, or leave it out.") % {"name": part.sheet},
                code="not_ready",
            )
    ImportJob._base_manager.filter(pk__in=[part.pk for part in parts if not part.is_final]).update(
        dry_run=False
    )


def end_rest(job: ImportJob) -> None:
    """A sheet was stopped or failed: those behind it are not begun."""
    message = _("The sheet before it was not imported.")
    for part in chain_of(job):
        if part.pk > job.pk and not part.is_final and part.state != State.COMMITTING:
            staging.settle_refused(part)
            staging.settle_rest(part, ImportRow.Outcome.SKIPPED, "stopped", message)
            part.counts = staging.count(part, "outcome")
            part.state, part.error = State.STOPPED, message
            part.finished_at = part.beat_at = timezone.now()
            part.save()


@transaction.atomic
def leave_out(job: ImportJob) -> ImportJob:
    """Import the workbook without this sheet; returns the import of the first one."""
    hold_chain(job)
    part = ImportJob._base_manager.select_for_update(of=("self",)).select_related("parent").get(pk=job.pk)
    if part.parent is None or part.parent.committed_at is not None:
        raise RuleBroken(_("Only a further sheet that is not imported yet can be left out."), code="too_late")
    rows = ImportRow._base_manager.filter(job=part)
    rows._raw_delete(rows.db)
    part.delete()
    return part.parent


# --- Rows that name records of the first sheet -----------------------------------------------------


def promised(run: Run, names: Sequence[str]) -> dict[str, int]:
    """The new records of the first sheet by what its rows say in these fields: name → row."""
    head = run.job.parent
    if head is None or head.state == State.DONE:
        return {}
    rows = ImportRow._base_manager.filter(job=head, expected="created", leader=None)
    found: dict[str, int] = {}
    values = rows.order_by("-number").values_list("number", *(f"cleaned__{name}" for name in names))
    for number, *texts in values.iterator(chunk_size=5000):
        found |= {fold(str(text)): number for text in texts if text}
    return found


def keep_promises(run: Run, rows: Sequence[StagedRow]) -> None:
    """Put the records that the first sheet made in the place of its rows; a row that did not come in fails these."""
    name = run.resource.relates_by
    head = run.job.parent
    named = [row for row in rows if isinstance(row.cleaned.get(name), int) and row.cleaned[name] < 0]
    if head is None or not named:
        return
    made = staging.outcomes_of(head, {-row.cleaned[name] for row in named}, "outcome")
    for row in named:
        number = -row.cleaned[name]
        outcome, record, _fills = made.get(number, ("", None, False))
        if record is None or outcome not in staging.GOING_IN:
            message = _("Row %(row)s of the sheet “%(sheet)s”, which it belongs to, was not imported.")
            words = {"row": number, "sheet": head.sheet}
            row.fail("related", message % words, run.headers.get(name, ""), name)
        else:
            row.cleaned[name] = record
            row.key = run.resource.key_of(run, row)


def described(job: ImportJob) -> list[dict[str, Any]]:
    """The sheets of a workbook that are imported together, in their order; empty for one alone."""
    chain = chain_of(job)
    return [{"job": one, "is_here": one.pk == job.pk} for one in chain] if len(chain) > 1 else []
