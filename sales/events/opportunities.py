"""What happens to opportunities, and how the timeline says it."""

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import change_in_words
from crm.events.catalogue import event
from crm.events.models import Event
from sales.models.choices import CloseReason


def _stage_moved(e: Event) -> str:
    text = _("Stage: %(old)s → %(new)s") % {"old": e.payload.get("from", ""), "new": e.payload.get("to", "")}
    return (
        _("%(change)s (%(reason)s)") % {"change": text, "reason": e.payload["reason"]}
        if e.payload.get("reason")
        else text
    )


def _closed(template: Promise) -> Callable[[Event], str]:
    """A sentence about a closed deal with the reason in words."""

    def sentence(e: Event) -> str:
        reason = e.payload.get("reason", "")
        words = str(CloseReason(reason).label) if reason in CloseReason.values else ""
        said = ", ".join(filter(None, [words, e.payload.get("note", "")]))
        text = str(template) % {"name": e.payload.get("name", "")}
        return _("%(change)s (%(reason)s)") % {"change": text, "reason": said} if said else text

    return sentence


OPPORTUNITY_CREATED = event(
    "opportunity.created",
    gettext_lazy("Opportunity created"),
    sentence=_closed(gettext_lazy("New opportunity %(name)s")),
)
OPPORTUNITY_UPDATED = event(
    "opportunity.updated", gettext_lazy("Opportunity changed"), sentence=change_in_words
)
OPPORTUNITY_MOVED = event("opportunity.stage_changed", gettext_lazy("Stage changed"), sentence=_stage_moved)
OPPORTUNITY_WON = event(
    "opportunity.won", gettext_lazy("Opportunity won"), sentence=_closed(gettext_lazy("Won %(name)s"))
)
OPPORTUNITY_LOST = event(
    "opportunity.lost", gettext_lazy("Opportunity lost"), sentence=_closed(gettext_lazy("Lost %(name)s"))
)
OPPORTUNITY_INVALID = event(
    "opportunity.invalidated",
    gettext_lazy("Opportunity declared invalid"),
    sentence=_closed(gettext_lazy("%(name)s was no opportunity")),
)
OPPORTUNITY_REOPENED = event(
    "opportunity.reopened",
    gettext_lazy("Opportunity opened again"),
    sentence=_closed(gettext_lazy("Opened %(name)s again")),
)
OPPORTUNITY_DELETED = event("opportunity.deleted", gettext_lazy("Moved to the bin"))
OPPORTUNITY_RESTORED = event("opportunity.restored", gettext_lazy("Restored from the bin"))
OPPORTUNITY_PURGED = event("opportunity.purged", gettext_lazy("Deleted for good"), timeline=False)
