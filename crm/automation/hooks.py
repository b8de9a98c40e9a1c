"""What notifications listen to."""

from crm.automation import approval_news, consumers
from crm.core.hooks import hooks


def register() -> None:
    hooks.add_consumer("notify-transfer", {"record.transferred"}, consumers.transferred)
    hooks.add_consumer("notify-share", {"record.shared"}, consumers.shared)
    hooks.add_consumer("notify-job", {"job.finished"}, consumers.job_finished)
    hooks.add_consumer("notify-calendar", {"calendar.year_missing"}, consumers.year_missing)
    hooks.add_consumer("notify-import", {"import.finished"}, consumers.import_finished)
    hooks.add_consumer("notify-import-failed", {"import.failed"}, consumers.import_failed)
    hooks.add_consumer("notify-export", {"export.ended"}, consumers.export_ended)
    approval_news.register()
