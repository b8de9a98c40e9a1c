"""The command palette's records: the first hits of several lists by one query, whatever the person's scope."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db.models import F, QuerySet, TextField, Value
from django.db.models.functions import Cast, Greatest, Left
from django.urls import reverse

from crm.core import grams
from crm.core.hooks import hooks
from crm.identity import access, fields
from crm.listing.columns import link_of
from crm.listing.selection import MERGED, search

if TYPE_CHECKING:
    from crm.identity.models import User
    from crm.listing.declare import ListPage

LONGEST = 120


@dataclass(frozen=True)
class Found:
    """How a list's records stand in the palette, in the database's words: what they are called, a quiet second word,
    and the field by which the latest comes first."""

    title: Any
    note: Any = ""
    latest: str = "updated_at"
    parent: str = (
        ""  # the record whose search index holds the names of these too: short texts are sought by it
    )
    reads: tuple[str, ...] = ()  # the fields in the title that roles may be kept from


@dataclass(frozen=True)
class Hit:
    """A record the palette found."""

    listing: ListPage
    pk: int
    title: str
    note: str
    text: str

    @property
    def url(self) -> str:
        return link_of(self.listing.model(pk=self.pk))

    @property
    def preview(self) -> str:
        """Where a short look at it comes from; empty where its list has none."""
        return reverse(self.listing.peek, args=[self.pk]) if self.listing.peek else ""

    @property
    def parts(self) -> tuple[str, str, str]:
        """The title before, in and after what was typed."""
        at = self.title.casefold().find(self.text.casefold()) if self.text else -1
        if at < 0:
            return self.title, "", ""
        end = at + len(self.text)
        return self.title[:at], self.title[at:end], self.title[end:]


def lists_for(user: User) -> list[ListPage]:
    """The lists whose records a person may find in the palette."""
    pages = hooks.list_pages.values()
    return [one for one in pages if one.palette and access.has_verb(user, "view", one.model)]


def find(user: User, text: str, *, only: str = "", size: int = 5) -> list[tuple[ListPage, list[Hit]]]:
    """The latest records of each list that contain the text: one query for all lists, one for what was found."""
    lists = [one for one in lists_for(user) if not only or one.key == only]
    parts = [part for one in lists for part in _parts(one, user, text, size)]
    rows = sorted(_joined(parts), key=lambda row: row[2], reverse=True)
    found = {}
    for one in lists:
        ids = list(dict.fromkeys(pk for key, pk, _at in rows if key == one.key))[:size]
        if ids:
            found[one] = ids
    words = {
        (key, pk): (title, note) for key, pk, title, note in _joined(list(map(_words, found, found.values())))
    }
    groups = []
    for one, ids in found.items():
        said = _titles(one, user, ids)
        there = [(pk, *words[one.key, pk]) for pk in ids if (one.key, pk) in words]  # else gone meanwhile
        hits = [Hit(one, pk, said.get(pk, title) or "–", note or "", text) for pk, title, note in there]
        groups.append((one, hits))
    return groups


def _joined(parts: list[QuerySet]) -> Iterable[tuple]:
    """The rows of all parts, by one statement."""
    return parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0] if parts else ()


def _words(listing: ListPage, ids: list[int]) -> QuerySet:
    """What records are called, and their second word."""
    found = listing.palette
    assert found is not None
    return (
        listing.queryset()
        .select_related(None)
        .filter(pk__in=ids)
        .values_list(
            Value(listing.key, TextField()),
            "pk",
            Left(Cast(found.title, TextField()), LONGEST),
            Cast(found.note or Value(""), TextField()),
        )
    )


def _titles(listing: ListPage, user: User, ids: list[int]) -> dict[int, str]:
    """What records are called for somebody who may not read all that their titles are made of."""
    told = listing.palette.reads if listing.palette else ()
    if not ids or not fields.closed(user, listing.model).intersection(told):
        return {}
    records = list(listing.queryset().filter(pk__in=ids))
    fields.shield(user, records)
    return {record.pk: str(record)[:LONGEST] for record in records}


def _parts(listing: ListPage, user: User, text: str, size: int) -> Iterator[QuerySet]:
    """The first hits of a list, one query for each piece of the person's scope: they are joined later."""
    found = listing.palette
    assert found is not None
    pieces = access.scope_pieces(listing.model, user)
    if pieces is not None and len(pieces.all) > MERGED:
        pieces = None
    latest = _latest(listing, narrow=pieces is not None)
    if pieces is None:
        yield search(listing, access.narrow_joined(latest, user), text, user)[:size]
    else:
        hits = search(listing, latest, text, user)
        yield from (_short(found, hits, text).filter(one)[:size] for one in pieces.folded)


def _short(found: Found, rows: QuerySet, text: str) -> QuerySet:
    """Rows whose parent is found by a text too short for more than beginnings, which too many rows have."""
    terms = grams.query_terms(text)
    if not found.parent or not terms or not all(map(grams.is_beginning, terms)):
        return rows
    return rows.filter(**{f"{found.parent}__search_grams__contains": grams.query_grams(terms)})


@cache  # it is the same for everybody and at any time: what a list holds before anyone asks for some of it
def _latest(listing: ListPage, narrow: bool) -> QuerySet:
    """What the palette reads of a list's rows, the latest first."""
    found = listing.palette
    assert found is not None
    at: Any = F(found.latest)
    if narrow:
        # Of few rows all hits are sorted. By the bare field the planner would walk the whole table from its latest
        # row, hoping to meet some of them soon.
        at = Greatest(at, at)
    rows = listing.queryset().select_related(None).annotate(_key=Value(listing.key, TextField()), _at=at)
    return rows.order_by("-_at", "-pk").values_list("_key", "pk", "_at")
