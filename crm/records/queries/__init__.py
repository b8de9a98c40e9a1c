"""Reading what every app shares: reference data, saved views, background jobs."""

from crm.records.queries.reference import (
    Finder,
    MissingYear,
    business_calendar,
    currencies,
    industry_finder,
    missing_years,
    rate_on,
    region_finder,
    within,
)
from crm.records.queries.views_and_jobs import (
    RUNNER_SILENT_AFTER,
    forget_views,
    pinned_views,
    saved_view,
    saved_views,
    waiting_jobs,
)

__all__ = [
    "RUNNER_SILENT_AFTER",
    "Finder",
    "MissingYear",
    "business_calendar",
    "currencies",
    "forget_views",
    "industry_finder",
    "missing_years",
    "pinned_views",
    "rate_on",
    "region_finder",
    "saved_view",
    "saved_views",
    "waiting_jobs",
    "within",
]
