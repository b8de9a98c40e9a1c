"""Text search that finds two Chinese characters: the mixin a model inherits and the filter a list applies."""

from collections.abc import Container, Iterable
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from crm.core import grams
from crm.core.text import fold
from crm.records.sound import Reading, has_initials, heard_q

M = TypeVar("M", bound=models.Model)
NOTHING = Q(pk__in=[])
SEARCHED = ("search_text", "search_grams")  # large, and read by searches alone


class Searchable(models.Model):
    """A record found by its text: grams find the candidates by index, the folded text confirms them.

    The model says what it is found by in `search_values()`; its services call `fill_search()` before saving,
    set-based writers `search_columns()`. The index is declared per model with `search_index("customer")`.
    """

    heard_by = ""  # the field with the reading of its name, where typed pinyin finds it too
    openly_found_by: tuple[str, ...] = ("name",)  # what may be found by whoever does not see all the rest
    initialled: tuple[str, ...] = ("name",)  # of which it is found by the initials too

    search_text = models.TextField(default="", blank=True, editable=False)
    search_grams = ArrayField(models.TextField(), default=list, blank=True, editable=False)

    class Meta:
        abstract = True

    def search_values(self) -> Iterable[object]:
        """Everything the record is found by; empty values are skipped."""
        raise NotImplementedError

    def fill_search(self) -> list[str]:
        """Renew the search columns from the record's values; returns their names for `save(update_fields=…)`."""
        self.search_text, self.search_grams = search_columns(self.search_values())
        return ["search_text", "search_grams"]


def search_columns(values: Iterable[object]) -> tuple[str, list[str]]:
    """Text and grams for the values of one record, for writers that fill many rows at once."""
    text = grams.search_text(values)
    return text, grams.text_grams(text)


def search_index(model_name: str) -> GinIndex:
    """The index a searchable model declares in its Meta."""
    return GinIndex(fields=["search_grams"], name=f"{model_name}_search")


def search_filter(query: str) -> Q | None:
    """The condition under which a record is found; None for an empty query, which finds everything.

    Every word must occur: beside longer words anywhere, but words of one character or two digits alone find only
    values that begin with them.
    """
    terms = grams.query_terms(query)
    if not terms:
        return None
    condition = Q(search_grams__contains=grams.query_grams(terms))
    for term in terms:
        condition &= Q(search_text__contains=term)
    return condition


def candidates(text: str) -> Q | None:
    """What every record meets that has the text anywhere in a value it is found by; None where the index is no help."""
    terms = grams.query_terms(text)
    # A number loses its punctuation in a query, and values may keep it.
    plain = terms == list(dict.fromkeys(fold(text).split()))
    if not plain or not any(not grams.is_beginning(term) for term in terms):
        return None
    return search_filter(text)


def search(queryset: models.QuerySet[M], query: str) -> models.QuerySet[M]:
    """Narrow a query to the records found by a text, whoever asks."""
    condition = search_filter(query)
    return queryset if condition is None else queryset.filter(condition)


def openly(model: type[Searchable], query: str, closed: Container[str] = ()) -> Q:
    """The condition under which a record's open names have the text: a hit then tells nothing of its other values.

    A kind without a name says in `openly_found_by` what stands for it; what is closed finds nothing.
    """
    paths = [name for name in model.openly_found_by if name not in closed]
    condition = Q()
    for term in grams.query_terms(query):
        condition &= reduce(or_, (_opens(model, path, term) for path in paths), Q()) if paths else NOTHING
    return condition


def _opens(model: type[Searchable], path: str, term: str) -> Q:
    """Whether an open name, or its initials, has a word."""
    found = Q(**{f"{path}__icontains": term})
    if path in model.initialled and len(term) > 1 and term.isascii() and term.isalnum():
        stored = path == "name" and model.heard_by
        found |= has_initials(F(stored) if stored else Reading(F(path)), term)
    return found


def heard(model: type[Searchable], query: str, closed: Container[str] = ()) -> Q | None:
    """The condition under which a record's name sounds as typed; None where it cannot, or may not be told."""
    if not model.heard_by or "name" in closed:
        return None
    return heard_q(model.heard_by, query)


def reads_of(model: type[models.Model]) -> list[type[models.Model]]:
    """The kinds of record whose values a kind is found by: its own, and others' it names in `search_reads`."""
    return [apps.get_model(label) for label in getattr(model, "search_reads", ())] or [model]


def refill(queryset: models.QuerySet[Any], batch_size: int = 2000) -> int:
    """Renew the search columns of many records, for example after what they are found by has changed."""
    done, batch = 0, []
    for record in queryset.iterator(chunk_size=batch_size):
        record.fill_search()
        batch.append(record)
        if len(batch) == batch_size:
            done += _write(queryset, batch)
            batch = []
    return done + _write(queryset, batch)


def _write(queryset: models.QuerySet[Any], batch: list[Any]) -> int:
    if batch:
        queryset.model._base_manager.bulk_update(batch, ["search_text", "search_grams"])
    return len(batch)
