"""What waits for approval is not changed meanwhile: the one place that every write asks."""

from django.db import models
from django.utils.translation import gettext as _

from crm.approvals.queries.pending import pending_for
from crm.approvals.registry import EVERYTHING, KINDS
from crm.core.writes import RuleBroken


def check_unlocked(record: models.Model, fields: set[str] | None = None) -> None:
    """Refuse a change of a record while its approval is pending; `save_versioned` asks before every change."""
    model = record._meta.concrete_model
    kinds = [kind for kind in KINDS.values() if kind.model is model]
    locks = frozenset().union(*(kind.locks for kind in kinds)) if kinds else frozenset()
    if not locks or (fields is not None and locks != EVERYTHING and not locks & (fields | EVERYTHING)):
        return
    waiting = pending_for(record)
    if waiting is None:
        return
    kind = waiting.approvable
    locked = kind.locks if kind else EVERYTHING
    if fields is None or "*" in locked or locked & fields:
        raise RuleBroken(
            _("This waits for approval and is locked. Withdraw the request to change it."), code="locked"
        )
