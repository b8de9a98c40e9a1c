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


def _quota(e: Event) -> str:
    old, new = e.changes.get("amount", [None, None])
    words = {"who": e.payload.get("who", ""), "period": e.payload.get("period", ""), "old": old, "new": new}
    if new is None:
        return _("Target of %(who)s for %(period)s taken away (%(old)s)") % words
    if old is None:
        return _("Target of %(who)s for %(period)s: %(new)s") % words
    return _("Target of %(who)s for %(period)s: %(old)s → %(new)s") % words


def _called(e: Event) -> str:
    text = (
        _("Judgement on %(who)s for %(period)s: %(amount)s")
        if e.payload.get("kind") == "manager"
        else _("%(who)s expects %(amount)s for %(period)s")
    )
    return text % {name: e.payload.get(name, "") for name in ("who", "period", "amount")}


QUOTA_SET = event("quota.set", gettext_lazy("Target set"), sentence=_quota)
QUOTA_DELETED = event("quota.deleted", gettext_lazy("Target taken away"), sentence=_quota)
FORECAST_CALLED = event("forecast.called", gettext_lazy("Forecast judged"), sentence=_called)
