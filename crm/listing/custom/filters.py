"""What a list can be narrowed by because of a custom field; equal values are found by the index over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.db.models.lookups import GreaterThanOrEqual, IsNull, LessThan, LessThanOrEqual
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from crm.core.text import tidy
from crm.identity.access import narrow, visible
from crm.identity.models import User
from crm.listing import periods
from crm.listing.custom.columns import listed
from crm.listing.filters import (
    Choices,
    Filters,
    Flag,
    OwnerFilter,
    PeriodFilter,
    company_midnight,
    company_today,
    describe_range,
)
from crm.listing.forms import FewChoices, RemoteSelect, options_url
from crm.records.custom_sql import is_present, sort_value, text_value
from crm.records.models.custom_field import CustomField
from crm.records.queries.custom_fields import target_of
from crm.records.searchable import candidates

Kind = CustomField.Kind
DAYS = ("today", "last_7", "last_30", "this_month", "next_7", "next_30", "overdue", "any", "none")


class Contains(django_filters.CharFilter):
    """Text that contains what was typed, upper and lower case alike."""

    def __init__(self, *args: Any, one: CustomField, **kwargs: Any) -> None:
        self.one = one
        super().__init__(*args, max_length=100, strip=True, **kwargs)

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        if not value:
            return qs
        if self.one.is_searched and self.one.search_ready and (found := candidates(value)) is not None:
            qs = qs.filter(found)
        return qs.alias(_text=text_value(self.one)).filter(_text__icontains=tidy(value))


class Range(django_filters.RangeFilter):
    """A number from – to, both included."""

    def __init__(self, *args: Any, one: CustomField, **kwargs: Any) -> None:
        self.one = one
        super().__init__(*args, **kwargs)

    def filter(self, qs: QuerySet, value: slice | None) -> QuerySet:
        if not value:
            return qs
        number = sort_value(self.one)
        if value.start is not None:
            qs = qs.filter(GreaterThanOrEqual(number, value.start))
        if value.stop is not None:
            qs = qs.filter(LessThanOrEqual(number, value.stop))
        return qs

    def describe(self, value: slice, _filters: Filters) -> str:
        return describe_range(value.start, value.stop)


class TimeRange(django_filters.TimeRangeFilter):
    """A time of day from – to, both included."""

    def __init__(self, *args: Any, one: CustomField, **kwargs: Any) -> None:
        self.one = one
        super().__init__(*args, **kwargs)

    def filter(self, qs: QuerySet, value: slice | None) -> QuerySet:
        if not value:
            return qs
        text = text_value(self.one)
        if value.start is not None:
            qs = qs.filter(GreaterThanOrEqual(text, value.start.strftime("%H:%M")))
        if value.stop is not None:
            qs = qs.filter(LessThanOrEqual(text, value.stop.strftime("%H:%M")))
        return qs

    def describe(self, value: slice, _filters: Filters) -> str:
        return describe_range(*(side and side.strftime("%H:%M") for side in (value.start, value.stop)))


class Period(PeriodFilter):
    """A date or moment within a named period or between two dates; kept values compare as text."""

    def __init__(self, *args: Any, one: CustomField, **kwargs: Any) -> None:
        self.one = one
        super().__init__(*args, names=DAYS, **kwargs)

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        if not value:
            return qs
        name, after, before = value
        if after or before:
            qs = qs.filter(self._between(periods.Days(after, before)))
        if name in ("none", "any"):
            there = Q(is_present(self.one))
            return qs.filter(there if name == "any" else ~there)
        if name == "overdue":
            return qs.filter(LessThan(text_value(self.one), self._now()))
        return qs.filter(self._between(periods.days_of(name, company_today()))) if name else qs

    def _is_date(self) -> bool:
        return self.one.kind == Kind.DATE

    def _now(self) -> str:
        return company_today().isoformat() if self._is_date() else _utc(timezone.now())

    def _between(self, days: periods.Days) -> Q:
        text, found = text_value(self.one), Q()
        if days.first:
            first = days.first.isoformat() if self._is_date() else _utc(company_midnight(days.first))
            found &= Q(GreaterThanOrEqual(text, first))
        if days.last:
            end = days.last + timedelta(1)
            last = end.isoformat() if self._is_date() else _utc(company_midnight(end))
            found &= Q(LessThan(text, last))
        return found | Q(IsNull(text, True)) if days.absent else found


class OneOf(Choices):
    """One or more options, any of them; `none` finds records without one."""

    def __init__(self, *args: Any, one: CustomField, **kwargs: Any) -> None:
        self.one = one
        super().__init__(*args, choices=self._choices, **kwargs)

    def _choices(self) -> list[tuple[str, Any]]:
        everything = [(key, self.one.option_label(key)) for key in self.one.option_map]
        return [*everything, ("none", _("Not filled in"))]

    def filter(self, qs: QuerySet, value: list[str]) -> QuerySet:
        if not value:
            return qs
        several = self.one.kind == Kind.MULTI_CHOICE
        found = Q()
        for key in value:
            if key == "none" and key not in self.one.option_map:
                found |= ~Q(is_present(self.one))
            else:
                found |= Q(custom__contains={self.one.key: [key] if several else key})
        return qs.filter(found)


class People(OwnerFilter):
    """Records that name certain colleagues, or me."""

    def __init__(self, *args: Any, one: CustomField, **kwargs: Any) -> None:
        self.one = one
        super().__init__(*args, **kwargs)

    def _person(self) -> type[User]:
        return User

    def filter(self, qs: QuerySet, value: list[str]) -> QuerySet:
        if not value:
            return qs
        ids = {int(word) for word in value if word.isdecimal()}
        ids |= {self.parent.user.pk} if "me" in value else set()
        found = ~Q(is_present(self.one)) if "none" in value else Q(pk__in=[])
        for pk in sorted(ids):
            found |= Q(custom__contains={self.one.key: pk})
        return qs.filter(found)


class OneRecord(django_filters.ModelChoiceFilter):
    """Records that link to a certain other one, among those the user may see."""

    def __init__(self, *args: Any, one: CustomField, **kwargs: Any) -> None:
        self.one = one
        target = target_of(one)
        super().__init__(*args, queryset=lambda request: visible(target, request.user), **kwargs)

    @property
    def field(self) -> forms.Field:
        made = not hasattr(self, "_field")
        found = super().field
        if made and (url := options_url(target_of(self.one))):
            found.widget = RemoteSelect(url)
            found.iterator = FewChoices
            found.widget.choices = found.choices
        return found

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return qs.filter(custom__contains={self.one.key: value.pk}) if value else qs


class YesOrNo(Flag):
    """Yes, or no (what nobody has answered is not a yes)."""

    def __init__(self, *args: Any, one: CustomField, **kwargs: Any) -> None:
        super().__init__(*args, condition=lambda _user: Q(custom__contains={one.key: True}), **kwargs)

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        if value == "false":
            return qs.exclude(self.condition(None))
        return super().filter(qs, value)


MAKERS: Mapping[str, type[django_filters.Filter]] = {
    Kind.TEXT: Contains,
    Kind.LONG_TEXT: Contains,
    Kind.LINK: Contains,
    Kind.PHONE: Contains,
    Kind.EMAIL: Contains,
    Kind.NUMBER: Range,
    Kind.MONEY: Range,
    Kind.DATE: Period,
    Kind.DATETIME: Period,
    Kind.TIME: TimeRange,
    Kind.CHOICE: OneOf,
    Kind.MULTI_CHOICE: OneOf,
    Kind.BOOLEAN: YesOrNo,
    Kind.USER: People,
    Kind.RECORD: OneRecord,
}


def filter_of(one: CustomField) -> django_filters.Filter:
    """The filter a field gives a list."""
    return MAKERS[Kind(one.kind)](one=one, field_name="custom", label=_label(one))


def filters_with(base: type[Filters], fields: Mapping[str, CustomField]) -> type[Filters]:
    """A list's filters with those of the custom fields behind them."""
    return type(base)(base.__name__, (base,), {one.name: filter_of(one) for one in fields.values()})


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_label = lazy(lambda one: one.label, str)

__all__ = ["filter_of", "filters_with", "listed", "narrow"]
