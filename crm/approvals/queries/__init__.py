from crm.approvals.queries.inbox import (
    Waiting,
    copied_to,
    decided_by,
    delegations,
    flows,
    kinds_there_are,
    of_user,
    requests,
    requests_for,
    submitted_by,
    waiting_count,
    waiting_for,
    waiting_summary,
)
from crm.approvals.queries.path import PathStep, history, path_beside, path_of
from crm.approvals.queries.pending import may_withdraw, pending_for
from crm.approvals.queries.people import approving_roles, plan_for

__all__ = [
    "PathStep",
    "Waiting",
    "approving_roles",
    "copied_to",
    "decided_by",
    "delegations",
    "flows",
    "history",
    "kinds_there_are",
    "may_withdraw",
    "of_user",
    "path_beside",
    "path_of",
    "pending_for",
    "plan_for",
    "requests",
    "requests_for",
    "submitted_by",
    "waiting_count",
    "waiting_for",
    "waiting_summary",
]
