"""Every write to approvals: submitting, deciding, passing on, delegating, and the flows themselves."""

from crm.approvals.queries.pending import pending_for
from crm.approvals.services.deciding import (
    TAKE_BACK_WITHIN,
    approve,
    last_decision,
    reject,
    send_back,
    take_back,
    withdraw,
)
from crm.approvals.services.delegations import delegate, end_delegation
from crm.approvals.services.flows import arrange_flows, delete_flow, measures_of, save_flow
from crm.approvals.services.handling import add_signer, comment_on, copy_to, nudge, transfer
from crm.approvals.services.locking import check_unlocked
from crm.approvals.services.submitting import submit
from crm.approvals.services.watching import watch

__all__ = [
    "TAKE_BACK_WITHIN",
    "add_signer",
    "approve",
    "arrange_flows",
    "check_unlocked",
    "comment_on",
    "copy_to",
    "delegate",
    "delete_flow",
    "end_delegation",
    "last_decision",
    "measures_of",
    "nudge",
    "pending_for",
    "reject",
    "save_flow",
    "send_back",
    "submit",
    "take_back",
    "transfer",
    "watch",
    "withdraw",
]
