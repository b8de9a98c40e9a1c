"""The list of one's imports."""

from typing import Any

from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from crm.core.templatetags.ui import badge
from crm.listing.columns import Date, Html, Link, Look, Number, Text
from crm.listing.declare import Empty, ListPage
from crm.listing.importing.registry import importable_by, resource_of
from crm.records.models import ImportJob

KINDS = {
    "done": "ok",
    "ready": "brand",
    "failed": "bad",
    "stopped": "warn",
    "undone": "warn",
    "mapping": "warn",
}


def _imports() -> QuerySet[ImportJob]:
    """The imports as one list: further sheets of a workbook are shown with its first one."""
    return ImportJob._base_manager.filter(parent=None).defer("columns", "sheets", "mapping")


def _state(job: ImportJob, look: Look) -> str:
    words = job.get_state_display()
    if job.is_active:
        words = f"{words} {job.progress}%"
    return badge(words, KINDS.get(job.state, "brand"))


def _what(job: ImportJob) -> str:
    resource = resource_of(job.resource)
    return str(resource.noun) if resource else job.resource


def _counts(job: ImportJob, look: Look) -> str:
    return format_html('<span class="num">{}</span>', _count_words(job))


def _count_words(job: ImportJob) -> str:
    counts = job.outcome
    names: list[tuple[str, Any]] = [
        ("created", gettext("%(n)s new")),
        ("updated", gettext("%(n)s changed")),
        ("unchanged", gettext("%(n)s as they were")),
        ("skipped", gettext("%(n)s left out")),
        ("failed", gettext("%(n)s with errors")),
    ]
    return (
        gettext(", ").join(words % {"n": f"{counts[name]:,}"} for name, words in names if counts[name]) or "–"
    )


IMPORTS = ListPage(
    name="import",
    model=ImportJob,
    queryset=_imports,
    title=_("Imports"),
    search=("file_name",),
    columns=[
        Link("file_name", label=_("File")),
        Text("resource", label=_("What"), value=_what, card="subtitle"),
        Html(
            "state", label=_("State"), render=_state, value=lambda job: job.get_state_display(), card="badge"
        ),
        Number("total", label=_("Rows")),
        Html("counts", label=_("Outcome"), render=_counts, value=_count_words, card="meta"),
        Date("created_at", label=_("Uploaded"), sort="created_at", card="right"),
    ],
    default_sort="-created_at",
    icon="file-import",
    count_words=lambda number, n: ngettext("%(n)s import", "%(n)s imports", n) % {"n": number},
    empty=Empty(
        _("No imports yet"),
        _("Bring your customers, contacts and follow-ups along in a spreadsheet."),
        _("New import"),
        "import_new",
    ),
    links=[("import_new", _("New import"), "file-import")],
    links_for=lambda user: bool(importable_by(user)),
    new="import_new",
    new_label=_("New import"),
    new_in_drawer=False,
    exportable=False,
)
