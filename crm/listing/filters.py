"""Filter sets: what a list can be narrowed by, and how each narrowing reads as a chip.

`Filters` is a django-filter FilterSet that refuses parameters it does not know and describes what is set. A list
page, its counts, its export, its bulk verbs and its API resource all go through the same one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.choices import CallableChoiceIterator
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from django_filters.widgets import SuffixedMultiWidget

from crm.core.clock import company_midnight, company_today
from crm.core.text import tidy
from crm.identity.access import visible
from crm.identity.fields import is_closed
from crm.identity.models import User
from crm.identity.pooled import hushed_q
from crm.listing import periods
from crm.listing.forms import FewChoices, RemoteSelectMultiple, options_url
from crm.records.searchable import candidates

if TYPE_CHECKING:
    from crm.identity.models import User

Label = str | Promise


@dataclass(frozen=True)
class Chip:
    """One set filter as people read it, with the parameters that removing it drops."""

    name: str
    label: Label
    text: str
    parameters: tuple[str, ...]


class Filters(django_filters.FilterSet):
    """The filters of one kind of record; unknown parameters and values are errors, not silence."""

    do_not_call_in_templates = True  # templates ask the class whether there are filters at all

    def __init__(
        self,
        data: Any = None,
        queryset: QuerySet | None = None,
        *,
        user: User,
        only: Collection[str] | None = None,
    ) -> None:
        self.user = user
        if only is None:
            barred = self.barred(user)
            self.base_filters = {n: one for n, one in type(self).base_filters.items() if n not in barred}
        else:  # copying two dozen filters and their fields is dear; a request sets one or two
            self.base_filters = {name: one for name, one in type(self).base_filters.items() if name in only}
        super().__init__(data, queryset, request=SimpleNamespace(user=user))

    @classmethod
    def barred(cls, user: User) -> set[str]:
        """The filters over fields somebody sees not at all or only in part."""
        model = cls._meta.model
        if model is None:
            return set()
        return {n for n, one in cls.base_filters.items() if is_closed(user, model, one.field_name or n)}

    @classmethod
    def parameters(cls) -> dict[str, tuple[str, ...]]:
        """For each filter the query parameters it reads."""
        return {name: parameters_of(name, one.field_class) for name, one in cls.base_filters.items()}

    def chips(self) -> Iterator[Chip]:
        """What is set, in the order the filters are declared."""
        values = getattr(self.form, "cleaned_data", {})
        known = self.parameters()
        for name, one in self.filters.items():
            value = values.get(name)
            if not is_set(value):
                continue
            text = (
                one.describe(value, self)
                if hasattr(one, "describe")
                else describe(value, self.form.fields[name])
            )
            yield Chip(name, self.form.fields[name].label or one.label, text, known[name])


def parameters_of(name: str, field_class: type[forms.Field]) -> tuple[str, ...]:
    widget = getattr(field_class, "widget", None)
    suffixes = getattr(widget, "suffixes", None)
    if not suffixes:
        return (name,)
    return tuple(f"{name}_{suffix}" if suffix else name for suffix in suffixes)


def is_set(value: Any) -> bool:
    """Whether a cleaned filter value narrows anything."""
    if value is None or value == "":
        return False
    return len(value) > 0 if isinstance(value, list | tuple | QuerySet) else True


def describe(value: Any, field: forms.Field) -> str:
    """A cleaned value in words: labels of choices, names of records, yes or no, from–to."""
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, slice):
        return describe_range(value.start, value.stop)
    if isinstance(value, QuerySet | list | tuple):
        return listed([describe(one, field) for one in value])
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "SHORT_DATE_FORMAT")
    for choice, label in getattr(field, "choices", ()) if not isinstance(value, models.Model) else ():
        if str(choice) == str(value):
            return str(label)
    return str(value)


def describe_range(first: Any, last: Any) -> str:
    if last is None:
        return f"≥ {first}"
    return f"≤ {last}" if first is None else f"{first} – {last}"


def listed(words: Sequence[str]) -> str:
    return pgettext("between the items of a list", ", ").join(words)


class Choices(django_filters.MultipleChoiceFilter):
    """One or more of a field's choices (any of them)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("distinct", False)
        kwargs.setdefault("widget", forms.CheckboxSelectMultiple)
        super().__init__(*args, **kwargs)

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return qs.filter(**{f"{self.field_name}__in": value}) if value else qs


class Records(django_filters.ModelMultipleChoiceFilter):
    """One or more related records, among those the user may see (a hidden id is as unknown as an absent one)."""

    def __init__(self, *args: Any, model: type[models.Model], **kwargs: Any) -> None:
        kwargs.setdefault("distinct", False)
        kwargs.setdefault("widget", forms.CheckboxSelectMultiple)
        super().__init__(*args, queryset=lambda request: visible(model, request.user), **kwargs)

    @property
    def field(self) -> forms.Field:
        made = not hasattr(self, "_field")
        found = super().field
        if made and (url := options_url(found.queryset.model)):  # too many to list
            found.widget = RemoteSelectMultiple(url)
            found.iterator = FewChoices
            found.widget.choices = found.choices
        return found

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return qs.filter(**{f"{self.field_name}__in": [one.pk for one in value]}) if value else qs


class OwnerField(forms.Field):
    """`me`, `none`, or ids of people; several mean any of them."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, *args: Any, people: QuerySet | None = None, **kwargs: Any) -> None:
        self.people = people
        super().__init__(*args, **kwargs)

    def to_python(self, value: Any) -> list[str]:
        words = [value] if isinstance(value, str) else list(value or ())
        return [word.strip() for word in words if word.strip()]

    def validate(self, value: list[str]) -> None:
        super().validate(value)
        ids = {word for word in value if word not in ("me", "none")}
        if any(not word.isdecimal() or len(word) > 15 for word in ids):
            raise ValidationError(_("Choose people from the list."), code="invalid_choice")
        if (
            ids
            and self.people is not None
            and self.people.filter(pk__in=ids).count() != len({int(i) for i in ids})
        ):
            raise ValidationError(_("Choose people from the list."), code="invalid_choice")


class OwnerFilter(django_filters.Filter):
    """Whose records: mine, nobody's, or those of certain people."""

    field_class = OwnerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Owner"))
        super().__init__(*args, **kwargs)

    @property
    def field(self) -> forms.Field:
        if not hasattr(self, "_field"):
            self.extra["people"] = visible(User, self.parent.user)
            self._field = self.field_class(label=self.label, **self.extra)
            self._field.widget.choices = CallableChoiceIterator(self._choices)
        return self._field

    def _choices(self) -> list[tuple[str, str]]:
        people = [(str(one.pk), str(one)) for one in self.extra["people"].filter(is_active=True)]
        return [("me", gettext("Me")), ("none", gettext("Nobody")), *people]

    def filter(self, qs: QuerySet, value: list[str]) -> QuerySet:
        if not value:
            return qs
        wanted = Q(**{f"{self.field_name}__isnull": True}) if "none" in value else Q(pk__in=[])
        ids = [int(word) for word in value if word.isdecimal()]
        if "me" in value:
            ids.append(self.parent.user.pk)
        return qs.filter(wanted | Q(**{f"{self.field_name}_id__in": ids}) if ids else wanted)

    def describe(self, value: list[str], filters: Filters) -> str:
        names = {"me": gettext("Me"), "none": gettext("Nobody")}
        ids = [word for word in value if word not in names]
        if ids:
            names |= {str(one.pk): str(one) for one in self.field.people.filter(pk__in=ids)}
        return listed([names.get(word, word) for word in value])


class PeriodWidget(SuffixedMultiWidget):
    """A named period, or two dates."""

    template_name = "listing/widgets/period.html"
    suffixes = ["", "after", "before"]

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        dates = [forms.DateInput(attrs={"type": "date"}) for _side in range(2)]
        super().__init__([forms.RadioSelect(), *dates], attrs)

    def decompress(self, value: Any) -> list[Any]:
        return list(value) if value else [None, None, None]


class PeriodField(forms.MultiValueField):
    """(name, first day, last day)."""

    widget = PeriodWidget

    def __init__(self, *args: Any, names: Sequence[str] = (), **kwargs: Any) -> None:
        fields = [
            forms.CharField(required=False),
            forms.DateField(required=False),
            forms.DateField(required=False),
        ]
        kwargs.setdefault("require_all_fields", False)
        super().__init__(fields, *args, **kwargs)
        offered = CallableChoiceIterator(
            lambda: [("", _("Any")), *((name, periods.label(name)) for name in names)]
        )
        self.widget.widgets[0].choices = offered

    def compress(self, values: list[Any]) -> tuple[Any, ...] | None:
        name, after, before = values or (None, None, None)
        if name and not periods.known(name):
            raise ValidationError(_("Unknown period."), code="invalid_choice")
        return (name or None, after, before) if name or after or before else None


class PeriodFilter(django_filters.Filter):
    """A date or time within a named period or between two dates, both included; days are the company's.

    `all_day` names the flag beside a time that is really a date: an all-day follow-up of today is not yet overdue.
    """

    field_class = PeriodField

    def __init__(
        self, *args: Any, names: Sequence[str] = ("today", "last_7", "last_30", "this_month"), **kwargs: Any
    ):
        self.all_day = kwargs.pop("all_day", None)
        super().__init__(*args, names=names, **kwargs)

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        if not value:
            return qs
        name, after, before = value
        if after or before:
            qs = qs.filter(self._between(periods.Days(after, before)))
        if name == "none":
            return qs.filter(**{f"{self.field_name}__isnull": True})
        if name == "any":
            return qs.filter(**{f"{self.field_name}__isnull": False})
        if name == "overdue" and not self._is_date():
            return qs.filter(self._past())
        return qs.filter(self._between(periods.days_of(name, company_today()))) if name else qs

    def _is_date(self) -> bool:
        field = self.model._meta.get_field(self.field_name.split("__")[0])
        return isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField)

    def _past(self) -> Q:
        start_of_day, now = company_midnight(company_today()), timezone.now()
        if not self.all_day:
            return Q(**{f"{self.field_name}__lt": now})
        timed = Q(**{f"{self.field_name}__lt": now, self.all_day: False})
        return timed | Q(**{f"{self.field_name}__lt": start_of_day})

    def _between(self, days: periods.Days) -> Q:
        found, whole = Q(), self._is_date()
        if days.first:
            found &= Q(**{f"{self.field_name}__gte": days.first if whole else company_midnight(days.first)})
        if days.last:
            end = days.last + timedelta(1)
            found &= Q(**{f"{self.field_name}__lt": end if whole else company_midnight(end)})
        return found | Q(**{f"{self.field_name}__isnull": True}) if days.absent else found

    def describe(self, value: Any, _filters: Filters) -> str:
        name, after, before = value
        dates = [date_format(day, "SHORT_DATE_FORMAT") if day else None for day in (after, before)]
        parts = [periods.label(name)] if name else []
        return listed([*parts, describe_range(*dates)] if any(dates) else parts)


class WordsWidget(SuffixedMultiWidget):
    """Whether a text is there at all, or what it contains."""

    template_name = "listing/widgets/words.html"
    suffixes = ["", "is"]

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        there = forms.RadioSelect(
            choices=[("", _("Any")), ("any", _("Filled in")), ("none", _("Not filled in"))]
        )
        super().__init__([forms.TextInput(attrs={"autocomplete": "off"}), there], attrs)

    def decompress(self, value: Any) -> list[Any]:
        return list(value) if value else [None, None]


class WordsField(forms.MultiValueField):
    """(text, "any" or "none")."""

    widget = WordsWidget

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        there = forms.ChoiceField(choices=[("any", ""), ("none", "")], required=False)
        kwargs.setdefault("require_all_fields", False)
        super().__init__([forms.CharField(max_length=100, required=False), there], *args, **kwargs)

    def compress(self, values: list[Any]) -> tuple[str, str] | None:
        text, there = values or ("", "")
        return (tidy(text), there) if tidy(text) or there else None


class Words(django_filters.Filter):
    """Text that contains what was typed, upper and lower case alike, or is there at all.

    `searched` says that the record is found by this field: then the search index names the candidates. `empty` is
    what an absent value is kept as.
    """

    field_class = WordsField

    def __init__(self, *args: Any, searched: bool = False, phone: bool = False, **kwargs: Any) -> None:
        self.searched, self.phone = searched, phone
        super().__init__(*args, **kwargs)

    def filter(self, qs: QuerySet, value: tuple[str, str] | None) -> QuerySet:
        if not value:
            return qs
        text, there = value
        covered = (
            hushed_q(self.parent.user, self.model) if text and self.field_name in self._covered else None
        )
        if covered is not None:  # a hit would tell what the pool keeps covered
            qs = qs.exclude(covered)
        if there:
            empty = Q(**{self.field_name: ""})
            qs = qs.filter(empty if there == "none" else ~empty)
        if not text:
            return qs
        if self.searched and (found := candidates(text)) is not None:
            qs = qs.filter(found)
        if self.phone and (digits := re.sub(r"\D", "", text)):
            return qs.filter(**{f"{self.field_name}__contains": digits})
        return qs.filter(**{f"{self.field_name}__icontains": text})

    @property
    def _covered(self) -> Sequence[str]:
        return getattr(self.model, "contact_values", ())

    def describe(self, value: tuple[str, str], _filters: Filters) -> str:
        text, there = value
        words = {"any": gettext("Filled in"), "none": gettext("Not filled in")}
        return listed([word for word in (text, words.get(there, "")) if word])


class Between(django_filters.RangeFilter):
    """A number from – to, both included."""

    def describe(self, value: slice, _filters: Filters) -> str:
        return describe_range(*(None if side is None else f"{side:f}" for side in (value.start, value.stop)))


class AnswerField(forms.ChoiceField):
    """`true` or `false`, also written 1 or 0."""

    def to_python(self, value: Any) -> str:
        return {"1": "true", "0": "false"}.get(value, super().to_python(value))


class Flag(django_filters.Filter):
    """Yes or no; with `condition` a question that is not one column (`lambda user: Q(…)`)."""

    field_class = AnswerField
    ANSWERS = {"true": True, "false": False}

    def __init__(self, *args: Any, condition: Callable[[Any], Q] | None = None, **kwargs: Any) -> None:
        self.condition = condition
        kwargs.setdefault("choices", [("", _("Any")), ("true", _("Yes")), ("false", _("No"))])
        kwargs.setdefault("widget", forms.RadioSelect)
        super().__init__(*args, **kwargs)

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        if value not in self.ANSWERS:
            return qs
        yes = self.ANSWERS[value]
        if self.condition is None:
            return qs.filter(**{self.field_name: yes})
        wanted = self.condition(self.parent.user)
        return qs.filter(wanted) if yes else qs.exclude(wanted)
