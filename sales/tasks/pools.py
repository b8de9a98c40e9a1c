"""Periodic work on pools: thin, and safe to run twice."""

from celery import shared_task

from sales import services


@shared_task(name="sales.tasks.recycle_pools")
def recycle_pools() -> int:
    """Every night: give idle records back to their pools and warn of those that follow; returns how many went."""
    return services.run_night()


@shared_task(name="sales.tasks.assign_waiting_leads")
def assign_waiting_leads() -> int:
    """Share out leads that came in and nobody has looked at yet; returns how many."""
    return services.assign_waiting()


@shared_task(name="sales.tasks.move_on_missed_leads")
def move_on_missed_leads() -> int:
    """Give leads that were not taken up in time to the next one; returns how many."""
    return services.move_on_missed()
