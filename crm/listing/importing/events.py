"""What the audit log says about imports; the imported records have events of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.events.catalogue import event

if TYPE_CHECKING:
    from crm.events.models import Event


def _committed(e: Event) -> str:
    return _("Began to import %(file)s (%(rows)s rows)") % {
        "file": e.payload.get("file", ""),
        "rows": e.payload.get("rows", 0),
    }


def _finished(e: Event) -> str:
    counts = e.payload.get("counts", {})
    return _("Imported %(file)s: %(created)s created, %(updated)s updated, %(failed)s failed") % {
        "file": e.payload.get("file", ""),
        "created": counts.get("created", 0),
        "updated": counts.get("updated", 0),
        "failed": counts.get("failed", 0),
    }


def _failed(e: Event) -> str:
    return _("The import of %(file)s failed") % {"file": e.payload.get("file", "")}


def _stopped(e: Event) -> str:
    return _("Stopped the import of %(file)s") % {"file": e.payload.get("file", "")}


def _undone(e: Event) -> str:
    counts = e.payload.get("counts", {})
    return _("Undid the import of %(file)s: %(undone)s rows undone, %(kept)s kept") % {
        "file": e.payload.get("file", ""),
        "undone": counts.get("undone", 0),
        "kept": counts.get("kept", 0),
    }


def origin_of(e: Event) -> str:
    """Where an imported record came from, for the sentences of its events."""
    return _("from %(file)s, row %(row)s") % {
        "file": e.payload.get("file", ""),
        "row": e.payload.get("row", ""),
    }


IMPORT_COMMITTED = event(
    "import.committed", gettext_lazy("Import begun"), sentence=_committed, timeline=False
)
IMPORT_FINISHED = event(
    "import.finished", gettext_lazy("Import finished"), sentence=_finished, timeline=False
)
IMPORT_FAILED = event("import.failed", gettext_lazy("Import failed"), sentence=_failed, timeline=False)
IMPORT_STOPPED = event("import.stopped", gettext_lazy("Import stopped"), sentence=_stopped, timeline=False)
IMPORT_UNDONE = event("import.undone", gettext_lazy("Import undone"), sentence=_undone, timeline=False)
IMPORT_TEMPLATE_SAVED = event("import.template_saved", gettext_lazy("Import template saved"), timeline=False)
IMPORT_TEMPLATE_DELETED = event(
    "import.template_deleted", gettext_lazy("Import template deleted"), timeline=False
)
