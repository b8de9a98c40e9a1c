"""Periodic work on opportunities: thin, and safe to run twice."""

from celery import shared_task

from crm.events.actor import system
from sales import services


@shared_task(name="sales.tasks.empty_opportunity_bin")
def empty_opportunity_bin() -> int:
    """Delete for good the opportunities that have lain in the bin for 30 days."""
    return services.purge_opportunity_bin(actor=system("bin"))
