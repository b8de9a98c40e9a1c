from celery import shared_task

from crm.events.actor import system
from crm.records.services import delete_unattached, report_missing_years


@shared_task
def check_calendars() -> None:
    """Report calendars whose running or coming year has no holidays yet; safe to run twice."""
    report_missing_years()


@shared_task
def delete_unattached_files() -> int:
    """Delete uploads that belong to nothing; safe to run twice."""
    return delete_unattached(actor=system("files"))
