from django.apps import AppConfig


class SalesConfig(AppConfig):
    """Leads, opportunities and the way from quote to cash."""

    name = "sales"
