"""What a report declares, once: its page, its files and its answer of the API come from that.

PIPELINE = Report(
    slug="pipeline", title=_("Open pipeline"), note=_("…"), parameters=(owner(), team()),
    build=open_by_stage, chart=lambda table: bars(table, "amount"),
)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.http import urlencode

from crm.core import formats
from crm.core.money import BASE_CURRENCY, MINUS
from crm.identity import access, fields
from sales.models import Opportunity

if TYPE_CHECKING:
    from crm.identity.models import User
    from reports.asked import Asked

Label = str | Promise
TEXT, COUNT, MONEY, SHARE, DAYS, RATIO, DAY = "text", "count", "money", "share", "days", "ratio", "date"
FOUR = Decimal("0.0001")


@dataclass(frozen=True)
class Column:
    """One column of a report: what its values are decides how they are written."""

    key: str
    label: Label
    kind: str = COUNT
    note: Label = ""
    shown: bool = True  # in the table of the page; the files and the API have every column

    @property
    def is_number(self) -> bool:
        return self.kind not in (TEXT, DAY)


@dataclass
class Row:
    """One line: its values by column, and for each number the list of exactly those records."""

    values: dict[str, Any]
    id: Any = None
    drill: dict[str, str] = field(default_factory=dict)
    short: str = ""  # the label where there is little room


@dataclass
class Table:
    """What a report found, in one currency; converted amounts are approximate."""

    columns: list[Column]
    rows: list[Row]
    totals: dict[str, Any] = field(default_factory=dict)
    drill: dict[str, str] = field(default_factory=dict)  # of the totals
    currency: str = BASE_CURRENCY
    approximate: bool = False
    notes: list[str] = field(default_factory=list)  # what the reader has to know about these very numbers
    extra: dict[str, Any] = field(default_factory=dict)  # further plain values, for the API and the page

    def column(self, key: str) -> Column:
        return next(one for one in self.columns if one.key == key)

    def written(self, column: Column, value: Any, *, exact: bool = False) -> str:
        """A value as people read it, in the language of the reader."""
        return write(column.kind, value, self.currency, approximate=self.approximate, exact=exact)


def write(kind: str, value: Any, currency: str, *, approximate: bool = False, exact: bool = False) -> str:
    """A value in words; money in short unless it has to be exact, a dash where there is no value."""
    if value is None:
        return "–"
    if kind == MONEY:
        shown = formats.money_full(value, currency) if exact else formats.money_short(value, currency)
        return f"≈{shown}" if approximate and value else shown
    if kind == SHARE:
        return formats.percent(value)
    if kind == DAY:
        return formats.full_day(value)
    if kind in (COUNT, DAYS, RATIO):
        return formats.number(value, 2 if kind == RATIO else 1).replace("-", MINUS)
    return str(value)


def plain(kind: str, value: Any) -> Any:
    """A value as the API answers it: decimals as strings, money to the cent, shares and days to four places."""
    if value is None or isinstance(value, int | str):
        return value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if kind == MONEY:
        return f"{Decimal(value):.2f}"
    return f"{Decimal(value).quantize(FOUR).normalize():f}"


@dataclass(frozen=True)
class Parameter:
    """One thing a report can be asked; `make` gives the form field for a reader, `default` stands where nobody says."""

    name: str
    make: Callable[[User], forms.Field]
    default: Callable[[date], Any] = lambda _today: ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report: whoever may see its records and the fields it reads may read it, over the records they see."""

    slug: str
    title: Label
    note: Label  # how its numbers are made, for the reader
    parameters: Sequence[Parameter]
    build: Callable[[Asked], Table]
    chart: Callable[[Table], Any] | None = None
    icon: str = "chart-bar"
    model: type[models.Model] = Opportunity
    reads: frozenset[str] = frozenset({"amount"})  # fields whose closing to a role closes the report
    page: str = ""  # URL name of a fuller page about the same numbers
    order: int = 100

    def offered(self, user: User) -> bool:
        """Whether somebody may read it at all: sums would tell what a closed field says."""
        return access.has_verb(user, "view", self.model) and not (
            self.reads & fields.closed(user, self.model)
        )

    @property
    def url(self) -> str:
        return reverse("report_detail", args=[self.slug])


REPORTS: dict[str, Report] = {}


def report(**values: Any) -> Report:
    """Declare a report; its slug is its name for good."""
    made = Report(**values)
    if made.slug in REPORTS:
        raise ValueError(f"the report {made.slug} is declared twice")
    REPORTS[made.slug] = made
    return made


def reports_for(user: User) -> list[Report]:
    """The reports somebody may read, in their order."""
    return sorted(
        (one for one in REPORTS.values() if one.offered(user)), key=lambda one: (one.order, one.slug)
    )


def list_of(query: Mapping[str, Any], name: str = "opportunity_list") -> str:
    """The address of the list narrowed so, where the list has a page."""
    try:
        address = reverse(name)
    except NoReverseMatch:
        return ""
    return f"{address}?{urlencode(query, doseq=True)}"
