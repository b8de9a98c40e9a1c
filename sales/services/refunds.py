"""Refunds are agreed to before finance pays them out: a negative receipt counts once its approval is through."""

from django.utils.translation import gettext as _

from crm.approvals.models import ApprovalRequest
from crm.approvals.queries.people import compared, flow_for, plan_for
from crm.approvals.registry import kind_of
from crm.core.writes import RuleBroken
from sales.models import Receipt

REFUND = "refund"


def asks_for_approval(receipt: Receipt) -> bool:
    """Whether the company's flows ask somebody before this refund is paid out."""
    kind = kind_of(REFUND)
    if kind is None or receipt.amount >= 0:
        return False
    owner = receipt.order.owner
    if owner is None:
        facts = compared(kind, kind.measured(receipt, {}), kind.currency(receipt, {}))
        return flow_for(kind, facts) is not None
    plan = plan_for(kind, receipt, {}, owner)
    return bool(plan.steps) or plan.has_gap


def check_agreed(receipt: Receipt) -> None:
    """Refuse to confirm a refund that somebody has still to agree to, over this very amount."""
    if receipt.amount >= 0:
        return
    rows = ApprovalRequest._base_manager.filter(
        kind=REFUND, subject_type=receipt._meta.label_lower, subject_id=receipt.pk
    )
    last = rows.order_by("-pk").first()
    agreed = last is not None and last.state == ApprovalRequest.State.APPROVED
    if agreed and last.amount == -receipt.amount:
        return
    if asks_for_approval(receipt):
        raise RuleBroken(
            _("A refund is approved before it is confirmed: submit it on the contract's page."),
            code="approval",
        )
