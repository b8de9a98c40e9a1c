"""The base of every form: related records only among those the person may see, and an eye on the version.

Forms validate input and never save; services do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.fields import BLANK_CHOICE_DASH
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.core.writes import RuleBroken, StaleVersion, Versioned
from crm.identity.access import has_verb, narrow, visible
from crm.identity.fields import may_edit
from crm.identity.models import User
from crm.listing.custom.columns import text_of
from crm.listing.custom.forms import CustomInputs
from crm.listing.registry import page_of_model
from crm.records.models.custom_field import PREFIX
from crm.records.queries.custom_fields import field_named, linked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

OPTIONS_SHOWN = 50  # options a remote choice offers before anything is typed (and without JavaScript)


class RemoteSelect(forms.Select):
    """A select over too many records to list: it shows some, and fetches the rest as one types."""

    def __init__(self, url: str, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"data-options-url": url, **(attrs or {})})


class RemoteSelectMultiple(forms.SelectMultiple):
    """Several of too many records to list: the chosen ones, and the rest as one types."""

    def __init__(self, url: str, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"data-options-url": url, **(attrs or {})})


class NarrowChoices:
    """The part that `CrmForm` and `CrmModelForm` share."""

    fields: dict[str, forms.Field]
    user: User

    def _narrow(self, instance: models.Model | None) -> None:
        for name, field in self.fields.items():
            _name_the_empty_choice(field)
            _write_days_plainly(field.widget)
            if isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
                rows = narrow(field.queryset.all(), self.user)
                current = getattr(instance, f"{name}_id", None) if instance is not None else None
                if current is not None:  # what stands there already may stay
                    rows = field.queryset.filter(Q(pk__in=rows.values("pk")) | Q(pk=current))
                field.queryset = rows
                self._use_remote_select(field)

    def _use_remote_select(self, field: forms.ModelChoiceField) -> None:
        url = options_url(field.queryset.model)
        if url and type(field) is forms.ModelChoiceField and type(field.widget) is forms.Select:
            field.widget = RemoteSelect(url, field.widget.attrs)
            field.iterator = FewChoices
            field.widget.choices = field.choices

    def add_rule(self, error: RuleBroken) -> None:
        """Show a broken business rule at its field, or above the form."""
        field = error.field if error.field in self.fields else None
        self.add_error(field, str(error))  # type: ignore[attr-defined]

    @property
    def expected_version(self) -> int | None:
        """The version the person saw when they opened the form."""
        return self.cleaned_data.get("version")  # type: ignore[attr-defined]


def _write_days_plainly(widget: forms.Widget) -> None:
    """Browsers read the day of a date field in one spelling only; in another language's it would stand there empty."""
    if isinstance(widget, forms.DateInput) and widget.input_type == "date":
        widget.format = "%Y-%m-%d"


def _name_the_empty_choice(field: forms.Field) -> None:
    """Django's row of dashes in words: what must be chosen says so, the rest is a dash."""
    words = _("Choose…") if field.required else "–"
    if isinstance(field, forms.ModelChoiceField):
        if field.empty_label is not None:
            field.empty_label = words
    elif isinstance(field, forms.ChoiceField) and not isinstance(field, forms.MultipleChoiceField):
        choices = list(field.choices)
        if choices and choices[0] == BLANK_CHOICE_DASH[0]:
            field.choices = [("", words), *choices[1:]]


class FewChoices(forms.models.ModelChoiceIterator):
    """The chosen records and the first few others."""

    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        chosen = getattr(self.field, "chosen", None)
        wanted = {str(one) for one in (chosen if isinstance(chosen, list | tuple) else [chosen])}
        offered = getattr(self.field, "offered", None)
        rows = list(self.queryset[:OPTIONS_SHOWN]) if offered is None else offered
        missing = {one for one in wanted - {str(row.pk) for row in rows} if one.isdecimal() and len(one) < 16}
        for row in [*self.queryset.filter(pk__in=missing), *rows] if missing else rows:
            yield self.choice(row)


def offer_alike(fields: Sequence[forms.Field]) -> None:
    """Let the same remote choice in many forms offer the same first few, read once."""
    rows = list(fields[0].queryset[:OPTIONS_SHOWN]) if len(fields) > 1 else None  # type: ignore[attr-defined]
    for field in fields:
        field.offered = rows  # type: ignore[attr-defined]


class CrmForm(NarrowChoices, forms.Form):
    """A form for one person."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)
        self._narrow(None)
        note_chosen(self)


class CrmModelForm(CustomInputs, NarrowChoices, forms.ModelForm):
    """A form on the fields of one record; `values()` goes to a service, saving here is refused."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)
        for name in [*self.fields]:
            if not may_edit(user, self._meta.model, name):
                del self.fields[name]
        if isinstance(self.instance, Versioned) and self.instance.pk:
            self.initial.setdefault("version", self.instance.version)
        else:
            del self.fields["version"]
        self.add_custom_fields()
        self._narrow(self.instance)
        note_chosen(self)

    def keep_only(self, name: str) -> None:
        """Leave the one field that is edited in place; none where a record like this does not have it."""
        for other in [*self.fields]:
            if other not in (name, "version"):
                del self.fields[other]
        self._leave_out()

    def values(self, *, changed_only: bool = False) -> dict[str, Any]:
        """The cleaned values a service takes, without the version."""
        names = self.changed_data if changed_only else self.cleaned_data
        found = {
            name: self.cleaned_data[name] for name in names if name != "version" and name in self.cleaned_data
        }
        custom = self.custom_values(found)
        return {name: value for name, value in found.items() if not name.startswith(PREFIX)} | custom

    def custom_values(self, names: Iterable[str] | None = None) -> dict[str, Any]:
        """The custom values among the cleaned ones as services take them; nothing where the form has none."""
        chosen = {
            one.key: self.cleaned_data[one.name]
            for one in self.custom_fields.values()
            if one.name in self.cleaned_data and (names is None or one.name in names)
        }
        return {"custom": chosen} if chosen else {}

    def _clean_form(self) -> None:
        super()._clean_form()
        self.clean_custom_fields()

    def save(self, commit: bool = True) -> Any:
        raise ImproperlyConfigured("Forms validate; services save.")


def note_chosen(form: forms.BaseForm) -> None:
    """Tell each remote choice which record it must show beside the first few."""
    for name, field in form.fields.items():
        if getattr(field, "iterator", None) is FewChoices:
            bound = form[name].value()
            field.chosen = bound.pk if isinstance(bound, models.Model) else bound


def options_url(model: type[models.Model]) -> str:
    """Where choices of this kind of record are looked up as one types; nothing for kinds that are few."""
    page = page_of_model(model)
    return reverse(f"{page.key}_options") if page is not None and page.remote_choices else ""


def people(user: User) -> QuerySet[User]:
    """Colleagues that something can be given to."""
    return visible(User, user).filter(is_active=True)


def possible_owners(user: User, model: type[models.Model]) -> QuerySet[User]:
    """To whom somebody may give a new record: to any colleague where they hand such records over, else to themselves."""
    return people(user) if has_verb(user, "transfer", model) else people(user).filter(pk=user.pk)


def conflict_rows(form: forms.BaseForm, error: StaleVersion) -> list[dict[str, Any]]:
    """Field by field what the person wrote beside what stands there now, only where the two differ."""
    current = error.current
    rows = []
    for name, label in _labelled(form):
        mine = form.cleaned_data.get(name)
        theirs = _attribute(current, name)
        if mine != theirs and not (mine in (None, "") and theirs in (None, "")):
            rows.append(
                {
                    "name": name,
                    "label": label,
                    "mine": shown(form, name, mine),
                    "theirs": shown(form, name, theirs),
                }
            )
    return rows


def shown(form: forms.BaseForm, name: str, value: Any) -> str:
    """A value in the words of its field: a choice by its label."""
    if value is None or value == "":
        return "–"
    field = form.fields[name]
    if name.startswith(PREFIX) and (one := field_named(type(form.instance), name)) is not None:
        ids = [value] if isinstance(value, int) else []
        return text_of(one, value, linked(one, ids, form.user))
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        for choice, label in field.choices:
            if str(choice) == str(value):
                return str(label)
    if isinstance(value, QuerySet | list | tuple):
        return ", ".join(str(one) for one in value) or "–"
    return str(value)


def _labelled(form: forms.BaseForm) -> Iterable[tuple[str, str | Promise]]:
    for name in form.fields:
        if name != "version" and name in form.cleaned_data:
            yield name, form[name].label


def _attribute(record: models.Model, name: str) -> Any:
    if name.startswith(PREFIX):
        return record.custom.get(name.removeprefix(PREFIX))
    try:
        found = record._meta.get_field(name)
    except FieldDoesNotExist:
        return getattr(record, name, None)
    if found.many_to_many:
        return list(getattr(record, name).all())
    return getattr(record, name)
