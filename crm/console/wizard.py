"""What the pages of an import show: the steps, the columns with what is proposed for them, the outcome so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from crm.identity.models import User
from crm.listing.importing import mapping as looks
from crm.listing.importing import mending, parts, preview, staging, templates, undoing
from crm.listing.importing.registry import resource_of
from crm.listing.importing.resource import Column, ImportResource, Run
from crm.records.models import ImportJob

SAMPLES = 4
SUSPECTS_SHOWN = 3


@dataclass
class MapRow:
    """One column of the file in the mapping table."""

    index: int
    header: str
    samples: str
    field: str
    confidence: int

    @property
    def asks(self) -> bool:
        return bool(self.field) and self.confidence < looks.SURE

    @property
    def css(self) -> str:
        return "map-row-ask" if self.asks else "" if self.field else "map-row-off"


def steps(job: ImportJob | None, *, at: int | None = None) -> list[dict[str, str]]:
    """Upload, columns and preview, duplicates, done."""
    over = job is not None and (job.is_final or job.committed_at is not None)
    position = at if at is not None else 0 if job is None else 3 if over else 1
    labels = [_("Upload file"), _("Columns and preview"), pgettext("step", "Duplicates"), _("Done")]
    states = ["done" if index < position else "now" if index == position else "" for index in range(4)]
    waiting = job is not None and job.state == ImportJob.State.READY
    urls = [reverse("import_new"), "", "", ""]
    if job is not None and waiting:
        urls[1:3] = [reverse("import_detail", args=[job.pk]), reverse("import_duplicates", args=[job.pk])]
    return [
        {"label": label, "state": state, "url": url}
        for label, state, url in zip(labels, states, urls, strict=True)
    ]


def map_rows(job: ImportJob) -> list[MapRow]:
    """The columns of the file with examples and the field each goes to; what a person chose is sure."""
    rows = []
    for column in job.columns:
        header = column["header"]
        field = job.mapping.get(header, "")
        confidence = column.get("confidence", 0) if field and field == column.get("proposed") else 100
        examples = list(dict.fromkeys(column.get("samples", ())))[:SAMPLES]
        rows.append(MapRow(column["index"], header, _(", ").join(examples), field, confidence))
    return rows


def field_choices(resource: ImportResource, user: User) -> list[tuple[str, str]]:
    """The fields a column may go to, the required one marked."""
    return [(name, _field_label(column)) for name, column in resource.columns_for(user).items()]


def _field_label(column: Column) -> str:
    if column.required:
        return f"{column.label} *"
    return f"{column.label} · {column.note}" if column.note else str(column.label)


def wizard_context(
    job: ImportJob, resource: ImportResource, *, tab: str = "", after: int = 0
) -> dict[str, Any]:
    """Everything the page of one import reads."""
    rows = map_rows(job)
    counts = job.outcome
    importable = _going_in(job)
    context = {
        "job": job,
        "resource": resource,
        "steps": steps(job),
        "rows": rows,
        "asked": sum(1 for row in rows if row.asks),
        "assigned": sum(1 for row in rows if row.field),
        "fields": field_choices(resource, job.user),
        "keys": [(key.name, key.label) for key in resource.keys if key.name in job.mapping.values()],
        "modes": ImportJob.Mode.choices,
        "duplicate_actions": ImportJob.DuplicateAction.choices if resource.doubts else (),
        "counts": counts,
        "importable": importable,
        "bars": bars(counts, importable),
        "editable": not job.is_final
        and job.state not in (ImportJob.State.COMMITTING, ImportJob.State.UNDOING),
        "may_undo": undoing.may_undo(job),
        "undo_days": settings.IMPORT_KEEP_DAYS,
        "file_note": file_note(job),
        "tally": tally_words(job),
        "sheets": (sheets := sheets_of(job)),
        "importable_all": sum(_going_in(entry["job"]) for entry in sheets) or importable,
        "list_url": resource_list_url(resource),
    }
    if context["editable"]:
        context["templates"] = list(templates.templates_for(job.user, job.resource))
        context["has_last"] = bool(templates.last_mapping(job, resource))
    if job.state == ImportJob.State.READY and resource.doubts:
        context |= doubtful_context(job)
    if job.state != ImportJob.State.MAPPING and job.counts:
        context |= preview_context(job, resource, tab=tab, after=after)
    return context | successors(job, resource)


def doubtful_context(job: ImportJob) -> dict[str, Any]:
    """How many rows may be records one has already, and the first of them."""
    rows = staging.doubtful(job)
    count = rows.count()
    first = rows.filter(suspects__0__isnull=False)[:SUSPECTS_SHOWN] if count else ()
    return {"doubtful": count, "first_suspects": [{"row": row, "suspect": row.suspects[0]} for row in first]}


def preview_context(job: ImportJob, resource: ImportResource, *, tab: str, after: int = 0) -> dict[str, Any]:
    """One page of the preview grid with its tabs."""
    counts = job.outcome
    if tab not in preview.TABS:
        tab = "kept" if job.undo_counts.get("kept") else "errors" if counts["failed"] else "all"
    run = Run(job, resource, job.user)
    lines, more = preview.lines(run, tab=tab, after=after)
    tabs = [
        ("all", _("All"), counts["total"]),
        ("errors", _("With errors"), counts["failed"]),
        ("doubtful", _("Possible duplicates"), staging.doubtful(job).count() if resource.doubts else 0),
        ("created", _("New"), counts["created"]),
        ("updated", _("Existing"), counts["updated"] + counts["unchanged"]),
        ("skipped", _("Left out"), counts["skipped"]),
        ("kept", _("Not undone"), job.undo_counts.get("kept", 0)),
    ]
    return {
        "job": job,
        "resource": resource,
        "lines": lines,
        "more": more,
        "after": after,
        "tab": tab,
        "tabs": [(key, label, count) for key, label, count in tabs if count or key in ("all", "errors")],
        "heads": [placed.column.label for placed in run.placed],
        "counts": counts,
        "suggested": mending.suggestions(job) if job.state == ImportJob.State.READY else 0,
    }


def successors(job: ImportJob, resource: ImportResource) -> dict[str, Any]:
    """Former employees the file names, each with its rows, and the colleagues who may take their place."""
    if job.state != ImportJob.State.READY or not job.counts.get("failed"):
        return {"former": []}
    run = Run(job, resource, job.user)
    former = [
        {"field": field, "text": text, "count": count} for field, text, count in mending.former_people(run)
    ]
    return {"former": former, "colleagues": run.people.appointable if former else []}


def bars(counts: dict[str, int], importable: int) -> list[dict[str, Any]]:
    """The parts of the outcome bar, in percent of all rows."""
    total = counts["total"] or 1
    parts, position = [], 0.0
    for css, number in (("o-ok", importable), ("o-bad", counts["failed"]), ("o-grey", counts["skipped"])):
        width = number * 100 / total
        if width:
            parts.append({"css": css, "x": f"{position:.2f}", "width": f"{max(width - 0.3, 0.4):.2f}"})
        position += width
    return parts


def file_note(job: ImportJob) -> str:
    """Sheet, rows and columns of the file in words."""
    rows = ngettext("%(count)s row", "%(count)s rows", job.total) % {"count": f"{job.total:,}"}
    columns = ngettext("%(count)s column", "%(count)s columns", len(job.columns)) % {
        "count": len(job.columns)
    }
    parts = [_("sheet “%(name)s”") % {"name": job.sheet}] if job.sheet else []
    return " · ".join([*parts, rows, columns])


def _going_in(job: ImportJob) -> int:
    """The rows that are, or will be, part of the records."""
    counts = job.outcome
    return counts["created"] + counts["updated"] + counts["unchanged"]


def sheets_of(job: ImportJob) -> list[dict[str, Any]]:
    """The sheets of a workbook that are imported together, each with what it holds and how far it is."""
    found = parts.described(job)
    for entry in found:
        resource = resource_of(entry["job"].resource)
        entry["noun"] = resource.noun if resource else entry["job"].resource
        entry["bad"] = entry["job"].outcome["failed"]
    return found


def tally_words(job: ImportJob) -> str:
    """What the rows that go in are about: 312 customers, 540 contacts; nothing where every row is one record."""
    if len([count for count in job.tally.values() if count]) < 2:
        return ""
    words = {
        "customers": lambda n: ngettext("%(count)s customer", "%(count)s customers", n),
        "contacts": lambda n: ngettext("%(count)s contact", "%(count)s contacts", n),
    }
    return _(", ").join(
        text(count) % {"count": f"{count:,}"}
        for name, text in words.items()
        if (count := job.tally.get(name, 0))
    )


def resource_list_url(resource: ImportResource) -> str:
    """Where the imported records are to be found."""
    from crm.core.hooks import hooks

    for page in hooks.list_pages.values():
        if getattr(page, "resource", None) is type(resource) and hasattr(page, "url"):
            return str(page.url())
    return ""


def mapping_from(job: ImportJob, posted: Any) -> dict[str, str]:
    """The mapping a form sends; where a field was given to a second column, the new choice wins."""
    chosen = {
        column["header"]: posted.get(f"column-{column['index']}", job.mapping.get(column["header"], ""))
        for column in job.columns
    }
    for header, field in list(chosen.items()):
        rivals = [other for other, name in chosen.items() if name == field and field and other != header]
        if rivals and job.mapping.get(header) == field:
            chosen[header] = ""
    return {header: field for header, field in chosen.items() if field}
