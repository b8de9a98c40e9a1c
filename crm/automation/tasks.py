"""Sending mail, digests and messages to group chats."""

from celery import shared_task

from crm.automation import services


@shared_task
def send_emails() -> int:
    """Send the mails that wait in the outbox; beat calls it too, so that a lost wake-up only means a short wait."""
    return services.send_pending()


@shared_task
def fetch_mail() -> int:
    """Fetch answers from the mailbox of the reply address; one that is seen again changes nothing."""
    return services.fetch_mail()


@shared_task
def send_robot_messages() -> int:
    """Send the messages that wait for group chats; beat calls it too, so that a lost wake-up only means a short wait."""
    return services.send_messages()


@shared_task
def send_digests() -> int:
    """Send each person's daily digest when its hour has come."""
    return services.send_digests()
