"""Import jobs: taking a file in, assigning its columns, starting the import, stopping it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.text import tidy
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.events.tasks import wake
from crm.identity import access
from crm.identity.models import User
from crm.records.models import ImportJob, ImportRow, ImportTemplate

from . import parts, staging, tables
from .events import IMPORT_COMMITTED, IMPORT_STOPPED
from .mapping import propose
from .reading import Inspection, UnreadableFile, inspect_file
from .registry import resource_of
from .resource import ImportResource

SAMPLES_KEPT = 20


def limit_megabytes() -> int:
    """How large an uploaded table may be."""
    return int(settings.IMPORT_MAX_MB)


def require_import(user: User, resource: ImportResource, mode: str = "upsert") -> None:
    """Refuse anybody whose role may not import this kind of record, create it or change it."""
    access.require_verb(user, "import", resource.model)
    if mode != "update":
        access.require_verb(user, "add", resource.model)
    if mode != "create":
        access.require_verb(user, "change", resource.model)


def start_import(
    user: User,
    upload: Any,
    resource_slug: str,
    *,
    mapping: Mapping[str, str | None] | None = None,
    template: ImportTemplate | None = None,
    key: str = "",
    mode: str = ImportJob.Mode.UPSERT,
    duplicate_action: str = ImportJob.DuplicateAction.WARN,
    dry_run: bool = False,
    sheet: str = "",
    header_row: int | None = None,
    interactive: bool = False,
    related: bool = False,
    nonce: str = "",
) -> ImportJob:
    """Take a file in and begin to check it; raises UnreadableFile, RuleBroken or PermissionDenied and keeps nothing.

    The same `nonce` sent twice by one person is one import. Columns are assigned by `mapping`, otherwise by `template`,
    otherwise as proposed. With `related` the sheets of a workbook that hold records of these (the contacts of
    customers, their follow-ups) are imported together with it.
    """
    from .templates import usable

    resource = resource_of(resource_slug, user)
    if resource is None:
        raise RuleBroken(_("This kind of record cannot be imported."), field="resource")
    if mode not in ImportJob.Mode.values:
        raise RuleBroken(_("Choose create, update, upsert or fill."), field="mode")
    if duplicate_action not in ImportJob.DuplicateAction.values:
        raise RuleBroken(_("Choose warn, merge, overwrite, skip or block."), field="duplicate_action")
    require_import(user, resource, mode)
    if nonce and (existing := ImportJob._base_manager.filter(user=user, nonce=nonce).first()):
        return existing
    if upload.size > limit_megabytes() * 1024 * 1024:
        raise UnreadableFile("too_large", limit=limit_megabytes())
    with on_disk(upload) as path:
        inspection = inspect_file(path)
    resource = _reader_of(inspection, resource, user, mode)
    job = ImportJob(
        user=user,
        resource=resource.slug,
        file_name=tidy(os.path.basename(str(upload.name).replace("\\", "/")))[:255] or "import",
        file_size=upload.size,
        file_hash=hash_of(upload),
        nonce=nonce,
        mode=mode,
        duplicate_action=duplicate_action,
        dry_run=dry_run,
        interactive=interactive,
    )
    _look_into(job, resource, inspection, sheet, header_row)
    proposed = proposed_mapping(job, resource)
    if mapping is not None:
        job.mapping = checked_mapping(job, resource, mapping)
    else:
        job.mapping = (usable(template.mapping, job, resource) if template else {}) or proposed
    job.key = _checked_key(resource, key) or resource.default_key(job.mapping)
    upload.seek(0)
    try:
        with transaction.atomic():
            job.file.save(f"upload.{job.format}", File(upload), save=False)
            job.save()
            begin(job)
            if related and not sheet:
                _add_parts(job, resource, inspection)
    except IntegrityError:
        job.file.delete(save=False)
        if nonce and (existing := ImportJob._base_manager.filter(user=user, nonce=nonce).first()):
            return existing
        raise
    return job


def _add_parts(head: ImportJob, resource: ImportResource, inspection: Inspection) -> None:
    """Make an import of each sheet that holds records of the first one."""
    for other, sheet in parts.related_sheets(head.user, resource, inspection, head.sheet, head.mode):
        part = ImportJob(
            parent=head,
            user=head.user,
            resource=other.slug,
            file=head.file.name,
            file_name=head.file_name,
            file_size=head.file_size,
            file_hash=head.file_hash,
            mode=head.mode,
            duplicate_action=head.duplicate_action,
            dry_run=head.dry_run,
            interactive=head.interactive,
        )
        _look_into(part, other, inspection, sheet.name, None)
        part.mapping = proposed_mapping(part, other)
        part.key = other.default_key(part.mapping)
        part.save()
        begin(part)


def look_again(job: ImportJob, *, sheet: str, header_row: int | None) -> ImportJob:
    """Read another sheet, or another row as header, and propose the columns anew."""
    from .checking import local_file

    resource = resource_for(job)
    with local_file(job) as path:
        inspection = inspect_file(path)
    with transaction.atomic():
        job = _editable(job)
        _look_into(job, resource, inspection, sheet, header_row)
        job.mapping = proposed_mapping(job, resource)
        job.key = resource.default_key(job.mapping)
        job.mended = {}  # it was said of other columns
        return restart(job)


@transaction.atomic
def remap(
    job: ImportJob,
    *,
    mapping: Mapping[str, str | None],
    key: str = "",
    mode: str = "",
    duplicate_action: str = "",
) -> ImportJob:
    """Assign the columns by hand and check the file again; nothing changes while the import is being written."""
    resource = resource_for(job)
    job = _editable(job)
    if mode and mode not in ImportJob.Mode.values:
        raise RuleBroken(_("Choose create, update, upsert or fill."), field="mode")
    if duplicate_action and duplicate_action not in ImportJob.DuplicateAction.values:
        raise RuleBroken(_("Choose warn, merge, overwrite, skip or block."), field="duplicate_action")
    mode, action = mode or job.mode, duplicate_action or job.duplicate_action
    require_import(job.user, resource, mode)
    wanted = checked_mapping(job, resource, mapping)
    new_key = _checked_key(resource, key) or job.key
    if new_key not in wanted.values():
        new_key = resource.default_key(wanted)
    asked = (wanted, new_key, mode, action)
    as_before = asked == (job.mapping, job.key, job.mode, job.duplicate_action)
    if as_before and job.state != ImportJob.State.MAPPING:
        return job
    job.mapping, job.key, job.mode, job.duplicate_action = asked
    return restart(job)


@transaction.atomic
def start_commit(job: ImportJob, *, actor: Actor) -> ImportJob:
    """Write a checked file into the records; pressing twice starts it once."""
    resource = resource_for(job)
    job = ImportJob._base_manager.select_for_update().get(pk=job.pk)
    if job.state in (ImportJob.State.COMMITTING, ImportJob.State.DONE):
        return job
    if job.state != ImportJob.State.READY:
        raise RuleBroken(_("Only a checked file can be imported."), code="not_ready")
    require_import(job.user, resource, job.mode)
    if job.parent_id:
        raise RuleBroken(_("The sheets of this workbook are imported together."), code="part")
    parts.commit_all(job)
    begin_commit(job, actor)
    wake_after_commit(job)
    return job


def begin_commit(job: ImportJob, actor: Actor) -> None:
    """Move a locked, checked job to writing: refused rows are settled, the others wait for their chunk."""
    refused = staging.settle_refused(job)
    job.counts = {
        "total": job.total,
        "failed": int(job.counts.get("failed", 0)),
        "skipped": int(job.counts.get("skipped", 0)),
    }
    job.written = refused
    job.dry_run = False
    job.state = ImportJob.State.COMMITTING
    job.committed_at = job.beat_at = timezone.now()
    job.attempts = 0
    drop_errors_file(job)
    job.save()
    record_event(
        IMPORT_COMMITTED,
        job,
        actor=actor,
        payload={"file": job.file_name, "resource": job.resource, "rows": job.total, "hash": job.file_hash},
    )


@transaction.atomic
def stop(job: ImportJob, *, actor: Actor) -> ImportJob:
    """Stop a running import after its present chunk; what is written stays, the rest is skipped."""
    job = ImportJob._base_manager.select_for_update().get(pk=job.pk)
    if job.is_final or job.state == ImportJob.State.UNDOING:
        return job
    job.stop_requested = True
    finish_stopped(job, actor)
    parts.end_rest(job)
    return job


def finish_stopped(job: ImportJob, actor: Actor) -> None:
    """Account for the rows that a stopped (locked) import has not reached."""
    message = _("The import was stopped before this row.")
    staging.settle_refused(job)
    staging.settle_rest(job, ImportRow.Outcome.SKIPPED, "stopped", message)
    job.counts = staging.count(job, "outcome")
    job.state = ImportJob.State.STOPPED
    job.finished_at = job.beat_at = timezone.now()
    drop_errors_file(job)
    job.save()
    record_event(IMPORT_STOPPED, job, actor=actor, payload={"file": job.file_name, "counts": job.counts})


def _reader_of(inspection: Inspection, resource: ImportResource, user: User, mode: str) -> ImportResource:
    """The resource that reads a file: vCards name people together with their companies."""
    if inspection.format != "vcf":
        return resource
    if resource.cards == resource.slug:
        return resource
    reader = resource_of(resource.cards, user) if resource.cards else None
    if reader is None:
        raise UnreadableFile("cards")
    require_import(user, reader, mode)
    return reader


def resource_for(job: ImportJob) -> ImportResource:
    """The resource of a job; one whose resource is gone cannot go on."""
    resource = resource_of(job.resource, job.user)
    if resource is None:
        raise RuleBroken(_("This kind of record cannot be imported."), field="resource")
    return resource


# --- Mapping ---------------------------------------------------------------------------------------


def proposed_mapping(job: ImportJob, resource: ImportResource) -> dict[str, str]:
    """The proposal of a job as a mapping; also notes the confidence of each column on the job.

    A file with the very columns of an earlier import is assigned as the person did it then.
    """
    from .templates import remembered

    columns = [tables.Column(c["index"], c["header"], c["samples"]) for c in job.columns]
    proposals = {p.header: p for p in propose(columns, resource.targets(job.user))}
    mapping = resource.settle({p.header: p.field for p in proposals.values() if p.field})
    before = remembered(job, resource)
    for column in job.columns:
        proposal = proposals[column["header"]]
        field = mapping.get(column["header"], "")
        column["proposed"] = field
        column["confidence"] = proposal.confidence if field else 0
    return before or mapping


def checked_mapping(
    job: ImportJob, resource: ImportResource, mapping: Mapping[str, str | None]
) -> dict[str, str]:
    """A mapping given from outside, with every header and field known and no field twice; raises RuleBroken."""
    headers = {column["header"] for column in job.columns}
    wanted: dict[str, str] = {}
    for given, name in mapping.items():
        header = given if given in headers else tidy(given)
        if not name:
            continue
        if header not in headers:
            raise RuleBroken(
                _("The file has no column “%(name)s”.") % {"name": tidy(given)[:60]}, field="mapping"
            )
        if name not in resource.columns_for(job.user):
            raise RuleBroken(_("There is no field “%(name)s”.") % {"name": tidy(name)[:60]}, field="mapping")
        if name in wanted.values():
            label = resource.columns[name].label
            raise RuleBroken(_("Two columns go to the field %(field)s.") % {"field": label}, field="mapping")
        wanted[header] = name
    return wanted


def _checked_key(resource: ImportResource, key: str) -> str:
    if key and key not in {k.name for k in resource.keys}:
        names = ", ".join(k.name for k in resource.keys)
        raise RuleBroken(_("The key must be one of: %(names)s.") % {"names": names}, field="key")
    return key


def _look_into(
    job: ImportJob, resource: ImportResource, inspection: Inspection, sheet: str, header_row: int | None
) -> None:
    """Note on the job what the file holds and where its table stands."""
    vocabulary = resource.vocabulary(job.user)
    filled = [entry for entry in inspection.sheets if entry.rows]
    if sheet:
        chosen = next((entry for entry in filled if entry.name == sheet), None)
        if chosen is None:
            raise UnreadableFile("no_such_sheet")
    else:
        chosen = tables.choose_sheet(filled, vocabulary, resource.sheet_names.split("|"))
    table = tables.find_table(chosen, vocabulary, 1 if inspection.format == "vcf" else header_row)
    above = sum(1 for row in chosen.sample if row.number <= table.header_row) if table else 0
    if table is None or not table.columns or chosen.rows - above < 1:
        raise UnreadableFile("no_rows")
    job.format, job.encoding, job.delimiter = inspection.format, inspection.encoding, inspection.delimiter
    job.dates_from_1904 = inspection.dates_from_1904
    if inspection.format == "vcf":  # its header names fields; people read their labels
        for column in table.columns:
            column.header = str(resource.columns[column.header].label)
    job.sheets = [{"name": s.name, "rows": s.rows, "columns": s.columns, "hidden": s.hidden} for s in filled]
    job.sheet = chosen.name
    job.header_row = table.header_row
    job.total = chosen.rows - above
    job.columns = [
        {"index": column.index, "header": column.header, "samples": column.samples[:SAMPLES_KEPT]}
        for column in table.columns
    ]


# --- Small steps -----------------------------------------------------------------------------------


def begin(job: ImportJob) -> None:
    """Put a job in the queue and wake a worker once the transaction is through."""
    job.state = ImportJob.State.QUEUED
    job.beat_at = timezone.now()
    job.save()
    wake_after_commit(job)


def wake_after_commit(job: ImportJob) -> None:
    """Let a worker go on with the job; where the broker is away, beat will."""
    from .tasks import run_import

    transaction.on_commit(lambda: wake(run_import, job.pk))


def drop_errors_file(job: ImportJob) -> None:
    """The list of errors is made anew after anything that changes it."""
    if job.errors_file:
        job.errors_file.delete(save=False)
        job.errors_file = ""


def restart(job: ImportJob) -> ImportJob:
    """Check the whole file again; nothing of it is written yet."""
    rows = ImportRow._base_manager.filter(job=job)
    rows._raw_delete(rows.db)
    job.revision += 1
    job.read_to = job.checked = job.written = job.attempts = 0
    job.counts, job.error = {}, ""
    drop_errors_file(job)
    begin(job)
    parts.check_all(job)
    return job


def _editable(job: ImportJob) -> ImportJob:
    job = ImportJob._base_manager.select_for_update(of=("self",)).select_related("user").get(pk=job.pk)
    if job.state in (ImportJob.State.COMMITTING, ImportJob.State.UNDOING) or job.is_final:
        raise RuleBroken(_("This import has begun or ended; upload the file again."), code="too_late")
    if not job.user.is_active:
        raise PermissionDenied
    return job


@contextlib.contextmanager
def on_disk(upload: Any) -> Iterator[str]:
    """The path of an upload; a small one that Django kept in memory is written to a temporary file."""
    path = getattr(upload, "temporary_file_path", None)
    if path is not None:
        yield path()
        return
    with tempfile.NamedTemporaryFile() as copy:
        upload.seek(0)
        for piece in iter(lambda: upload.read(1 << 20), b""):
            copy.write(piece)
        copy.flush()
        yield copy.name


def hash_of(upload: IO[bytes]) -> str:
    """SHA-256 of an upload."""
    digest = hashlib.sha256()
    upload.seek(0)
    for piece in iter(lambda: upload.read(1 << 20), b""):
        digest.update(piece)
    return digest.hexdigest()
