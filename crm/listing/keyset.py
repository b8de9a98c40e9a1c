"""Keyset paging: walk a sorted list by the last row's key instead of an offset.

A page costs the same at the start of the list and a million rows further down. Rows are ordered by one sort key
and then by id, both in the same direction, so that one plain index ``(key, id)`` serves both directions. Rows
without a value always come last: they are a second stretch of the same walk, which spares a NULLS LAST index.

People whose scope is narrow get an *ordered merge*: each branch of the scope (own, each team, shared ids) is walked
by its own index, and the few rows each yields are joined with UNION ALL. With one OR over the branches the planner
would walk the whole table looking for them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core import signing
from django.core.exceptions import FieldDoesNotExist
from django.db.models import BooleanField, F, Field, Func, Model, Q, QuerySet, Value

COUNT_CAP = 10_000
SALT = "crm.listing.cursor"
Key = tuple[Any, int]


class BadCursor(ValueError):
    """The cursor was not made by us, or belongs to another order."""


@dataclass(frozen=True)
class Order:
    """One sort order: the key's path from the model, its direction, and whether rows may lack it."""

    path: str
    descending: bool = False
    nullable: bool = False
    value: Any = field(default=None, compare=False)  # an expression to sort by instead of the path

    def columns(self, backwards: bool = False) -> list[str]:
        sign = "-" if self.descending != backwards else ""
        return [f"{sign}_key", f"{sign}pk"]

    def __str__(self) -> str:
        return f"{'-' if self.descending else ''}{self.path}"


@dataclass(frozen=True)
class Cursor:
    """A place between two rows: the key beside it, the direction to walk, and the number of the row it starts at."""

    order: str
    value: Any
    pk: int
    backwards: bool = False
    start: int = 1

    def encode(self) -> str:
        kind, text = _pack(self.value)
        return signing.dumps(
            [self.order, kind, text, self.pk, int(self.backwards), self.start], salt=SALT, compress=True
        )

    @classmethod
    def decode(cls, text: str, order: Order) -> "Cursor":
        try:
            name, kind, value, pk, backwards, start = signing.loads(text, salt=SALT)
            cursor = cls(name, _unpack(kind, value), pk, bool(backwards), start)
        except (signing.BadSignature, ValueError, TypeError, ArithmeticError) as error:
            raise BadCursor from error
        if cursor.order != str(order):
            raise BadCursor
        return cursor


@dataclass(frozen=True)
class Slice:
    """One page of keys in reading order, with the cursors to both sides."""

    keys: list[Key]
    next: Cursor | None
    previous: Cursor | None
    start: int

    @property
    def ids(self) -> list[int]:
        return [pk for _, pk in self.keys]

    @property
    def whole(self) -> bool:
        """Whether this page is all there is."""
        return self.next is None and self.previous is None


def walk(
    queryset: QuerySet,
    order: Order,
    *,
    size: int,
    cursor: Cursor | None = None,
    branches: Sequence[Q] | None = None,
) -> Slice:
    """One page of (key, id) pairs; with branches, the ordered merge of the rows that any branch holds."""
    backwards = bool(cursor and cursor.backwards)
    found: list[Key] = []
    for stretch in _stretches(order, cursor, queryset.model):
        found += _pairs(queryset, stretch, order.columns(backwards), size + 1 - len(found), branches)
        if len(found) > size:
            break
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    start = cursor.start if cursor else 1
    if backwards:
        start = max(1, start - len(found)) if more else 1
    has_next, has_previous = (bool(found), more) if backwards else (more, bool(cursor and found))
    return Slice(
        keys=found,
        next=Cursor(str(order), *found[-1], False, start + len(found)) if has_next else None,
        previous=Cursor(str(order), *found[0], True, start) if has_previous else None,
        start=start,
    )


def capped_count(queryset: QuerySet, branches: Sequence[Q] | None = None, cap: int = COUNT_CAP) -> int:
    """How many rows there are, counting no further than one past the cap."""
    ids = queryset.order_by().values("pk")
    if branches is not None:
        if not branches:
            return 0
        parts = [ids.filter(branch)[: cap + 1] for branch in branches]
        ids = parts[0].union(*parts[1:]) if len(parts) > 1 else parts[0]
    return ids[: cap + 1].count()


def is_nullable(model: type[Model], path: str) -> bool:
    """Whether a row may have no value at the end of this path (annotations count as nullable)."""
    for part in path.split("__"):
        try:
            field = model._meta.get_field("id" if part == "pk" else part)
        except FieldDoesNotExist:
            return True
        if not isinstance(field, Field) or field.null:
            return True
        if field.related_model and isinstance(field.related_model, type):
            model = field.related_model
    return False


def _pairs(
    queryset: QuerySet, stretch: Q, columns: list[str], limit: int, branches: Sequence[Q] | None
) -> list[Key]:
    rows = queryset.filter(stretch).values_list("_key", "pk")
    if branches is None:
        return list(rows.order_by(*columns)[:limit])
    parts = [rows.filter(branch).order_by(*columns)[:limit] for branch in branches]
    if not parts:
        return []
    merged = parts[0].union(*parts[1:], all=True).order_by(*columns) if len(parts) > 1 else parts[0]
    return list(dict.fromkeys(merged))[:limit]


def keyed(queryset: QuerySet, order: Order) -> QuerySet:
    """The queryset with the sort key under the one name the walk uses."""
    return queryset.order_by().annotate(_key=F(order.path) if order.value is None else order.value)


def _stretches(order: Order, cursor: Cursor | None, model: type[Model]) -> Iterator[Q]:
    """The parts of the list still ahead, nearest first: rows with a value, then rows without (or reversed)."""
    backwards = bool(cursor and cursor.backwards)
    with_value = Q(_key__isnull=False) if order.nullable else Q()
    if not cursor:
        yield with_value
        if order.nullable:
            yield Q(_key__isnull=True)
        return
    below = order.descending != backwards
    if cursor.value is None:
        yield Q(_key__isnull=True) & (Q(pk__lt=cursor.pk) if below else Q(pk__gt=cursor.pk))
        if backwards:
            yield with_value
        return
    yield with_value & Q(RowCompare(F("_key"), F("pk"), Value(cursor.value), Value(cursor.pk), below=below))
    if order.nullable and not backwards:
        yield Q(_key__isnull=True)


class RowCompare(Func):
    """``(key, id) < (value, id)`` as one row comparison, which PostgreSQL answers from a two-column index."""

    template = "(%(left)s) %(operator)s (%(right)s)"
    conditional = True

    def __init__(self, *parts: Any, below: bool = False) -> None:
        super().__init__(*parts, output_field=BooleanField())
        self.below = below

    def as_sql(self, compiler: Any, connection: Any, *_args: Any, **_extra: Any) -> tuple[str, Any]:
        sql, params = zip(*(compiler.compile(part) for part in self.source_expressions), strict=True)
        operator = "<" if self.below else ">"
        return f"({sql[0]}, {sql[1]}) {operator} ({sql[2]}, {sql[3]})", [p for part in params for p in part]


def _pack(value: Any) -> tuple[str, Any]:
    """A key value as JSON, tagged with its type."""
    if value is None or isinstance(value, bool | int | float | str):
        return "", value
    if isinstance(value, datetime):
        return "t", value.isoformat()
    if isinstance(value, date):
        return "d", value.isoformat()
    if isinstance(value, Decimal):
        return "n", str(value)
    return "", str(value)


def _unpack(kind: str, value: Any) -> Any:
    readers: dict[str, Callable[[Any], Any]] = {
        "t": datetime.fromisoformat,
        "d": date.fromisoformat,
        "n": Decimal,
    }
    return readers[kind](value) if kind in readers else value
