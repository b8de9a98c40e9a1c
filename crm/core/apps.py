from typing import Any

from django.apps import AppConfig
from django.core.management import call_command
from django.db.models.signals import post_migrate

from crm.core import error_reports, lookups, slow_queries, starting  # noqa: F401 - lookups make themselves known


class CoreConfig(AppConfig):
    """Ground: no tables, no business nouns; text, money, locking and what templates need."""

    name = "crm.core"
    label = "core"

    def ready(self) -> None:
        post_migrate.connect(create_cache_table)
        slow_queries.watch()
        error_reports.watch()
        starting.done()


def create_cache_table(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """The cache lives in the database (sign-in counts its attempts there); its table comes with the others."""
    if sender.label != "sessions":  # once per migration; our own app has no models and is never a sender
        return
    call_command("createcachetable", database=using, verbosity=0)
