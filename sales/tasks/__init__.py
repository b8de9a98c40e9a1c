"""Periodic and background work of sales."""

from sales.tasks.leads import empty_lead_bin, rescore_leads

__all__ = ["empty_lead_bin", "rescore_leads"]
