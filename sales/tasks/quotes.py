"""Periodic work on quotes and contracts: thin, and safe to run twice."""

from celery import shared_task

from crm.events.actor import system
from sales import services


@shared_task(name="sales.tasks.close_what_ended")
def close_what_ended() -> dict[str, int]:
    """Close quotes and contracts whose last day has passed, and tell of contracts that end in 90, 60 or 30 days."""
    actor = system("sales")
    return {
        "quotes": services.expire_quotes(actor=actor),
        "orders": services.expire_orders(actor=actor),
        "ending": len(services.note_ending(actor=actor)),
    }


@shared_task(name="sales.tasks.empty_sales_bin")
def empty_sales_bin() -> int:
    """Delete for good the quotes, orders and products that have lain in the bin for 30 days."""
    return services.purge_sales_bin(actor=system("bin"))
