from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    """What every record may carry: custom fields, tags, files, saved views, jobs, calendars, reference data."""

    name = "crm.records"
    label = "records"
    verbose_name = _("Reference data and files")

    def ready(self) -> None:
        # As with the tables' rights: the same statement in a fresh, a test and a production database.
        post_migrate.connect(grant_index_function, sender=self)


def grant_index_function(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Let the app's database role have indexes of custom fields made, and nobody else."""
    connection, role = connections[using], settings.APP_DATABASE_ROLE
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s), to_regproc('custom_field_index') IS NOT NULL",
            [role],
        )
        exists, made = cursor.fetchone()
        if made:
            cursor.execute("REVOKE ALL ON FUNCTION custom_field_index FROM PUBLIC")
        if made and exists:
            cursor.execute(
                f"GRANT EXECUTE ON FUNCTION custom_field_index TO {connection.ops.quote_name(role)}"
            )
