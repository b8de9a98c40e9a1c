"""Custom fields as columns of a spreadsheet: read like every other cell, checked against each other and all records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext as _

from crm.core.text import fold, tidy
from crm.identity.access import narrow, visible
from crm.identity.models import User
from crm.listing.custom.columns import text_of
from crm.listing.importing import mapping as looks
from crm.listing.importing.widgets import AmountWidget, CellError, DateWidget, MomentWidget, TextWidget
from crm.records.custom_sql import text_value
from crm.records.field_access import editable
from crm.records.models.custom_field import LINKING, PREFIX, CustomField, CustomFields
from crm.records.queries.custom_fields import (
    fields_of,
    in_every_language,
    linked,
    spec_of,
    target_of,
    words_of,
)
from crm.records.rules.custom_conditions import is_required
from crm.records.rules.custom_values import BadValue, stored
from crm.records.services.custom_values import hold_all

if TYPE_CHECKING:
    from crm.listing.importing.resource import Run, StagedRow

Kind = CustomField.Kind


class CustomWidget(TextWidget):
    """Reads a cell as the value of a custom field."""

    def __init__(self, one: CustomField) -> None:
        super().__init__()
        self.one = one

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Any:
        return kept(self.one, value)


class CustomDate(DateWidget):
    """A day, however it is written."""


class CustomMoment(MomentWidget):
    """A date and time in the company's zone, kept in UTC."""

    def __init__(self, one: CustomField) -> None:
        super().__init__()
        self.one = one

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Any:
        with timezone.override(timezone.get_default_timezone()):
            return kept(self.one, super().clean(value, row=row, **kwargs))


class CustomAmount(AmountWidget):
    """A number or an amount: 480,000 or 48万; a unit in the header counts."""

    def __init__(self, one: CustomField) -> None:
        super().__init__()
        self.one = one

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Any:
        if self.one.kind == Kind.MONEY:
            return kept(self.one, Decimal(super().clean(value, row=row, **kwargs)))
        return kept(self.one, value)


class CustomLink(TextWidget):
    """A colleague by name or user name, a record by its name or number, among those the importer sees."""

    def __init__(self, one: CustomField) -> None:
        super().__init__()
        self.one = one

    def clean(self, value: str, row: Any = None, *, run: Run, **kwargs: Any) -> Any:
        text = tidy(value)
        known = run.once(f"links {self.one.name}", dict)
        if text not in known:
            known[text] = self._find(run, text)
        found = known[text]
        if len(found) != 1:
            message = _("Several are called “%(name)s”.") if found else _("There is no “%(name)s”.")
            raise CellError("link", message % {"name": text[:60]})
        return found[0]

    def _find(self, run: Run, text: str) -> list[int]:
        if self.one.kind == Kind.USER:
            people = run.once("custom people", lambda: list(visible(User, run.user).filter(is_active=True)))
            wanted = fold(text)
            return [p.pk for p in people if wanted in (fold(p.name), fold(p.username))]
        rows = narrow(target_of(self.one)._default_manager.all(), run.user)
        by_number = rows.filter(pk=int(text)) if text.isdecimal() and len(text) < 18 else rows.none()
        found = list(by_number.values_list("pk", flat=True)[:2])
        return found or list(rows.filter(name=text).values_list("pk", flat=True)[:2])


WIDGETS: Mapping[str, Callable[[CustomField], Any]] = {
    Kind.DATE: lambda _one: CustomDate(),
    Kind.DATETIME: CustomMoment,
    Kind.MONEY: CustomAmount,
    Kind.NUMBER: CustomAmount,
    Kind.USER: CustomLink,
    Kind.RECORD: CustomLink,
}
CONTENT = {
    Kind.PHONE: looks.looks_like_phone,
    Kind.EMAIL: looks.looks_like_email,
    Kind.DATE: looks.looks_like_date,
    Kind.LINK: looks.looks_like_url,
}


def kept(one: CustomField, value: Any) -> Any:
    """A cell in the form the value is kept in; raises `CellError` for people."""
    try:
        return stored(spec_of(one), value)
    except BadValue as error:
        raise CellError("custom", str(error)) from error


def columns_for(model: type[models.Model], user: User) -> dict[str, Any]:
    """The columns an importer may fill because of custom fields."""
    from crm.listing.importing.resource import Column

    if not issubclass(model, CustomFields):
        return {}
    return {
        one.name: Column(
            label=_label(one),
            synonyms="|".join(in_every_language(one)),
            widget=WIDGETS.get(Kind(one.kind), CustomWidget)(one),
            required=one.required and not one.shown_when and one.default is None,
            content=CONTENT.get(Kind(one.kind)),
            note=_help(one),
            choices=[one.option_label(key) for key, _text in one.offered] if one.kind == Kind.CHOICE else (),
        )
        for one in editable(user, model).values()
    }


def values_of(model: type[models.Model], cleaned: Mapping[str, Any], *, new: bool) -> dict[str, Any]:
    """The custom values among cleaned cells by key; a new record takes the defaults."""
    fields = fields_of(model)
    found = {key: one.default for key, one in fields.items() if new and one.default is not None}
    return found | {key: cleaned[one.name] for key, one in fields.items() if one.name in cleaned}


def present_values(
    model: type[models.Model], ids: Sequence[int | None], mapped: frozenset[str]
) -> dict[int, dict[str, Any]]:
    """What records have now in the mapped custom columns, by record; nothing where none is mapped."""
    names = [name for name in mapped if name.startswith(PREFIX)]
    rows = model._base_manager.filter(pk__in=ids).values_list("pk", "custom") if names else ()
    return {pk: {name: custom.get(name.removeprefix(PREFIX)) for name in names} for pk, custom in rows}


def merged(record: CustomFields, changes: Mapping[str, tuple[Any, Any]]) -> dict[str, Any] | None:
    """A record's custom values with a row's changes in, nothing where the row changes none."""
    new = {name.removeprefix(PREFIX): pair[1] for name, pair in changes.items() if name.startswith(PREFIX)}
    return {**(record.custom or {}), **new} if new else None


def log_pairs(record: CustomFields, custom: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The custom values that change, as the event log keeps them."""
    before = record.custom or {}
    return {
        PREFIX + key: [record.recorded_value(PREFIX + key, side.get(key)) for side in (before, custom)]
        for key in dict.fromkeys([*before, *custom])
        if before.get(key) != custom.get(key)
    }


def check_row(run: Run, row: StagedRow) -> None:
    """What a condition asks for in a new record's row; what is always required is asked for with the own columns."""
    if run.job.mode == "update" or not issubclass(run.resource.model, CustomFields):
        return
    open_to = run.once("custom fields", lambda: editable(run.user, run.resource.model))
    for one in open_to.values():
        conditional = one.required_when or (one.required and one.shown_when)
        if not conditional or one.name in row.cleaned or one.default is not None:
            continue
        if is_required(one.required, one.shown_when, one.required_when, row.cleaned):
            message = _("%(field)s is required.") % {"field": one.label}
            row.fail("required", message, run.headers.get(one.name, ""), one.name)


def refuse_doubles(run: Run, rows: Sequence[StagedRow], *, writing: bool) -> None:
    """Fail rows whose value of a unique field another record, or an earlier row of the file, has already."""
    model = run.resource.model
    if not rows or not issubclass(model, CustomFields):
        return
    for key, one in fields_of(model).items():
        if not one.unique:
            continue
        wanted = [row for row in rows if row.cleaned.get(one.name) and row.outcome in ("created", "updated")]
        if not wanted:
            continue
        if writing:
            hold_all(model, key)
        values = {row.cleaned[one.name] for row in wanted}
        held = dict(
            model._default_manager.alias(_text=text_value(one))
            .filter(_text__in=values)
            .values_list(f"custom__{key}", "pk")
        )
        first = run.once(f"unique {one.name}", dict)
        for row in wanted:
            value = row.cleaned[one.name]
            earlier = first.setdefault(value, row.number)
            if earlier != row.number or held.get(value, row.target_id) != row.target_id:
                message = _("Another record has this %(field)s already.") % {"field": one.label}
                row.fail("taken", message, run.headers.get(one.name, ""), one.name)


def shown(run: Run, name: str, value: Any) -> str | None:
    """A cleaned custom value in words, nothing for other fields."""
    one = fields_of(run.resource.model).get(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else None
    if one is None:
        return None
    links = linked(one, [value], run.user) if one.kind in LINKING else {}
    return text_of(one, value, links)


def words(model: type[models.Model], cleaned: Mapping[str, Any]) -> list[object]:
    """What a new record is found by among its custom cells."""
    return words_of(model, values_of(model, cleaned, new=True))


_label = lazy(lambda one: one.label, str)
_help = lazy(lambda one: one.help, str)
