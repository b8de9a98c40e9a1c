"""Periodic work on payments: thin, and safe to run twice."""

from celery import shared_task

from crm.events.actor import system
from sales import services


@shared_task(name="sales.tasks.remind_of_payments")
def remind_of_payments() -> int:
    """Tell owners, leaders and finance of instalments that come due or are late."""
    return services.remind_of_payments(actor=system("sales"))
