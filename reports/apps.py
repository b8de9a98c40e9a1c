from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Reports and dashboards over everything below."""

    name = "reports"
