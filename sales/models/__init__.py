from sales.models.choices import (
    CloseReason,
    DisqualifyReason,
    ForecastCategory,
    LeadStatus,
    OpportunityStatus,
    TouchKind,
)
from sales.models.conversion import LeadConversion
from sales.models.grants import LeadGroupGrant, LeadUserGrant
from sales.models.lead import Lead, LeadTouch
from sales.models.opportunity import Opportunity, StageHistory
from sales.models.pipeline import Pipeline, Stage

__all__ = [
    "CloseReason",
    "DisqualifyReason",
    "ForecastCategory",
    "Lead",
    "LeadConversion",
    "LeadGroupGrant",
    "LeadStatus",
    "LeadTouch",
    "LeadUserGrant",
    "Opportunity",
    "OpportunityStatus",
    "Pipeline",
    "Stage",
    "StageHistory",
    "TouchKind",
]
