"""Writing many rows at once: one statement per table, for imports and other set-based work.

`bulk_create` costs more Python per row than everything else an import does; here PostgreSQL unpacks the rows itself.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models


def to_json(value: Any) -> str:
    """JSON that PostgreSQL accepts: NUL characters, which no text column can hold, are dropped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return text.replace("\\u0000", "") if "\\u0000" in text else text


def insert_rows(model: type[models.Model], records: Sequence[Mapping[str, Any]]) -> list[int | None]:
    """Insert records given as column → value; returns their ids in order, None where a unique key was taken.

    All records name the same columns; the others get the model's defaults, the same for all. Values are what JSON
    can carry: ids, text, numbers, lists, ISO dates.
    """
    if not records:
        return []
    quote = connection.ops.quote_name
    table, key = model._meta.db_table, str(model._meta.pk.column)
    given = list(records[0])
    constants = {
        str(f.column): f.get_db_prep_save(f.get_default(), connection)
        for f in model._meta.concrete_fields
        if f.column not in given and not f.primary_key and not f.generated
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [table, key, len(records)],
        )
        ids = [row[0] for row in cursor.fetchall()]
        columns = ", ".join(quote(name) for name in (key, *given, *constants))
        values = ", ".join([*(f"r.{quote(name)}" for name in (key, *given)), *(["%s"] * len(constants))])
        payload = [{**record, key: pk} for record, pk in zip(records, ids, strict=True)]
        cursor.execute(
            f"INSERT INTO {quote(table)} ({columns}) SELECT {values} "  # noqa: S608 - names come from the model
            f"FROM jsonb_populate_recordset(NULL::{quote(table)}, %s::jsonb) AS r ON CONFLICT DO NOTHING "
            f"RETURNING {quote(key)}",
            [*constants.values(), to_json(payload)],
        )
        written = {row[0] for row in cursor.fetchall()}
    return [pk if pk in written else None for pk in ids]


def update_rows(
    model: type[models.Model], records: Mapping[int, Mapping[str, Any]], *, versioned: bool = True
) -> int:
    """Change the named columns of each record by id, other columns stay; returns how many rows were written.

    With `versioned` the version is raised and `updated_at` renewed, so that people who have the record open notice.
    """
    if not records:
        return 0
    quote = connection.ops.quote_name
    table, key = quote(model._meta.db_table), quote(str(model._meta.pk.column))
    columns = sorted({name for record in records.values() for name in record})
    sets = [
        f"{quote(name)} = CASE WHEN jsonb_exists(d.given, '{name}') THEN d.{quote(name)} ELSE t.{quote(name)} END"
        for name in columns
    ]
    if versioned:
        sets += ["version = t.version + 1", "updated_at = now()"]
    payload = [{**record, model._meta.pk.column: pk} for pk, record in records.items()]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} AS t SET {', '.join(sets)} FROM (SELECT e.value AS given, r.* "  # noqa: S608 - as above
            f"FROM jsonb_array_elements(%s::jsonb) AS e CROSS JOIN LATERAL "
            f"jsonb_populate_record(NULL::{table}, e.value) AS r) AS d WHERE t.{key} = d.{key}",
            [to_json(payload)],
        )
        return cursor.rowcount
