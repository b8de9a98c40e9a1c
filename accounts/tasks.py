"""Background work of customer accounts: thin, and safe to run twice."""

from celery import shared_task

from accounts.services import reminders


@shared_task
def send_due_reminders() -> int:
    """Bring up the follow-ups whose time has come, each once."""
    return reminders.send_due()


@shared_task
def sweep_reminders() -> int:
    """Give follow-ups that came without reminders (by import, for example) theirs."""
    return reminders.sweep()
