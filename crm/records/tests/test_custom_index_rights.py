"""The app's database role has indexes of custom fields made, and can make no others."""

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.utils import ProgrammingError

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


def test_the_app_gets_the_index_of_a_field(as_app):
    as_app.execute(
        "SELECT custom_field_index('accounts_customer', 'seats', 'number', '{}'::text[], 'team_id', true)"
    )
    assert as_app.fetchone() == (True,)
    as_app.execute("SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'cf\\_%%'")
    (definition,) = as_app.fetchone()
    assert "(team_id, (((custom ->> 'seats'::text))::numeric), id)" in definition
    as_app.execute(
        "SELECT custom_field_index('accounts_customer', 'seats', 'number', '{}'::text[], 'team_id', false)"
    )
    as_app.execute("SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'cf\\_%%'")
    assert as_app.fetchone() == (0,)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX more ON accounts_customer (address)",
        "DROP INDEX customer_new",
        "CREATE STATISTICS more ON name, phone FROM accounts_customer",
        "CREATE OR REPLACE FUNCTION custom_field_index(text, text, text, text[], text, boolean) RETURNS boolean AS "
        "'SELECT true' LANGUAGE sql",
        "ALTER FUNCTION custom_field_index OWNER TO CURRENT_USER",
    ],
)
def test_the_app_changes_no_table_itself(as_app, statement):
    with pytest.raises(ProgrammingError), transaction.atomic():
        as_app.execute(statement)


def test_nobody_else_may_call_the_function():
    with connection.cursor() as cursor:
        cursor.execute("SELECT proacl::text FROM pg_proc WHERE proname = 'custom_field_index'")
        (rights,) = cursor.fetchone()
    assert rights and "{=X" not in rights and ",=X" not in rights
