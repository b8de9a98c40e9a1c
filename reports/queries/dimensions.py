"""By what sales can be told apart: each way names its value, its words and the list of its records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models.functions import Substr, TruncMonth, TruncQuarter
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models.choices import Source
from crm.identity.models import Team, User
from crm.records.models import Industry, Region
from reports.declare import Label
from reports.rules.periods import MONTH, QUARTER, period_of
from reports.words import period_label
from sales.models import CloseReason, Pipeline, Product


@dataclass(frozen=True)
class Dimension:
    """One way of telling deals apart.

    `path` is what the database groups by, `fold` what several of its values come to (a team's department), `words`
    names them, `query` says which list shows the records of some values.
    """

    key: str
    label: Label
    path: Any
    words: Callable[[Iterable[Any]], Mapping[Any, str]]
    query: Callable[[Any, list[Any]], dict[str, Any] | None]
    fold: Callable[[], Callable[[Any], Any]] = lambda: lambda value: value
    nothing: Label = gettext_lazy("None")
    timed: bool = False  # by the day of closing: what is open has no place in it
    lined: bool = (
        False  # by the lines of a deal: one with several stands in several places, with their amounts
    )
    reads: str = ""  # the way from a deal to what it reads, where roles may be kept from that


def _named(model: Any) -> Callable[[Iterable[Any]], Mapping[Any, str]]:
    def words(keys: Iterable[Any]) -> Mapping[Any, str]:
        return {pk: str(one) for pk, one in model._base_manager.in_bulk([key for key in keys if key]).items()}

    return words


def _ids(
    name: str, none: Mapping[str, Any] | None = None
) -> Callable[[Any, list[Any]], dict[str, Any] | None]:
    """The list narrowed to some ids, or to the deals that have none (`none`, as the list says it)."""

    def query(_key: Any, values: list[Any]) -> dict[str, Any] | None:
        if any(value in (None, "") for value in values):
            return dict(none) if none and len(values) == 1 else None
        return {name: values}

    return query


def _without(name: str) -> dict[str, Any]:
    return {"without": name}


def _choices(choices: Any) -> Callable[[Iterable[Any]], Mapping[Any, str]]:
    return lambda _keys: {value: str(label) for value, label in choices.choices}


def _departments() -> Callable[[int | None], int | None]:
    """The team above each team; one that has none stands for itself."""
    parents = dict(Team._base_manager.values_list("pk", "parent_id"))
    return lambda team: parents.get(team) or team


def _month_words(kind: str) -> Callable[[Iterable[Any]], Mapping[Any, str]]:
    return lambda keys: {key: period_label(period_of(key, kind)) for key in keys if key}


def _closed_in(kind: str) -> Callable[[Any, list[Any]], dict[str, Any] | None]:
    def query(key: date, _values: list[Any]) -> dict[str, Any] | None:
        found = period_of(key, kind)
        return {"closed_at_after": found.first.isoformat(), "closed_at_before": found.last.isoformat()}

    return query


DIMENSIONS = {
    one.key: one
    for one in (
        Dimension(
            "owner",
            gettext_lazy("Owner"),
            "owner_id",
            _named(User),
            _ids("owner", {"owner": "none"}),
            nothing=gettext_lazy("Nobody"),
        ),
        Dimension("team", gettext_lazy("Team"), "team_id", _named(Team), _ids("team", _without("team"))),
        Dimension(
            "department",
            gettext_lazy("Department"),
            "team_id",
            _named(Team),
            _ids("team", _without("team")),
            fold=_departments,
        ),
        Dimension(
            "region",
            gettext_lazy("Region"),
            Substr("customer__region_id", 1, 2),
            lambda keys: _provinces(keys),
            lambda key, _values: {"region": f"{key}0000"} if key else _without("region"),
            reads="customer__region",
        ),
        Dimension(
            "industry",
            gettext_lazy("Industry"),
            "customer__industry_id",
            _named(Industry),
            lambda key, _values: {"industry": key} if key else _without("industry"),
            reads="customer__industry",
        ),
        Dimension(
            "product",
            gettext_lazy("Product"),
            "lines__product_id",
            _named(Product),
            _ids("product", _without("product")),
            lined=True,
            reads="lines__product",
        ),
        Dimension("pipeline", gettext_lazy("Pipeline"), "pipeline_id", _named(Pipeline), _ids("pipeline")),
        Dimension(
            "source",
            gettext_lazy("Source"),
            "source",
            _choices(Source),
            _ids("source", _without("source")),
            reads="source",
        ),
        Dimension(
            "reason",
            gettext_lazy("Reason"),
            "reason",
            _choices(CloseReason),
            _ids("reason", _without("reason")),
            reads="reason",
        ),
        Dimension(
            "month",
            pgettext_lazy("report", "Month"),
            TruncMonth("closed_at"),
            _month_words(MONTH),
            _closed_in(MONTH),
            timed=True,
        ),
        Dimension(
            "quarter",
            pgettext_lazy("report", "Quarter"),
            TruncQuarter("closed_at"),
            _month_words(QUARTER),
            _closed_in(QUARTER),
            timed=True,
        ),
    )
}


def _provinces(keys: Iterable[Any]) -> Mapping[Any, str]:
    found = Region._base_manager.in_bulk([f"{key}0000" for key in keys if key])
    return {code[:2]: one.label for code, one in found.items()}


def id_of(dimension: Dimension, key: Any) -> Any:
    """What the API calls a value: the number of a record, a code, a month 2026-11, a quarter 2026Q4."""
    if isinstance(key, date):
        return period_of(key, dimension.key).key
    return f"{key}0000" if dimension.key == "region" and key else key or None


def word(dimension: Dimension, words: Mapping[Any, str], key: Any) -> str:
    """A value in words."""
    if key in (None, ""):
        return str(dimension.nothing)
    return words.get(key) or _("Unknown")
