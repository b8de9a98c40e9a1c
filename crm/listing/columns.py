"""Columns of a declared list: each turns one record into one cell, as HTML and as a plain value.

Cells are plain functions over strings. A template include per cell made rendering the cost of a list page in every
system that was measured; here a row of nine cells costs about as much as one `{% url %}`.

`card` says where the cell stands on the card a phone shows: title, badge (beside the title), corner (top right),
subtitle, meta (bottom left), right (bottom right); without it the cell is left out there. There is no heading on a card:
what says nothing by itself, as a bare number, is `worded`, its heading standing before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from crm.core import formats
from crm.core.templatetags.ui import avatar, badge, icon
from crm.identity.access import has_verb

if TYPE_CHECKING:
    from crm.identity.models import User

Label = str | Promise
NOTHING = mark_safe('<span class="muted">–</span>')


@dataclass
class Look:
    """What every cell of one response shares, looked up once: who reads, and when."""

    user: User
    now: datetime = field(default_factory=timezone.now)
    drawn: dict[Any, SafeString] = field(default_factory=dict)  # labels that many rows of the page share
    addresses: dict[type, tuple[str, str] | None] = field(default_factory=dict)

    @cached_property
    def today(self) -> date:
        return timezone.localdate(self.now)

    def once(self, key: Any, make: Callable[[], SafeString]) -> SafeString:
        """HTML that many rows share (a stage, an owner, a grade), made once a response."""
        if key not in self.drawn:
            self.drawn[key] = make()
        return self.drawn[key]

    def url_of(self, record: Any) -> str:
        """The record's page, for who may open it: where its address is words around the id, that is found out once."""
        kind = type(record)
        if kind not in self.addresses:
            verb = getattr(kind, "page_verb", "view")
            opens = verb == "view" or has_verb(self.user, verb, kind)
            self.addresses[kind] = around_id(link_of(record), record.pk) if opens else ("", "")
        if self.addresses[kind] == ("", ""):
            return ""
        around = self.addresses[kind]
        return link_of(record) if around is None else f"{around[0]}{record.pk}{around[1]}"


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column: `name` is the attribute (dots and double underscores reach further), `sort` the path to order by."""

    name: str = field(kw_only=False)
    label: Label = ""
    value: Callable[[Any], Any] | None = None
    sort: str | bool | None = None
    shown: bool = True
    fixed: bool = False  # cannot be hidden
    align: str = ""
    card: str = ""
    worded: bool = False  # its heading stands before it on a card
    css: str = ""
    export: bool = True
    prefetch: tuple[str, ...] = ()  # relations to fetch while the column is shown
    parts: bool = False  # reads what ListPage.parts adds
    joins: tuple[str, ...] = ()  # relations a rendering function reads (ListPage.joins_by_column)
    private: bool = False  # personal data: exports record that it was taken out

    def __post_init__(self) -> None:
        path = self.name.replace("__", ".")
        object.__setattr__(self, "_get", self.value or _getter(path))

    @property
    def sort_path(self) -> str | None:
        return self.name if self.sort is True else self.sort or None

    def heading(self, model: type[models.Model]) -> Label:
        """The declared label, else the field's own name."""
        if self.label:
            return self.label
        found = field_of(model, self.name)
        name = str(found.verbose_name if found is not None else self.name.replace("_", " "))
        return name[:1].upper() + name[1:]

    def relations(self) -> set[str]:
        """The relations, by their first step, that a cell may follow."""
        return {
            path.split("__")[0].split(".")[0]
            for path in (self.name, getattr(self, "sub", ""), *self.joins)
            if path
        }

    def raw(self, record: models.Model) -> Any:
        return self._get(record)  # type: ignore[attr-defined]

    def plain(self, record: models.Model) -> Any:
        """The value for a spreadsheet cell: text, number, date or nothing."""
        value = self.raw(record)
        return str(value) if isinstance(value, models.Model) else value

    def html(self, record: models.Model, look: Look) -> SafeString:
        value = self.raw(record)
        return NOTHING if value is None or value == "" else conditional_escape(value)

    def dress(self, records: Sequence[Any], user: User) -> None:
        """A chance to fetch what the cells of a whole page need; most columns find it on the record."""

    @property
    def classes(self) -> str:
        return " ".join(word for word in (self.css, "num" if self.align == "end" else "") if word)


class Text(Column):
    """Plain text."""


@dataclass(frozen=True, kw_only=True)
class Link(Column):
    """The record's name as the row's only link, with a quiet second word beside it."""

    to: Callable[[Any], str] | None = None  # default: the record's own page
    sub: str = ""
    fixed: bool = True
    card: str = "title"
    css: str = "cell-name"

    def html(self, record: models.Model, look: Look) -> SafeString:
        value = self.raw(record)
        target = self.to(record) if self.to else look.url_of(record)
        text = conditional_escape(value or "–")
        main = f'<a data-open href="{conditional_escape(target)}">{text}</a>' if target else f"<b>{text}</b>"
        second = reach(record, self.sub) if self.sub else None
        return mark_safe(
            f'{main} <span class="cell-sub">{conditional_escape(second)}</span>' if second else main
        )


@dataclass(frozen=True, kw_only=True)
class Related(Column):
    """Another record by its name, linked to its page."""

    def html(self, record: models.Model, look: Look) -> SafeString:
        value = self.raw(record)
        if value is None:
            return NOTHING
        target = look.url_of(value)
        text = conditional_escape(value)
        return mark_safe(f'<a href="{conditional_escape(target)}">{text}</a>') if target else text


@dataclass(frozen=True, kw_only=True)
class Badge(Column):
    """A choice as a coloured label; `kinds` maps values to the colours of the badge."""

    kinds: Mapping[Any, str] = field(default_factory=dict)
    render: Callable[[Any, Label], SafeString] | None = None

    def words(self, record: models.Model) -> Label:
        value = self.raw(record)
        found = field_of(type(record), self.name)
        choices = choices_of(found) if found is not None else {}
        return choices.get(value, value)

    def plain(self, record: models.Model) -> Any:
        return "" if self.raw(record) in (None, "") else str(self.words(record))

    def html(self, record: models.Model, look: Look) -> SafeString:
        value = self.raw(record)
        if value in (None, ""):
            return NOTHING
        return look.once((self.name, value), lambda: self._label(value, self.words(record)))

    def _label(self, value: Any, words: Label) -> SafeString:
        return self.render(value, words) if self.render else badge(words, self.kinds.get(value, ""))


@dataclass(frozen=True, kw_only=True)
class Money(Column):
    """An amount, short, in the record's own currency."""

    currency: str = "currency"
    align: str = "end"

    def html(self, record: models.Model, look: Look) -> SafeString:
        value = self.raw(record)
        if value is None:
            return NOTHING
        currency = reach(record, self.currency)
        short, exact = formats.money_short(value, currency), formats.money_full(value, currency)
        return mark_safe(f'<b title="{conditional_escape(exact)}">{conditional_escape(short)}</b>')


@dataclass(frozen=True, kw_only=True)
class Number(Column):
    """A number, grouped by thousands."""

    align: str = "end"
    worded: bool = True

    def html(self, record: models.Model, look: Look) -> SafeString:
        value = self.raw(record)
        return NOTHING if value is None else conditional_escape(formats.number(value))


@dataclass(frozen=True, kw_only=True)
class Person(Column):
    """A colleague as avatar with name; `note` adds a small label, such as “shared”."""

    note: Callable[[Any, Any], Label] | None = None

    def html(self, record: models.Model, look: Look) -> SafeString:
        value = self.raw(record)
        if value is None:
            return NOTHING
        note = self.note(record, look.user) if self.note else ""
        person = look.once(("person", type(value), value.pk), lambda: self._person(value))
        return mark_safe(f"{person} {badge(note, 'line')}") if note else person

    def _person(self, value: Any) -> SafeString:
        name = conditional_escape(value)
        return mark_safe(f'<span class="person" title="{name}">{avatar(value)}<span>{name}</span></span>')


@dataclass(frozen=True, kw_only=True)
class Date(Column):
    """A date or time: relative within a week, the exact one on hover."""

    def html(self, record: models.Model, look: Look) -> SafeString:
        value = self.raw(record)
        if value is None:
            return NOTHING
        machine, exact = value.isoformat(), conditional_escape(formats.exact(value))
        text = conditional_escape(formats.relative_day(value, look.today))
        return mark_safe(f'<time datetime="{machine}" title="{exact}">{text}</time>')


@dataclass(frozen=True, kw_only=True)
class FollowUp(Date):
    """The next follow-up: red and counted when overdue; `all_day` names the flag of a date without a time."""

    all_day: str = ""
    card: str = "right"

    def html(self, record: models.Model, look: Look) -> SafeString:
        value = self.raw(record)
        if value is None:
            return NOTHING
        whole = bool(self.all_day and reach(record, self.all_day))
        late = formats.local_day(value) < look.today if whole else value < look.now
        css = "overdue" if late else "today" if formats.local_day(value) == look.today else ""
        exact = conditional_escape(formats.exact(formats.local_day(value) if whole else value))
        text = conditional_escape(formats.due_moment(value, all_day=whole, today=look.today))
        return mark_safe(f'<time class="{css}" datetime="{value.isoformat()}" title="{exact}">{text}</time>')


@dataclass(frozen=True, kw_only=True)
class Tags(Column):
    """Tags as small labels."""

    limit: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "prefetch", self.prefetch or (self.name,))

    def plain(self, record: models.Model) -> str:
        return ", ".join(str(tag) for tag in self.raw(record).all())

    def html(self, record: models.Model, look: Look) -> SafeString:
        tags = list(self.raw(record).all())
        shown = "".join(badge(tag, getattr(tag, "colour", "")) for tag in tags[: self.limit])
        return (
            mark_safe(f"{shown} +{len(tags) - self.limit}")
            if len(tags) > self.limit
            else mark_safe(shown or NOTHING)
        )


@dataclass(frozen=True, kw_only=True)
class Flag(Column):
    """Yes as a tick, no as nothing."""

    def html(self, record: models.Model, look: Look) -> SafeString:
        return icon("check", 16, "", str(self.label or self.name)) if self.raw(record) else NOTHING


@dataclass(frozen=True, kw_only=True)
class Html(Column):
    """Anything else: a function of the record and the look gives the cell, `value` what a spreadsheet gets."""

    render: Callable[[Any, Look], SafeString | str]

    def html(self, record: models.Model, look: Look) -> SafeString:
        return conditional_escape(self.render(record, look) or NOTHING)


def reach(record: Any, path: str) -> Any:
    """The value at the end of a path, nothing where a step is missing."""
    for step in path.replace("__", ".").split("."):
        if record is None:
            return None
        record = getattr(record, step, None)
    return record


def around_id(url: str, pk: Any) -> tuple[str, str] | None:
    """The two sides of an address that holds the id as one whole step and nowhere else."""
    before, step, after = url.partition(f"/{pk}/")
    return (f"{before}/", f"/{after}") if step and str(pk) not in before + after else None


def link_of(record: Any) -> str:
    return record.get_absolute_url() if hasattr(record, "get_absolute_url") else ""


def field_of(model: type[models.Model], path: str) -> models.Field | None:
    """The model field at the end of a path, nothing for annotations and properties."""
    steps = path.replace(".", "__").split("__")
    for number, step in enumerate(steps):
        try:
            found = model._meta.get_field(step)
        except FieldDoesNotExist:
            return None
        if number == len(steps) - 1:
            return found if isinstance(found, models.Field) else None
        if not isinstance(found.related_model, type):
            return None
        model = found.related_model
    return None


_choices: dict[models.Field, dict[Any, Label]] = {}


def choices_of(found: models.Field) -> dict[Any, Label]:
    if found not in _choices:
        _choices[found] = dict(found.flatchoices)
    return _choices[found]


def _getter(path: str) -> Callable[[Any], Any]:
    if "." not in path:
        return attrgetter(path)
    return lambda record: reach(record, path)
