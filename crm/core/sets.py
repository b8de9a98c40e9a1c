"""Writing many rows at once: one statement per table, for imports and other set-based work.

`bulk_create` costs more Python per row than everything else an import does; here PostgreSQL unpacks the rows itself,
from one array per column.
"""

import gc
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, models

_BETWEEN = "\x1f"  # between the elements of an array: a control character, which no stored text contains
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)


@contextmanager
def uncollected() -> Iterator[None]:
    """Do without Python's cycle collector: thousands of rows hold no cycles, and looking for them costs a sixth."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def to_json(value: Any) -> str:
    """JSON that PostgreSQL accepts: NUL characters, which no text column can hold, are dropped."""
    text = _ENCODER.encode(value)
    return text.replace("\\u0000", "") if "\\u0000" in text else text


def insert_rows(model: type[models.Model], records: Sequence[Mapping[str, Any]]) -> list[int | None]:
    """Insert records given as column → value; returns their ids in order, None where a unique key was taken.

    All records name the same columns; the others get the model's defaults, the same for all. Values are ids, text,
    numbers, times, lists of text for arrays and anything JSON can carry for JSON columns.
    """
    if not records:
        return []
    quote = connection.ops.quote_name
    table, key = model._meta.db_table, str(model._meta.pk.column)
    given: dict[str, tuple[str, Sequence[Any]]] = {}
    same: dict[str, Any] = {}
    for f in model._meta.concrete_fields:
        name = str(f.column)
        if name in records[0]:
            values = [record[name] for record in records]
            if values.count(values[0]) < len(values):
                given[name] = (str(f.db_type(connection)), values)
            else:  # sent once for all rows
                same[name] = f.get_db_prep_save(values[0], connection)
        elif not f.primary_key and not f.generated:
            same[name] = f.get_db_prep_save(f.get_default(), connection)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [table, key, len(records)],
        )
        ids = [row[0] for row in cursor.fetchall()]
        source, columns, values = unpacked({key: ("bigint", ids), **given})
        names = ", ".join(map(quote, (key, *given, *same)))
        cursor.execute(
            f"INSERT INTO {quote(table)} ({names}) SELECT {', '.join([*columns, *['%s'] * len(same)])} "  # noqa: S608 - names come from the model
            f"FROM {source} ON CONFLICT DO NOTHING RETURNING {quote(key)}",
            [*same.values(), *values],
        )
        written = {row[0] for row in cursor.fetchall()}
    return [pk if pk in written else None for pk in ids]


def unpacked(given: Mapping[str, tuple[str, Sequence[Any]]]) -> tuple[str, list[str], list[str]]:
    """Columns (name → type, values) as a table the server unpacks from one array each.

    Returns the table for a FROM clause, its columns in their types, and the parameters.
    """
    quote = connection.ops.quote_name
    kinds, columns, parameters = [], [], []
    for name, (kind, values) in given.items():
        column = f"given.{quote(name)}"
        if kind == "jsonb":
            parameters.append(_array([to_json(value) for value in values]))
        elif kind.endswith("[]"):
            parameters.append(_array([_BETWEEN.join(value) for value in values]))
            column = f"string_to_array({column}, chr({ord(_BETWEEN)}))::{kind}"
            kind = "text"
        else:
            parameters.append(_array(values))
        kinds.append(f"%s::{kind}[]")
        columns.append(column)
    names = ", ".join(map(quote, given))
    return f"unnest({', '.join(kinds)}) AS given({names})", columns, parameters


def _array(values: Sequence[Any]) -> str:
    """Values as the text of a PostgreSQL array."""
    text = ",".join(["NULL" if value is None else f'"{value}"' for value in values])
    if "\\" in text or text.count('"') != 2 * (len(values) - values.count(None)):
        text = ",".join(["NULL" if value is None else f'"{_escaped(str(value))}"' for value in values])
    return f"{{{text}}}".replace("\0", "")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


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
