"""Every write to sales: the app's public API."""

from sales.services.closing import (
    invalidate_opportunity,
    lose_opportunity,
    reopen_opportunity,
    win_opportunity,
)
from sales.services.conversion import Converted, convert_lead, undo_conversion
from sales.services.leads import (
    KnownLead,
    create_lead,
    delete_lead,
    move_lead,
    purge_lead_bin,
    restore_lead,
    transfer_leads,
    update_lead,
)
from sales.services.opportunities import (
    SkipsStages,
    create_opportunity,
    delete_opportunity,
    move_opportunity,
    restore_opportunity,
    transfer_opportunities,
    update_opportunity,
)
from sales.services.scoring import rescore_all, touch_lead

__all__ = [
    "Converted",
    "KnownLead",
    "SkipsStages",
    "convert_lead",
    "create_lead",
    "create_opportunity",
    "delete_lead",
    "delete_opportunity",
    "invalidate_opportunity",
    "lose_opportunity",
    "move_lead",
    "move_opportunity",
    "purge_lead_bin",
    "reopen_opportunity",
    "rescore_all",
    "restore_lead",
    "restore_opportunity",
    "touch_lead",
    "transfer_leads",
    "transfer_opportunities",
    "undo_conversion",
    "update_lead",
    "update_opportunity",
    "win_opportunity",
]
