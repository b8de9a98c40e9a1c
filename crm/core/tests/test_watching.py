"""What an operator learns of slow statements and unexpected errors, and what they never contain."""

import pytest
import sentry_sdk
import structlog
from django.db import connection

from crm.core import error_reports


@pytest.mark.django_db
def test_a_slow_statement_is_logged_without_its_values(settings):
    settings.SLOW_QUERY_MS = 1
    with structlog.testing.capture_logs() as lines, connection.cursor() as cursor:
        cursor.execute("SELECT %s,\n  pg_sleep(0.005)", ["13805762218"])
    (line,) = [line for line in lines if line["event"] == "slow_query"]
    assert line["sql"] == "SELECT %s, pg_sleep(0.005)"
    assert line["ms"] >= 5
    assert "13805762218" not in str(line)


@pytest.mark.django_db
def test_a_quick_statement_is_not_logged(settings):
    settings.SLOW_QUERY_MS = 60_000
    with structlog.testing.capture_logs() as lines, connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert lines == []


@pytest.fixture
def reported(settings):
    """What a receiver of errors gets."""
    found: list = []

    class Receiver(sentry_sdk.transport.Transport):
        def capture_envelope(self, envelope):
            found.append(envelope.get_event())

    settings.SENTRY_DSN = "https://key@errors.example/1"
    error_reports.watch(transport=Receiver, default_integrations=False)
    yield found
    sentry_sdk.get_global_scope().set_client(None)


def test_an_error_is_reported_with_its_number_and_without_people(reported):
    phone = "138" + "0576" + "2218"  # the report shows this line, but no values
    with structlog.contextvars.bound_contextvars(request_id="abc123"):
        try:
            {"known": phone}["unknown"]
        except KeyError as error:
            sentry_sdk.capture_exception(error)
    sentry_sdk.flush()
    (event,) = reported
    assert event["tags"]["request_id"] == "abc123"
    assert phone not in str(event)


def test_nothing_is_reported_unless_somebody_says_where(settings):
    settings.SENTRY_DSN = ""
    error_reports.watch()
    assert not sentry_sdk.get_client().is_active()
