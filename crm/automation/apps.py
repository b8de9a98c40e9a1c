from django.apps import AppConfig


class AutomationConfig(AppConfig):
    """Rules, webhooks and notifications."""

    name = "crm.automation"
    label = "automation"

    def ready(self) -> None:
        from crm.automation import hooks

        hooks.register()
