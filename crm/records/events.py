"""What happens to reference data and files; of it only files that join or leave a record stand in its timeline."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.events.catalogue import event
from crm.events.models import Event


def _days_imported(e: Event) -> str:
    return _("Calendar days entered: %(holidays)s holidays, %(makeups)s make-up days") % e.payload


def _year_missing(e: Event) -> str:
    return _("The calendar has no holidays for %(year)s yet") % e.payload


def _file(e: Event) -> str:
    return str(e.payload.get("name", ""))


def _file_added(e: Event) -> str:
    return _("Added the file %(name)s") % e.payload


def _file_removed(e: Event) -> str:
    return _("Removed the file %(name)s") % e.payload


def _file_restored(e: Event) -> str:
    return _("Restored the file %(name)s") % e.payload


def _file_purged(e: Event) -> str:
    return _("Deleted the file %(name)s for good") % e.payload


def _view(e: Event) -> str:
    return _("Who uses the view “%(name)s” was changed") % e.payload


def _job(e: Event) -> str:
    return str(e.payload.get("title", ""))


def _field(e: Event) -> str:
    return _("Field “%(name)s”: %(what)s") % {"name": e.payload.get("name", ""), "what": FIELD_WORDS[e.name]}


FIELD_WORDS = {
    "custom_field.created": gettext_lazy("added"),
    "custom_field.updated": gettext_lazy("changed"),
    "custom_field.archived": gettext_lazy("archived"),
    "custom_field.restored": gettext_lazy("restored"),
}
FIELD_CREATED = event(
    "custom_field.created", gettext_lazy("Custom field added"), sentence=_field, timeline=False
)
FIELD_UPDATED = event(
    "custom_field.updated", gettext_lazy("Custom field changed"), sentence=_field, timeline=False
)
FIELD_ARCHIVED = event(
    "custom_field.archived", gettext_lazy("Custom field archived"), sentence=_field, timeline=False
)
FIELD_RESTORED = event(
    "custom_field.restored", gettext_lazy("Custom field restored"), sentence=_field, timeline=False
)
SECTION_CREATED = event("record_section.created", gettext_lazy("Section added"), timeline=False)
SECTION_UPDATED = event("record_section.updated", gettext_lazy("Section renamed"), timeline=False)
SECTION_DELETED = event("record_section.deleted", gettext_lazy("Section deleted"), timeline=False)
SECTIONS_ARRANGED = event("record_section.arranged", gettext_lazy("Record page arranged"), timeline=False)
JOB_RETRIED = event(
    "job.retried", gettext_lazy("Background job started again"), sentence=_job, timeline=False
)
VIEW_SHARED = event("saved_view.shared", gettext_lazy("Saved view shared"), sentence=_view, timeline=False)
TAG_CREATED = event("tag.created", gettext_lazy("Tag created"), timeline=False)
TAG_UPDATED = event("tag.updated", gettext_lazy("Tag changed"), timeline=False)
TAG_DELETED = event("tag.deleted", gettext_lazy("Tag deleted"), timeline=False)
RATE_SET = event("exchange_rate.set", gettext_lazy("Exchange rate set"), timeline=False)
CALENDAR_UPDATED = event("calendar.updated", gettext_lazy("Business calendar changed"), timeline=False)
CALENDAR_DAYS_IMPORTED = event(
    "calendar.days_imported", gettext_lazy("Calendar days entered"), sentence=_days_imported, timeline=False
)
CALENDAR_YEAR_MISSING = event(
    "calendar.year_missing", gettext_lazy("Holidays are missing"), sentence=_year_missing, timeline=False
)
JOB_FINISHED = event("job.finished", gettext_lazy("Background work finished"), sentence=_job, timeline=False)
FILE_STORED = event("file.stored", gettext_lazy("File uploaded"), sentence=_file, timeline=False)
FILE_DELETED = event("file.deleted", gettext_lazy("File deleted"), sentence=_file, timeline=False)
FILE_ADDED = event("file.added", gettext_lazy("File added"), sentence=_file_added)
FILE_REMOVED = event("file.removed", gettext_lazy("File removed"), sentence=_file_removed)
FILE_RESTORED = event("file.restored", gettext_lazy("File restored"), sentence=_file_restored)
FILE_PURGED = event("file.purged", gettext_lazy("File deleted for good"), sentence=_file_purged)
