from celery import shared_task

from crm.approvals.services import watch


@shared_task
def watch_approvals() -> int:
    """Remind approvers, pass up what nobody answered, replace who left; safe to run twice."""
    return watch()
