from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db import connections
from django.db.models.signals import post_migrate


class EventsConfig(AppConfig):
    """The event log: audit trail and timeline in one row, with its outbox."""

    name = "crm.events"
    label = "events"

    def ready(self) -> None:
        # Rights follow every migration: the same statement in a fresh, a test and a production database.
        post_migrate.connect(grant_app_role, sender=self)


def grant_app_role(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Let the app's database role work with every table, but only add to and read the event log."""
    role = settings.APP_DATABASE_ROLE
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", [role])
        current, exists = cursor.fetchone()
        if role == current or not exists:
            return
        quoted = connection.ops.quote_name(role)
        cursor.execute(
            f"""
            GRANT USAGE ON SCHEMA public TO {quoted};
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted};
            GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted};
            ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {quoted};
            ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {quoted};
            REVOKE UPDATE, DELETE, TRUNCATE ON events_event FROM {quoted};
            """  # noqa: S608 - a role name cannot be a parameter; it is quoted
        )
