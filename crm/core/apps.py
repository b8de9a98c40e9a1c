from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Ground: no tables, no business nouns; text, money, locking and what templates need."""

    name = "crm.core"
    label = "core"
