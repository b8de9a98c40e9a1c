"""What happens to orders and contracts, and how the timeline says it."""

from django.utils.translation import gettext_lazy

from accounts.events import change_in_words
from crm.events.catalogue import event
from sales.events.quotes import named

ORDER_CREATED = event(
    "order.created",
    gettext_lazy("Order or contract made"),
    sentence=named(gettext_lazy("%(number)s made: %(amount)s")),
)
ORDER_IMPORTED = event(
    "order.imported",
    gettext_lazy("Order or contract imported"),
    sentence=named(gettext_lazy("%(number)s imported: %(amount)s")),
)
ORDER_UPDATED = event("order.updated", gettext_lazy("Order or contract changed"), sentence=change_in_words)
ORDER_LINES_CHANGED = event(
    "order.lines_changed",
    gettext_lazy("Lines of an order changed"),
    sentence=named(gettext_lazy("Lines of %(number)s changed: %(before)s → %(amount)s")),
    repeats={"before": "amount"},
)
ORDER_SUBMITTED = event(
    "order.submitted",
    gettext_lazy("Order submitted for approval"),
    sentence=named(gettext_lazy("%(number)s submitted for approval")),
)
ORDER_APPROVED = event(
    "order.approved",
    gettext_lazy("Order approved"),
    sentence=named(gettext_lazy("%(number)s is approved")),
)
ORDER_REJECTED = event(
    "order.rejected",
    gettext_lazy("Order rejected"),
    sentence=named(gettext_lazy("%(number)s was rejected")),
    repeats={"note": "amount"},
)
ORDER_RETURNED = event(
    "order.returned",
    gettext_lazy("Order back to draft"),
    sentence=named(gettext_lazy("%(number)s is a draft again")),
    repeats={"note": "amount"},
)
ORDER_EFFECTIVE = event(
    "order.effective",
    gettext_lazy("Order signed"),
    sentence=named(gettext_lazy("%(number)s signed, effective from %(day)s: %(amount)s")),
)
ORDER_FULFILLING = event(
    "order.fulfilling",
    gettext_lazy("Fulfilment begun"),
    sentence=named(gettext_lazy("%(number)s is being fulfilled")),
)
ORDER_COMPLETED = event(
    "order.completed",
    gettext_lazy("Order completed"),
    sentence=named(gettext_lazy("%(number)s is completed")),
)
ORDER_AMENDED = event(
    "order.amended",
    gettext_lazy("Order amended"),
    sentence=named(gettext_lazy("%(number)s is being amended: %(reason)s")),
)
ORDER_TERMINATED = event(
    "order.terminated",
    gettext_lazy("Contract terminated"),
    sentence=named(gettext_lazy("%(number)s terminated: %(reason)s")),
)
ORDER_VOIDED = event(
    "order.voided",
    gettext_lazy("Order voided"),
    sentence=named(gettext_lazy("%(number)s voided: %(reason)s")),
)
ORDER_REFUNDED = event(
    "order.refunded",
    gettext_lazy("Paid back in full"),
    sentence=named(gettext_lazy("%(number)s was paid back in full and counts as sold no more")),
)
ORDER_EXPIRED = event(
    "order.expired", gettext_lazy("Contract expired"), sentence=named(gettext_lazy("%(number)s has expired"))
)
ORDER_RENEWED = event(
    "order.renewed",
    gettext_lazy("Contract renewed"),
    sentence=named(gettext_lazy("%(before)s is renewed by %(number)s")),
)
ORDER_EXPIRING = event(
    "order.expiring",
    gettext_lazy("A contract ends soon"),
    sentence=named(gettext_lazy("%(number)s ends on %(day)s")),
)
ORDER_PRINTED = event("order.printed", gettext_lazy("Contract taken out as PDF"), timeline=False)
ORDER_DELETED = event("order.deleted", gettext_lazy("Moved to the bin"))
ORDER_RESTORED = event("order.restored", gettext_lazy("Restored from the bin"))
ORDER_PURGED = event("order.purged", gettext_lazy("Deleted for good"), timeline=False)
