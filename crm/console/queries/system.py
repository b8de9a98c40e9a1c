"""How the installation fares: its parts, what waits, how the periodic tasks went, how full it is."""

import shutil
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import redis
from celery import current_app
from celery.schedules import crontab
from django.conf import settings
from django.db import connection
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.automation.models import OutgoingEmail, RobotMessage
from crm.core import health
from crm.events.models import Delivery
from crm.records.models import BackgroundJob, ExportJob, ImportJob, StoredFile, TaskRun
from crm.records.queries.files import MEGABYTE, stored_bytes

TABLES_SHOWN = 6
LATE_AFTER = 3  # a task that missed so many of its turns in a row is late

PARTS = {
    "database": _("Database"),
    "broker": _("Broker"),
    "worker": _("Worker"),
    "beat": _("Timetable (beat)"),
}
STATES = {
    "unreachable": _("cannot be reached"),
    "no sign of life": _("gives no sign of life"),
    "unknown": _("nothing is known"),
}
TASKS = {
    "deliver-events": _("Hand events to notifications and automation"),
    "send-emails": _("Send e-mails"),
    "fetch-mail": _("Fetch answers to e-mails"),
    "send-robot-messages": _("Send messages to group chats"),
    "send-digests": _("Send daily digests"),
    "send-due-reminders": _("Send due reminders"),
    "sweep-reminders": _("Catch up on reminders"),
    "wake-jobs": _("Wake waiting background jobs"),
    "forget-keys": _("Forget old idempotency keys"),
    "resume-imports": _("Resume interrupted imports"),
    "tidy-imports": _("Delete old import files"),
    "tidy-exports": _("Delete old export files"),
    "assign-leads": _("Share out new leads"),
    "move-on-leads": _("Move on leads nobody took up"),
    "run-cadences": _("Carry out steps of cadences"),
    "recycle-pools": _("Give idle records back to the pools"),
    "review-life-cycles": _("Review the life cycle of customers"),
    "find-duplicates": _("Look for duplicates"),
    "empty-bin": _("Empty the bin"),
    "rescore-leads": _("Renew the scores of leads"),
    "learn-lead-score": _("Learn the score of leads"),
    "empty-lead-bin": _("Empty the bin of leads"),
    "empty-opportunity-bin": _("Empty the bin of opportunities"),
    "close-what-ended": _("Close quotes and contracts that ended"),
    "remind-of-payments": _("Remind of payments that are due or late"),
    "empty-sales-bin": _("Empty the bin of quotes and orders"),
    "check-calendars": _("Check the business calendar"),
    "tidy-files": _("Delete uploads nothing holds"),
    "make-previews": _("Make small pictures of files"),
    "follow-fields": _("Index custom fields"),
    "tidy-sessions": _("Forget sessions that ended"),
    "expire-grants": _("End shares that ran out"),
    "watch-approvals": _("Remind approvers and pass up what waits too long"),
    "take-forecast-snapshot": _("Keep a weekly snapshot of the forecast"),
    "learn-odds": _("Learn the odds of deals"),
    "forget-forecast-deals": _("Delete old deals of forecast snapshots"),
}


@dataclass(frozen=True)
class Part:
    """One part of the system and whether it answers."""

    label: str | Promise
    state: str

    @property
    def is_well(self) -> bool:
        return self.state == "ok"

    @property
    def words(self) -> str | Promise:
        return STATES.get(self.state, self.state)


@dataclass(frozen=True)
class Task:
    """One entry of the timetable and its last run."""

    label: str | Promise
    every: timedelta | None  # None: at a time of day
    run: TaskRun | None
    is_late: bool


def parts() -> list[Part]:
    """Database, broker, worker and beat."""
    return [Part(PARTS[name], state) for name, state in health.checks().items()]


def waiting() -> list[tuple[str | Promise, int | None]]:
    """What waits to be done, as figures; None where the broker cannot say."""
    open_jobs = BackgroundJob._base_manager.filter(state__in=["queued", "running"])
    return [
        (_("Tasks in the broker's queue"), _queue_length()),
        (_("Events to hand on"), Delivery._base_manager.filter(state=Delivery.State.PENDING).count()),
        (_("E-mails to send"), OutgoingEmail._base_manager.filter(state="pending").count()),
        (_("Messages to group chats"), RobotMessage._base_manager.filter(state="pending").count()),
        (_("Background jobs"), open_jobs.count()),
        (_("Imports"), ImportJob._base_manager.filter(state__in=ImportJob.ACTIVE).count()),
        (_("Exports"), ExportJob._base_manager.filter(state__in=["queued", "running"]).count()),
    ]


def tasks() -> list[Task]:
    """The timetable, each task with its last run."""
    runs = {run.task: run for run in TaskRun._base_manager.all()}
    return [
        _task(key, entry, runs.get(entry["task"])) for key, entry in settings.CELERY_BEAT_SCHEDULE.items()
    ]


def storage() -> dict[str, Any]:
    """How much the database, its largest tables and the stored files take, and what is free."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        (database,) = cursor.fetchone()
        cursor.execute(
            "SELECT relname, pg_total_relation_size(oid), greatest(reltuples, 0)::bigint FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC LIMIT %s",
            [TABLES_SHOWN],
        )
        tables = [{"name": name, "size": size, "rows": rows} for name, size, rows in cursor.fetchall()]
    files = StoredFile._base_manager.aggregate(count=Count("pk"), size=Sum("size"))
    return {
        "database": database,
        "tables": tables,
        "files": files["count"],
        "files_size": files["size"] or 0,
        "attachments": stored_bytes(),
        "attachments_most": settings.FILES_TOTAL_MB * MEGABYTE,
        "free": shutil.disk_usage(settings.DATA_DIR).free,
    }


def _queue_length() -> int | None:
    try:
        return int(health.broker().llen(current_app.conf.task_default_queue))
    except (redis.RedisError, TypeError):
        return None


def _task(key: str, entry: dict[str, Any], run: TaskRun | None) -> Task:
    schedule = entry["schedule"]
    every = None if isinstance(schedule, crontab) else timedelta(seconds=float(schedule))
    turn = every or timedelta(days=1)
    is_late = run is not None and run.began_at < timezone.now() - LATE_AFTER * max(turn, timedelta(minutes=1))
    return Task(TASKS.get(key, key), every, run, is_late)
