"""Periodic and background work of sales."""

from sales.tasks.leads import empty_lead_bin, rescore_leads
from sales.tasks.opportunities import empty_opportunity_bin

__all__ = ["empty_lead_bin", "empty_opportunity_bin", "rescore_leads"]
