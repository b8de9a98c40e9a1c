"""SQL written once, for the few statements of every request: Django takes longer to write them than the database to answer."""

from django.db import models
from django.db.models.expressions import RawSQL


def written(rows: models.QuerySet) -> dict[str, RawSQL]:
    """The annotations of a queryset, to annotate others of the same model with. What they compare with stays as it was
    when they were written: a day, never a person or the time."""
    compiler = rows.query.get_compiler(rows.db)
    found = {}
    for name, one in rows.query.annotations.items():
        sql, params = compiler.compile(one)
        found[name] = RawSQL(sql, params, one.output_field)  # noqa: S611 - Django wrote it
    return found
