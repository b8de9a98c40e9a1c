from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AutomationConfig(AppConfig):
    """Rules, webhooks and notifications."""

    name = "crm.automation"
    label = "automation"
    verbose_name = _("Notifications")

    def ready(self) -> None:
        from crm.automation import hooks

        hooks.register()
