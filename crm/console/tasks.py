"""Background work of the console."""

from smtplib import SMTPException

from celery import shared_task

from crm.console import services


@shared_task(autoretry_for=(OSError, SMTPException), max_retries=5, retry_backoff=10)
def send_reset_link(email: str) -> int:
    """Send the link for a new password to whoever has the address; the link is made here and kept nowhere."""
    return services.send_reset_link(email)
