"""What happens to customers and contacts, and how the timeline says it."""

from collections.abc import Callable, Iterable

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from accounts.models.choices import Stage
from accounts.models.lifecycle_event import rule_in_words
from crm.events.catalogue import event
from crm.events.models import Event
from crm.listing.custom.words import label_in_log, values_in_log
from crm.listing.importing.events import origin_of
from crm.records.models.custom_field import PREFIX


def field_labels(e: Event) -> list[str]:
    """The names of the fields an event changed, in the reader's language."""
    model = apps.get_model(e.subject_type)
    labels = []
    for name in [*e.changes, *e.private]:
        if name.startswith(PREFIX):
            labels.append(label_in_log(model, name))
            continue
        try:
            labels.append(str(model._meta.get_field(name).verbose_name))
        except FieldDoesNotExist:
            labels.append(name)
    return labels


def joined(words: Iterable[object]) -> str:
    """Words as a list within a sentence."""
    return pgettext("between the items of a list", ", ").join(str(word) for word in words)


def stage_label(value: str) -> str:
    """A life cycle stage in the reader's language."""
    return str(Stage(value).label) if value in Stage.values else value


def _created(e: Event) -> str:
    return _("Created %(name)s") % {"name": e.payload.get("name", "")}


def change_in_words(e: Event) -> str:
    """What a change of fields changed: one short one with both values, more by their names."""
    text = _update_of(e)
    return (
        _("%(change)s (%(origin)s)") % {"change": text, "origin": origin_of(e)}
        if "file" in e.payload
        else text
    )


def _imported(e: Event) -> str:
    return _("Imported %(origin)s") % {"origin": origin_of(e)}


def _contact_imported(e: Event) -> str:
    return _("Imported contact %(name)s %(origin)s") % {
        "name": e.payload.get("name", ""),
        "origin": origin_of(e),
    }


def _update_of(e: Event) -> str:
    if len(e.changes) == 1 and not e.private:
        name, pair = next(iter(e.changes.items()))
        if name.startswith(PREFIX):
            pair = values_in_log(apps.get_model(e.subject_type), name, pair)
            if pair is None:
                return _("Changed %(fields)s") % {"fields": joined(field_labels(e))}
        old, new = (_shown(value) for value in pair)
        if len(old) <= 40 and len(new) <= 40:
            label = capfirst(field_labels(e)[0])
            return _("%(field)s: %(old)s → %(new)s") % {"field": label, "old": old, "new": new}
    labels = field_labels(e)
    return _("Changed %(fields)s") % {"fields": joined(labels)} if labels else _("Changed")


def _shown(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("label")
    if value in (None, ""):
        return pgettext("no value", "empty")
    if value in (True, False):
        return _("yes") if value else _("no")
    return str(value)


def _staged(e: Event) -> str:
    names = {"old": stage_label(e.payload.get("from", "")), "new": stage_label(e.payload.get("to", ""))}
    text = _("Life cycle: %(old)s → %(new)s") % names
    reason = e.payload.get("reason") or rule_in_words(e.payload.get("rule", ""))
    return _("%(change)s (%(reason)s)") % {"change": text, "reason": reason} if reason else text


def _tagged(e: Event) -> str:
    added, removed = e.payload.get("added", []), e.payload.get("removed", [])
    if added and removed:
        return _("Tagged %(added)s, no longer %(removed)s") % {
            "added": joined(added),
            "removed": joined(removed),
        }
    if added:
        return _("Tagged %(added)s") % {"added": joined(added)}
    return _("No longer tagged %(removed)s") % {"removed": joined(removed)}


def _first_deal(e: Event) -> str:
    date = e.payload.get("date")
    return _("First deal on %(date)s") % {"date": date} if date else _("First deal taken back")


def _contact(template: Promise) -> Callable[[Event], str]:
    def sentence(e: Event) -> str:
        return str(template) % {"name": e.payload.get("name", ""), "fields": joined(field_labels(e))}

    return sentence


def _with_other(template: Promise) -> Callable[[Event], str]:
    """A sentence that names the other customer of a pair."""

    def sentence(e: Event) -> str:
        return str(template) % {"name": e.payload.get("name", "")}

    return sentence


def _merged(e: Event) -> str:
    """Who became part of this customer; with what it was called before, where it took the other's name."""
    names = {"name": e.payload.get("name", ""), "before": e.payload.get("before", "")}
    if names["before"]:
        return _("Merged %(name)s into this customer, which was called %(before)s and took its name") % names
    return _("Merged %(name)s into this customer") % names


CUSTOMER_CREATED = event("customer.created", gettext_lazy("Customer created"), sentence=_created)
CUSTOMER_IMPORTED = event("customer.imported", gettext_lazy("Customer imported"), sentence=_imported)
CUSTOMER_UPDATED = event("customer.updated", gettext_lazy("Customer changed"), sentence=change_in_words)
CUSTOMER_STAGED = event("customer.lifecycle_changed", gettext_lazy("Life cycle changed"), sentence=_staged)
CUSTOMER_FIRST_DEAL = event("customer.first_deal_set", gettext_lazy("First deal set"), sentence=_first_deal)
CUSTOMER_DELETED = event("customer.deleted", gettext_lazy("Moved to the bin"))
CUSTOMER_RESTORED = event("customer.restored", gettext_lazy("Restored from the bin"))
CUSTOMER_PURGED = event("customer.purged", gettext_lazy("Deleted for good"), timeline=False)
CUSTOMER_TAGGED = event("customer.tagged", gettext_lazy("Tags changed"), sentence=_tagged)
CUSTOMER_HIGHLIGHTED = event("customer.highlighted", gettext_lazy("Key information changed"))
DUPLICATE_DISMISSED = event(
    "customer.duplicate_dismissed",
    gettext_lazy("Declared not a duplicate"),
    sentence=_with_other(gettext_lazy("Declared not a duplicate of %(name)s")),
    timeline=False,
)
DUPLICATE_SUSPECTED = event(
    "customer.duplicate_suspected",
    gettext_lazy("Suspected duplicate again"),
    sentence=_with_other(gettext_lazy("Suspected duplicate of %(name)s again")),
    timeline=False,
)
CUSTOMER_MERGED = event(
    "customer.merged",
    gettext_lazy("Customers merged"),
    sentence=_merged,
)
CUSTOMER_UNMERGED = event(
    "customer.unmerged",
    gettext_lazy("Merge undone"),
    sentence=_with_other(gettext_lazy("Undid the merge with %(name)s")),
)
CONTACT_CREATED = event(
    "contact.created",
    gettext_lazy("Contact added"),
    sentence=_contact(gettext_lazy("Added contact %(name)s")),
)
CONTACT_IMPORTED = event("contact.imported", gettext_lazy("Contact imported"), sentence=_contact_imported)
CONTACT_UPDATED = event(
    "contact.updated",
    gettext_lazy("Contact changed"),
    sentence=_contact(gettext_lazy("Contact %(name)s: changed %(fields)s")),
)
CONTACT_DELETED = event(
    "contact.deleted",
    gettext_lazy("Contact deleted"),
    sentence=_contact(gettext_lazy("Deleted contact %(name)s")),
)
CONTACT_RESTORED = event(
    "contact.restored",
    gettext_lazy("Contact restored"),
    sentence=_contact(gettext_lazy("Restored contact %(name)s")),
)
CONTACT_PURGED = event("contact.purged", gettext_lazy("Contact deleted for good"), timeline=False)
CONTACT_LINKED = event(
    "contact.linked",
    gettext_lazy("Contact belongs to a further company"),
    sentence=_contact(gettext_lazy("%(name)s is now a contact here too")),
)
CONTACT_UNLINKED = event(
    "contact.unlinked",
    gettext_lazy("Contact no longer belongs to a further company"),
    sentence=_contact(gettext_lazy("%(name)s is no longer a contact here")),
)

# A follow-up speaks for itself in the timeline, so what happens to it is for the audit log only.
ACTIVITY_LOGGED = event("activity.logged", gettext_lazy("Follow-up recorded"), timeline=False)
ACTIVITY_PLANNED = event("activity.planned", gettext_lazy("Follow-up planned"), timeline=False)
ACTIVITY_COMPLETED = event("activity.completed", gettext_lazy("Follow-up done"), timeline=False)
ACTIVITY_REOPENED = event("activity.reopened", gettext_lazy("Follow-up taken back"), timeline=False)
ACTIVITY_RESCHEDULED = event("activity.rescheduled", gettext_lazy("Follow-up moved"), timeline=False)
ACTIVITY_CANCELLED = event("activity.cancelled", gettext_lazy("Follow-up cancelled"), timeline=False)
ACTIVITY_UPDATED = event("activity.updated", gettext_lazy("Follow-up edited"), timeline=False)
ACTIVITY_PINNED = event("activity.pinned", gettext_lazy("Follow-up pinned"), timeline=False)
ACTIVITY_UNPINNED = event("activity.unpinned", gettext_lazy("Follow-up unpinned"), timeline=False)
ACTIVITY_DELETED = event("activity.deleted", gettext_lazy("Follow-up deleted"), timeline=False)
ACTIVITY_RESTORED = event("activity.restored", gettext_lazy("Follow-up restored"), timeline=False)
REMINDER_RETRIED = event("activity.reminder_retried", gettext_lazy("Reminder tried again"), timeline=False)
CUSTOMER_EXPORTED = event("customer.exported", gettext_lazy("Customer sheet saved as PDF"), timeline=False)
