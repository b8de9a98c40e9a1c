"""Background work of customer accounts: thin, and safe to run twice."""

from celery import shared_task

from accounts import services
from accounts.services import reminders
from crm.events.actor import system


@shared_task
def send_due_reminders() -> int:
    """Bring up the follow-ups whose time has come, each once."""
    return reminders.send_due()


@shared_task
def sweep_reminders() -> int:
    """Give follow-ups that came without reminders (by import, for example) theirs."""
    return reminders.sweep()


@shared_task
def empty_bin() -> int:
    """Delete for good what has lain in the bin for 30 days, and take off tags whose time has run out."""
    services.remove_expired_tags(actor=system("tags"))
    return services.purge_bin(actor=system("bin"))


@shared_task
def review_life_cycles() -> int:
    """See who is at risk or lost by now, and who is safe again; returns how many customers moved."""
    return services.review_life_cycles(actor=system("life cycle"))


@shared_task
def find_duplicates() -> int:
    """Look through the whole base for customers that may be there twice; returns how many pairs are new."""
    found = services.scan_duplicates()
    return found.new if found else 0
