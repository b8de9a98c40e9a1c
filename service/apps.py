from django.apps import AppConfig


class ServiceConfig(AppConfig):
    """Tickets, complaints, satisfaction and knowledge."""

    name = "service"
