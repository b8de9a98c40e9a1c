"""The app's database role adds to the event log and reads it, and can do nothing else with it."""

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from crm.events.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_app():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [settings.APP_DATABASE_ROLE])
        if cursor.fetchone() is None or connection.settings_dict["USER"] == settings.APP_DATABASE_ROLE:
            pytest.skip("this database has no separate role for the app")
        cursor.execute(f"SET ROLE {connection.ops.quote_name(settings.APP_DATABASE_ROLE)}")
        yield cursor
        cursor.execute("RESET ROLE")


def test_the_app_adds_and_reads_events(as_app):
    event = Event.objects.create(
        name="test", actor_kind="system", actor_id="t", actor_name="t", origin="cli",
        subject_type="t", subject_id="1", about=["t:1"],
    )  # fmt: skip
    assert Event.objects.get(pk=event.pk).name == "test"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events_event SET name = 'forged'",
        "DELETE FROM events_event",
        "TRUNCATE events_event",
        "DROP TABLE events_event",
        "ALTER TABLE events_event ADD COLUMN more int",
        "ALTER TABLE events_event DISABLE TRIGGER ALL",
    ],
)
def test_the_app_cannot_rewrite_history(as_app, statement):
    with pytest.raises(ProgrammingError), transaction.atomic():
        as_app.execute(statement)
