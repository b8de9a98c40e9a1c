"""Structured logs: one JSON object a line, or readable lines while developing. Never personal data."""

import logging.config
from typing import Any

import structlog
from celery import signals

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


def configuration(*, readable: bool, level: str) -> dict[str, Any]:
    """The logging settings for Django; everything goes to standard output."""
    renderer: list[Any] = (
        [structlog.dev.ConsoleRenderer(colors=False)]
        if readable
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*SHARED, structlog.stdlib.ExtraAdder(allow=[])],
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
            }
        },
        "handlers": {
            "output": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": "structured",
            }
        },
        "root": {"handlers": ["output"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            # Our own line for each request says more than Django's warning about a 404.
            "django.request": {"handlers": [], "level": "ERROR", "propagate": True},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            "fontTools": {"level": "ERROR"},
            "weasyprint": {"level": "ERROR"},
        },
    }


def configure() -> None:
    """Let structlog write through the standard library's handlers."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def watch_celery() -> None:
    """Let worker and beat log like the web does, each line with its task."""
    signals.setup_logging.connect(_keep_ours, dispatch_uid="our logging")
    signals.task_prerun.connect(_bind_task, dispatch_uid="task in the log")
    signals.task_postrun.connect(_unbind_task, dispatch_uid="task out of the log")


def _keep_ours(**kwargs: Any) -> None:
    """Celery leaves logging alone when somebody answers this signal."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


def _bind_task(task_id: str, task: Any, **kwargs: Any) -> None:
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id)


def _unbind_task(**kwargs: Any) -> None:
    structlog.contextvars.clear_contextvars()
