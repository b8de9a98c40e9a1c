"""What happens to leads, and how the timeline says it."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import change_in_words
from crm.events.catalogue import event
from crm.events.models import Event
from crm.listing.importing.events import origin_of
from sales.models.choices import DisqualifyReason, LeadStatus


def _created(e: Event) -> str:
    return _("Created %(name)s") % {"name": e.payload.get("name", "")}


def _imported(e: Event) -> str:
    return _("Imported %(origin)s") % {"origin": origin_of(e)}


def _status(value: str) -> str:
    return str(LeadStatus(value).label) if value in LeadStatus.values else value


def _moved(e: Event) -> str:
    names = {"old": _status(e.payload.get("from", "")), "new": _status(e.payload.get("to", ""))}
    text = _("Status: %(old)s → %(new)s") % names
    reason = e.payload.get("reason", "")
    words = str(DisqualifyReason(reason).label) if reason in DisqualifyReason.values else ""
    said = (
        _("%(reason)s: %(note)s") % {"reason": words, "note": e.payload["note"]}
        if e.payload.get("note")
        else words
    )
    return _("%(change)s (%(reason)s)") % {"change": text, "reason": said} if said else text


def _converted(e: Event) -> str:
    return _("Became the customer %(name)s") % {"name": e.payload.get("customer", "")}


def _came(e: Event) -> str:
    return _("Came from the lead %(name)s") % {"name": e.payload.get("name", "")}


LEAD_CREATED = event("lead.created", gettext_lazy("Lead created"), sentence=_created)
LEAD_IMPORTED = event("lead.imported", gettext_lazy("Lead imported"), sentence=_imported)
LEAD_UPDATED = event("lead.updated", gettext_lazy("Lead changed"), sentence=change_in_words)
LEAD_STATUS_CHANGED = event("lead.status_changed", gettext_lazy("Status of a lead changed"), sentence=_moved)
LEAD_TOUCHED = event("lead.touched", gettext_lazy("A lead showed interest"))
LEAD_CONVERTED = event("lead.converted", gettext_lazy("Lead converted"), sentence=_converted)
LEAD_UNCONVERTED = event("lead.conversion_undone", gettext_lazy("Conversion undone"))
LEAD_DELETED = event("lead.deleted", gettext_lazy("Moved to the bin"))
LEAD_RESTORED = event("lead.restored", gettext_lazy("Restored from the bin"))
LEAD_SCORING_CHANGED = event("lead_scoring.changed", gettext_lazy("Scoring of leads changed"), timeline=False)
LEAD_PURGED = event("lead.purged", gettext_lazy("Deleted for good"), timeline=False)
CUSTOMER_FROM_LEAD = event("customer.from_lead", gettext_lazy("Came from a lead"), sentence=_came)
CONVERSION_MAPPED = event(
    "settings.lead_conversion", gettext_lazy("Fields of the conversion changed"), timeline=False
)
