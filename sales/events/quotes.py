"""What happens to quotes, and how the timeline says it."""

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import change_in_words
from crm.events.catalogue import CATALOGUE, event
from crm.events.models import Event


def named(template: Promise) -> Callable[[Event], str]:
    """A sentence about something with its number, its amount, and what was said with it.

    To whom the amount is closed, the title is said with the number.
    """

    def sentence(e: Event) -> str:
        if "amount" not in e.payload and "%(amount)s" in str(template):
            told = {"change": CATALOGUE[e.name].title, "reason": e.payload.get("number", "")}
            return _("%(change)s (%(reason)s)") % told
        known = {
            key: e.payload.get(key, "")
            for key in ("number", "amount", "to", "by", "before", "reason", "day", "invoice")
        }
        text = str(template) % known
        said = e.payload.get("note", "")
        return _("%(change)s (%(reason)s)") % {"change": text, "reason": said} if said else text

    return sentence


QUOTE_CREATED = event(
    "quote.created",
    gettext_lazy("Quote made"),
    sentence=named(gettext_lazy("Quote %(number)s made: %(amount)s")),
)
QUOTE_UPDATED = event("quote.updated", gettext_lazy("Quote changed"), sentence=change_in_words)
QUOTE_LINES_CHANGED = event(
    "quote.lines_changed",
    gettext_lazy("Lines of a quote changed"),
    sentence=named(gettext_lazy("Lines of %(number)s changed: %(before)s → %(amount)s")),
)
QUOTE_SUBMITTED = event(
    "quote.submitted",
    gettext_lazy("Quote submitted for approval"),
    sentence=named(gettext_lazy("%(number)s submitted for approval")),
)
QUOTE_APPROVED = event(
    "quote.approved",
    gettext_lazy("Quote approved"),
    sentence=named(gettext_lazy("%(number)s is approved")),
)
QUOTE_RETURNED = event(
    "quote.returned",
    gettext_lazy("Quote back to draft"),
    sentence=named(gettext_lazy("%(number)s is a draft again")),
)
QUOTE_SENT = event(
    "quote.sent",
    gettext_lazy("Quote sent"),
    sentence=named(gettext_lazy("%(number)s sent to %(to)s: %(amount)s")),
)
QUOTE_VIEWED = event(
    "quote.viewed",
    gettext_lazy("The customer looked at a quote"),
    sentence=named(gettext_lazy("The customer looked at %(number)s")),
)
QUOTE_ACCEPTED = event(
    "quote.accepted",
    gettext_lazy("Quote accepted"),
    sentence=named(gettext_lazy("%(number)s accepted by %(by)s: %(amount)s")),
)
QUOTE_DECLINED = event(
    "quote.declined",
    gettext_lazy("Quote declined"),
    sentence=named(gettext_lazy("%(number)s declined by %(by)s")),
)
QUOTE_REVISED = event(
    "quote.revised",
    gettext_lazy("New version of a quote"),
    sentence=named(gettext_lazy("New version %(number)s, instead of %(before)s")),
)
QUOTE_EXPIRED = event(
    "quote.expired", gettext_lazy("Quote expired"), sentence=named(gettext_lazy("%(number)s has expired"))
)
QUOTE_LINK_REVOKED = event(
    "quote.link_revoked",
    gettext_lazy("Link to a quote withdrawn"),
    sentence=named(gettext_lazy("Link to %(number)s withdrawn")),
)
QUOTE_PRINTED = event("quote.printed", gettext_lazy("Quote taken out as PDF"), timeline=False)
QUOTE_DELETED = event("quote.deleted", gettext_lazy("Moved to the bin"))
QUOTE_RESTORED = event("quote.restored", gettext_lazy("Restored from the bin"))
QUOTE_PURGED = event("quote.purged", gettext_lazy("Deleted for good"), timeline=False)
