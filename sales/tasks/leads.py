"""Periodic work on leads: thin, and safe to run twice."""

from celery import shared_task

from crm.events.actor import system
from sales import services
from sales.services.chances import learn_from_history


@shared_task(name="sales.tasks.rescore_leads")
def rescore_leads() -> int:
    """Renew the scores of open leads every night, as what they did fades."""
    return services.rescore_all()


@shared_task(name="sales.tasks.empty_lead_bin")
def empty_lead_bin() -> int:
    """Delete for good the leads that have lain in the bin for 30 days."""
    return services.purge_lead_bin(actor=system("bin"))


@shared_task(name="sales.tasks.learn_lead_score")
def learn_lead_score() -> int:
    """Learn every week from the company's own leads who becomes a customer; returns from how many."""
    learned = learn_from_history().rows
    services.rescore_all()  # every open lead gets the chance that was learned
    return learned
