"""Whether something waits for approval."""

from django.db import models

from crm.approvals.models import ApprovalRequest


def pending_for(record: models.Model) -> ApprovalRequest | None:
    """The request that waits for a decision on this record, if there is one."""
    rows = ApprovalRequest._base_manager.filter(
        subject_type=record._meta.label_lower, subject_id=record.pk, state=ApprovalRequest.State.PENDING
    )
    return rows.first()
