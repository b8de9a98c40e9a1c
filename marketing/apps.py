from django.apps import AppConfig


class MarketingConfig(AppConfig):
    """Campaigns, channels and attribution."""

    name = "marketing"
