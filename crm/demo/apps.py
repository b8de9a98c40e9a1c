from django.apps import AppConfig


class DemoConfig(AppConfig):
    """The demo company."""

    name = "crm.demo"
    label = "demo"
