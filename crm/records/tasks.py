from celery import shared_task

from crm.events.actor import system
from crm.records.services import delete_unattached, report_missing_years
from crm.records.services.custom_indexes import build_indexes, refill_search
from crm.records.services.previews import make_waiting_previews
from crm.records.services.record_files import purge_removed


@shared_task
def check_calendars() -> None:
    """Report calendars whose running or coming year has no holidays yet; safe to run twice."""
    report_missing_years()


@shared_task
def delete_unattached_files() -> int:
    """Delete uploads that belong to nothing, and removed files after 30 days; safe to run twice."""
    gone = purge_removed(actor=system("files"))
    return gone + delete_unattached(actor=system("files"))


@shared_task
def make_previews() -> int:
    """Make the small pictures of files that wait for them; safe to run twice."""
    return make_waiting_previews()


@shared_task
def follow_fields() -> None:
    """Make the indexes custom fields want and renew what records are found by; safe to run twice."""
    refill_search()
    build_indexes()
