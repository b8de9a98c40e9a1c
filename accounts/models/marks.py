"""The pieces of company names by which alike ones are found, computed by the database for its index."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Func, TextField

# The same as `accounts.rules.matching.name_marks`, each with the region before it; 11904 is U+2E80.
SQL = (
    "CASE WHEN char_length({core}) < 4 THEN '{{}}'::text[] WHEN ascii({core}) >= 11904 THEN "
    "ARRAY[{region} || ':' || substr({core}, 1, 2), {region} || ':' || substr({core}, 2, 2), "
    "{region} || ':' || substr({core}, 1, 1) || substr({core}, 3, 1)] "
    "ELSE ARRAY[{region} || ':' || substr({core}, 1, 5)] END"
)


def marks_sql(alias: str) -> str:
    """The marks of a row of customers, as the index spells them."""
    return SQL.format(core=f"{alias}.company_core", region=f"{alias}.company_region")


# The same as `accounts.rules.matching.narrow_marks`, each with the region before it.
NARROW = (
    "CASE WHEN char_length({core}) < 4 THEN '{{}}'::text[] WHEN ascii({core}) >= 11904 THEN "
    "ARRAY[{region} || ':' || substr({core}, 1, 2) || '|' || right({core}, 2), "
    "{region} || ':' || substr({core}, 2, 2) || '|' || right({core}, 2), "
    "{region} || ':' || substr({core}, 1, 1) || substr({core}, 3, 1) || '|' || right({core}, 2), "
    "{region} || ':' || substr({core}, 1, 3) || '=']"
    "ELSE ARRAY[{region} || ':' || substr({core}, 1, 5)] END"
)


def narrow_sql(alias: str) -> str:
    """The narrow marks of a row of customers, as their index spells them."""
    return NARROW.format(core=f"{alias}.company_core", region=f"{alias}.company_region")


class NameMarks(Func):
    """The marks of a name, of a region and a core: what the index is over."""

    marks = SQL
    arity = 2
    output_field = ArrayField(TextField())

    def as_sql(self, compiler: Any, connection: Any, *_args: Any, **_context: Any) -> tuple[str, Any]:
        region, core = (compiler.compile(source)[0] for source in self.get_source_expressions())
        return self.marks.format(region=region, core=core), []


class NarrowMarks(NameMarks):
    """The narrow marks of a name: few names share one, so that thousands of names can be looked up at once."""

    marks = NARROW
