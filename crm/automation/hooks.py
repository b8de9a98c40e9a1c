"""What notifications listen to."""

from crm.automation import approval_news, consumers
from crm.core.hooks import hooks


def register() -> None:
    hooks.add_consumer("notify-transfer", {"record.transferred"}, consumers.transferred)
    hooks.add_consumer("notify-share", {"record.shared"}, consumers.shared)
    hooks.add_consumer("notify-job", {"job.finished"}, consumers.job_finished)
    hooks.add_consumer("notify-calendar", {"calendar.year_missing"}, consumers.year_missing)
    hooks.add_consumer("notify-import", {"import.finished"}, consumers.import_finished)
    approval_news.register()
