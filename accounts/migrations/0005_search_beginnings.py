"""Rows written before the search index knew how values begin learn it now."""

from django.db import migrations

TABLES = ("accounts_customer", "accounts_contact", "accounts_activity")
RENEW = r"""
UPDATE {table} SET search_grams = ARRAY(
    SELECT DISTINCT gram COLLATE "C" AS gram FROM unnest(search_grams || ARRAY(
        SELECT '^' || left(line, length) FROM unnest(string_to_array(search_text, E'\n')) AS line,
        generate_series(1, 2) AS length WHERE line <> ''
    )) AS each (gram) ORDER BY 1
) WHERE search_text <> ''
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_sort_by_name")]

    operations = [migrations.RunSQL([RENEW.format(table=table) for table in TABLES], migrations.RunSQL.noop)]
