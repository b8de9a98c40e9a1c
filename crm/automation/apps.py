from django.apps import AppConfig


class AutomationConfig(AppConfig):
    """Rules, webhooks and notifications."""

    name = "crm.automation"
    label = "automation"
