from celery import shared_task

from crm.records.services import report_missing_years


@shared_task
def check_calendars() -> None:
    """Report calendars whose running or coming year has no holidays yet; safe to run twice."""
    report_missing_years()
