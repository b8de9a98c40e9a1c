"""Periodic and background work of sales."""

from sales.tasks.cadences import run_cadences
from sales.tasks.leads import empty_lead_bin, learn_lead_score, rescore_leads
from sales.tasks.opportunities import empty_opportunity_bin
from sales.tasks.payments import remind_of_payments
from sales.tasks.pools import assign_waiting_leads, move_on_missed_leads, recycle_pools
from sales.tasks.quotes import close_what_ended, empty_sales_bin

__all__ = [
    "assign_waiting_leads",
    "close_what_ended",
    "empty_lead_bin",
    "empty_opportunity_bin",
    "empty_sales_bin",
    "learn_lead_score",
    "move_on_missed_leads",
    "recycle_pools",
    "remind_of_payments",
    "rescore_leads",
    "run_cadences",
]
