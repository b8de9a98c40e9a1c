"""Background work of imports: thin, takes ids, safe to run twice and side by side."""

from celery import shared_task

from crm.events.tasks import wake

from . import forgetting, running


@shared_task
def run_import(job_id: int) -> None:
    """Work on an import for a while; what is left goes to a new task, so that other work has its turn."""
    if running.advance(job_id):
        wake(run_import, job_id)


@shared_task
def resume_imports() -> int:
    """Start again what a killed worker or a broker outage left behind."""
    return running.pick_up_dropped()


@shared_task
def tidy_imports() -> int:
    """Delete the files and rows of imports whose time is over."""
    return forgetting.forget_old_imports()
