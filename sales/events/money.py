"""What happens to the money of an order, and how the timeline says it."""

from django.utils.translation import gettext_lazy

from crm.events.catalogue import event
from sales.events.quotes import named

PAYMENT_PLANNED = event(
    "payment.planned",
    gettext_lazy("Payments planned"),
    sentence=named(gettext_lazy("%(number)s: payments of %(amount)s planned")),
)
PAYMENT_PLAN_CHANGED = event(
    "payment.plan_changed",
    gettext_lazy("Payment plan changed"),
    sentence=named(gettext_lazy("%(number)s: %(before)s became %(amount)s, due on %(day)s")),
    repeats={"before": "amount"},
)
PAYMENT_UNPLANNED = event(
    "payment.unplanned",
    gettext_lazy("Instalment removed"),
    sentence=named(gettext_lazy("%(number)s: instalment of %(amount)s removed")),
)
RECEIPT_RECORDED = event(
    "receipt.recorded",
    gettext_lazy("Receipt recorded"),
    sentence=named(gettext_lazy("%(number)s: receipt of %(amount)s recorded")),
)
RECEIPT_UPDATED = event("receipt.updated", gettext_lazy("Receipt changed"), timeline=False)
RECEIPT_CONFIRMED = event(
    "receipt.confirmed",
    gettext_lazy("Receipt confirmed"),
    sentence=named(gettext_lazy("%(number)s: receipt of %(amount)s confirmed")),
)
RECEIPT_VOIDED = event(
    "receipt.voided",
    gettext_lazy("Receipt voided"),
    sentence=named(gettext_lazy("%(number)s: receipt of %(amount)s voided: %(reason)s")),
)
STATEMENT_TAKEN = event("statement.taken", gettext_lazy("Statement of account taken out"), timeline=False)
