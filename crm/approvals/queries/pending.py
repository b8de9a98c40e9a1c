"""What waits for approval, and who may take it back."""

from django.db import models

from crm.approvals.models import ApprovalRequest
from crm.identity.models import User


def pending_for(record: models.Model) -> ApprovalRequest | None:
    """The request that waits for a decision on this record, if there is one."""
    rows = ApprovalRequest._base_manager.filter(
        subject_type=record._meta.label_lower, subject_id=record.pk, state=ApprovalRequest.State.PENDING
    )
    return rows.first()


def may_withdraw(user: User, request: ApprovalRequest) -> bool:
    """Whether somebody may take a request back while it is pending: who submitted it, after them who may submit the record."""
    if not request.is_pending or request.submitter_id == user.pk:
        return request.is_pending
    kind = request.approvable
    record = kind.subject(request.subject_id) if kind and not request.submitter.is_active else None
    return kind is not None and record is not None and kind.may_submit(user, record)
