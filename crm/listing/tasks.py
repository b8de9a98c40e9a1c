"""Background work of lists: thin, takes ids, safe to run twice."""

from celery import shared_task

from crm.events.tasks import wake
from crm.listing import bulk
from crm.records.queries import waiting_jobs
from crm.records.services.idempotency import forget_old_keys


@shared_task
def run_bulk_job(job_id: int) -> None:
    """Carry out a bulk verb on the rows somebody chose."""
    bulk.run(job_id)


@shared_task
def wake_waiting_jobs() -> int:
    """Start again what a lost message or a killed worker left behind."""
    ids = list(waiting_jobs(bulk.KIND).values_list("pk", flat=True)[:100])
    for job_id in ids:
        wake(run_bulk_job, job_id)
    return len(ids)


@shared_task
def forget_idempotency_keys() -> int:
    """Forget idempotency keys after their 24 hours."""
    return forget_old_keys()
