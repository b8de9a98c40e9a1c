"""Sending mail."""

from celery import shared_task

from crm.automation import services


@shared_task
def send_emails() -> int:
    """Send the mails that wait in the outbox; beat calls it too, so that a lost wake-up only means a short wait."""
    return services.send_pending()
