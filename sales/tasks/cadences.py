"""Periodic work on cadences: thin, and safe to run twice."""

from celery import shared_task

from sales import services


@shared_task(name="sales.tasks.run_cadences")
def run_cadences() -> int:
    """Carry out the steps of cadences that have fallen due; returns how many people were taken a step further."""
    return services.run_due()
