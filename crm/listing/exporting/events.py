"""What the audit log says about exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.events.catalogue import event

if TYPE_CHECKING:
    from crm.events.models import Event


def _exported(e: Event) -> str:
    rows = int(e.payload.get("rows", 0))
    text = ngettext("Exported %(rows)s row of %(list)s", "Exported %(rows)s rows of %(list)s", rows)
    said = text % {"rows": rows, "list": e.payload.get("list", "")}
    return " · ".join(filter(None, (said, e.payload.get("number"), e.payload.get("reason"))))


def _refused(e: Event) -> str:
    text = _("Export of %(list)s refused: %(rows)s rows, %(cap)s allowed")
    return text % {key: e.payload.get(key, "") for key in ("list", "rows", "cap")}


LIST_EXPORTED = event("list.exported", gettext_lazy("List exported"), sentence=_exported, timeline=False)
LIST_EXPORT_REFUSED = event(
    "list.export_refused", gettext_lazy("Export refused"), sentence=_refused, timeline=False
)
EXPORT_ENDED = event("export.ended", gettext_lazy("Export in the background ended"), timeline=False)
LIST_FETCHED = event("list.fetched", gettext_lazy("Approved export fetched"), timeline=False)
