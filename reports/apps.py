from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    """Reports, forecasts, targets and dashboards over everything below."""

    name = "reports"
    verbose_name = _("Reports")

    def ready(self) -> None:
        from reports import events, hooks  # noqa: F401 - importing declares and registers
