from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Pages of the platform's own records: people, teams, imports, events, settings."""

    name = "crm.console"
    label = "console"
