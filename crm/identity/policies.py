"""How a model is reached: each model declares exactly one of these as `access`, and `access.py` reads it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import models


@dataclass(frozen=True)
class About:
    """A loose reference (a generic foreign key) to records of several kinds, through which a record is reached as well.

    `kinds` names them when asked: they lie in apps above.
    """

    field: str
    kinds: Callable[[], Iterable[type[models.Model]]]


@dataclass(frozen=True)
class Owned:
    """Reached by its owner, by those who work with its team's records, and by those it is shared with.

    `also_via` names a parent record through which it is reached as well (an activity through its customer), `also_about`
    a loose reference to parents of several kinds (an activity through its lead).
    `writers` name the people who alone correct and delete it, whatever the rights of others. What is `set_by_others` its
    owner only reads: those who reach it by their own role change it (a target by who leads the team).
    """

    owner: str = "owner"
    team: str = "team"
    also_via: str | None = None
    also_about: About | None = None
    deal_date: str | None = None  # the field that makes it a deal customer
    writers: tuple[str, ...] = ()
    set_by_others: bool = False


@dataclass(frozen=True)
class Via:
    """Reached exactly by those who reach its parent, or one of its parents (`fields`)."""

    fields: tuple[str, ...]

    def __init__(self, *fields: str) -> None:
        object.__setattr__(self, "fields", fields)


@dataclass(frozen=True)
class PartOf(Via):
    """A part of one record, without verbs of its own: who sees the record sees it.

    Who may change or comment on the record adds to it; a part is removed by who added it (`author`) and by those who
    may change the record, or, where only its writers correct it, by them.
    """

    author: str

    def __init__(self, field: str, author: str) -> None:
        super().__init__(field)
        object.__setattr__(self, "author", author)


@dataclass(frozen=True)
class Everyone:
    """Reached by everybody whose role has the verb."""


@dataclass(frozen=True)
class Private:
    """Reached by one person only, whatever the role.

    `audience` names a field by which its person lets others look at it: "team" colleagues of the same team, "all" everybody.
    """

    user: str = "user"
    audience: str = ""


Policy = Owned | Via | Everyone | Private
