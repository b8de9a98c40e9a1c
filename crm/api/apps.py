from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The REST entry: router, schema and conventions."""

    name = "crm.api"
    label = "api"
