"""Background work of exports: thin, takes ids, safe to run twice."""

from celery import shared_task

from . import jobs


@shared_task
def make_export(job_id: int) -> None:
    """Make the file somebody asked for."""
    jobs.run_export(job_id)


@shared_task
def tidy_exports() -> int:
    """Start dropped exports again and delete files whose time is over."""
    jobs.pick_up_dropped()
    return jobs.forget_old_files()
