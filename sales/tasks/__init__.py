"""Periodic and background work of sales."""

from sales.tasks.leads import empty_lead_bin, learn_lead_score, rescore_leads
from sales.tasks.opportunities import empty_opportunity_bin
from sales.tasks.pools import assign_waiting_leads, move_on_missed_leads, recycle_pools

__all__ = [
    "assign_waiting_leads",
    "empty_lead_bin",
    "empty_opportunity_bin",
    "learn_lead_score",
    "move_on_missed_leads",
    "recycle_pools",
    "rescore_leads",
]
