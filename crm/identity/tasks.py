"""Housekeeping of rights and sessions."""

from celery import shared_task

from crm.identity import services


@shared_task
def remove_expired_grants() -> int:
    """Delete shares that ran out."""
    return services.remove_expired_grants()


@shared_task
def tidy_sessions() -> int:
    """Delete sessions that ran out."""
    return services.tidy_sessions()
