"""What every write shares: locking, versions, and the errors people get to read."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction
from django.db.models.sql import Query
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

M = TypeVar("M", bound=models.Model)
Guard = Callable[[models.Model, set[str]], None]
_guards: list[Guard] = []


class RuleBroken(Exception):
    """A business rule forbids the change; the message is written for the person who tried."""

    def __init__(self, message: object, *, code: str = "rule_broken", field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.field = field

    def __str__(self) -> str:
        return str(self.message)


class StaleVersion(RuleBroken):
    """Somebody else saved the record since it was read; `current` is the record as it is now."""

    def __init__(self, current: models.Model) -> None:
        super().__init__(_("Somebody else has changed this record meanwhile."), code="stale_version")
        self.current = current


class Versioned(models.Model):
    """A record that counts its versions, so that two editors never overwrite each other silently."""

    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True


class SoftDeletable(models.Model):
    """A record that goes to the bin before it goes for good."""

    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_by_id = models.BigIntegerField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True


class AliveManager(models.Manager):
    """Records outside the bin, by themselves and by what they go with: what every list, count, choice and related
    lookup sees.

    A kind of record names the foreign key to the record it goes with (`goes_with = "customer"`): in the bin that one takes it
    out of sight, and back; nothing is written for it. Few lie in the bin: their ids are read once for a statement, by NOT IN.
    A join, or NOT EXISTS, which becomes one, takes part in the order of joins: lists and sums over a million deals then take
    several times as long wherever the planner guesses wrong how much lies there (ADR 120).
    """

    def get_queryset(self) -> models.QuerySet:
        rows = super().get_queryset()
        rows.query = _outside_the_bin(self.model).clone()
        return rows

    def binned(self) -> models.QuerySet:
        """Those put in the bin by themselves: what went with another record waits for that one to come back."""
        return _beside(self.model).filter(deleted_at__isnull=False)


@cache  # a page asks a dozen managers, and each would put its conditions together anew
def _outside_the_bin(model: type[models.Model]) -> Query:
    rows = _beside(model)
    return (rows.filter(deleted_at__isnull=True) if issubclass(model, SoftDeletable) else rows).query


def _beside(model: type[models.Model]) -> models.QuerySet:
    """The records whose wholes lie outside the bin."""
    rows: models.QuerySet = models.QuerySet(model)
    for path in wholes(model):
        name, *rest = path.split("__")
        whole: Any = model._meta.get_field(name).related_model
        gone = whole._base_manager.filter(**{"__".join([*rest, "deleted_at", "isnull"]): False})
        rows = rows.exclude(**{f"{name}__in": gone.values("pk")})
    return rows


@cache
def wholes(model: type[models.Model]) -> tuple[str, ...]:
    """The paths from a kind of record to those that take it along into the bin: of a receipt its order, and the order's customer."""
    name = getattr(model, "goes_with", "")
    if not name:
        return ()
    whole: type[models.Model] = model._meta.get_field(name).related_model  # type: ignore[assignment]
    own = (name,) if issubclass(whole, SoftDeletable) else ()
    return own + tuple(f"{name}__{path}" for path in wholes(whole))


def lock(record: M) -> M:
    """The same record, fresh from the database and locked until the transaction ends."""
    model: type[M] = record._meta.model  # type: ignore[assignment]  # type(record) may be a deferred proxy
    return model._base_manager.select_for_update(of=("self",)).get(pk=record.pk)


def check_version(record: Versioned, expected: int | None) -> None:
    """Refuse a change that was prepared against another version of the (locked) record."""
    if expected is not None and record.version != expected:
        raise StaleVersion(record)


def guard_writes(guard: Guard) -> None:
    """Ask `guard` before every change of a record's fields; it raises `RuleBroken` where the record is locked."""
    if guard not in _guards:
        _guards.append(guard)


def only(editable: Iterable[str], values: Iterable[str]) -> None:
    """Refuse values a service does not change: a mistake of the caller, never of a person."""
    if unknown := set(values) - set(editable):
        raise TypeError(f"not to be edited this way: {sorted(unknown)}")


def save_versioned(record: Versioned, fields: Iterable[str]) -> None:
    """Save the named fields as the next version; raise `StaleVersion` if somebody was faster."""
    fields = set(fields)
    for guard in _guards:
        guard(record, fields)
    before = record.version
    record.version = before + 1
    record.updated_at = timezone.now()
    names = {*fields, "version", "updated_at"}
    values = {
        f.attname: getattr(record, f.attname)
        for f in record._meta.concrete_fields
        if f.name in names or f.attname in names
    }
    changed = type(record)._base_manager.filter(pk=record.pk, version=before).update(**values)
    if not changed:
        record.version = before
        raise StaleVersion(type(record)._base_manager.get(pk=record.pk))


@contextmanager
def without_double(**words: object) -> Iterator[None]:
    """Say in words, by field, that another record has a value already where the database keeps it once.

    A constraint is named after what it keeps once: `order_number_once` is about `number`.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        for field, text in words.items():
            if f"_{field}_once" in str(error):
                raise RuleBroken(text, field=field, code="duplicate") from error
        raise
