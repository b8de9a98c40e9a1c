"""What happens when leads are shared out."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.events.catalogue import event
from crm.events.models import Event


def _assigned(e: Event) -> str:
    names = {"name": e.payload.get("to", ""), "rule": e.payload.get("rule", "")}
    if e.payload.get("why") == "same_customer":
        return _("Assigned to %(name)s, who serves this customer already") % names
    if names["rule"]:
        return _("Assigned to %(name)s by the rule %(rule)s") % names
    return _("Assigned to %(name)s") % names


LEAD_ASSIGNED = event("lead.assigned", gettext_lazy("Lead assigned"), sentence=_assigned)
LEAD_ACCEPTED = event("lead.accepted", gettext_lazy("Taken up"))
ASSIGNMENT_SAVED = event("assignment.saved", gettext_lazy("Assignment of leads changed"), timeline=False)
ASSIGNMENT_DELETED = event(
    "assignment.deleted", gettext_lazy("Part of the assignment of leads deleted"), timeline=False
)
