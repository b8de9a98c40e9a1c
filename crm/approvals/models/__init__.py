from crm.approvals.models.delegation import ApprovalDelegation
from crm.approvals.models.flow import ApprovalFlow, FlowStep, Mode
from crm.approvals.models.request import (
    ApprovalCopy,
    ApprovalGroupGrant,
    ApprovalRequest,
    ApprovalStep,
    ApprovalTask,
    ApprovalUserGrant,
)

__all__ = [
    "ApprovalCopy",
    "ApprovalDelegation",
    "ApprovalFlow",
    "ApprovalGroupGrant",
    "ApprovalRequest",
    "ApprovalStep",
    "ApprovalTask",
    "ApprovalUserGrant",
    "FlowStep",
    "Mode",
]
