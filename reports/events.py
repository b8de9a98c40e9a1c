"""What happens to reports, targets and forecasts, and how the log says it."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.events.catalogue import event
from crm.events.models import Event


def _exported(e: Event) -> str:
    return _("Exported the report %(name)s as %(format)s") % {
        "name": e.payload.get("report", ""),
        "format": e.payload.get("format", ""),
    }


REPORT_EXPORTED = event(
    "report.exported", gettext_lazy("Report exported"), sentence=_exported, timeline=False
)
