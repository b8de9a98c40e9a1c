from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Pages and REST of the platform's own records: people, teams, roles, settings, the audit log, signing in."""

    name = "crm.console"
    label = "console"

    def ready(self) -> None:
        from crm.console import hooks, signals  # noqa: F401 - they register themselves
