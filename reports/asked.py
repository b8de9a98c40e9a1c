"""What one person asked a report, with every default filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.clock import company_today
from crm.identity.models import User
from crm.listing.selection import BadQuery
from reports.declare import Report
from reports.rules.periods import Period
from reports.words import period_label

CONTROL = frozenset({"export", "format"})  # parameters of the page and the API beside the report's own


@dataclass(frozen=True)
class Asked:
    """A report's question: who asks, when, and the values of the parameters."""

    report: Report
    user: User
    values: Mapping[str, Any]
    form: forms.Form
    today: date
    now: datetime

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)


def ask(report: Report, user: User, query: QueryDict | Mapping[str, Any] | None = None) -> Asked:
    """Read a report's parameters; an unknown one and an impossible value are refused, an empty one takes its default."""
    given = _given(query)
    known = {one.name for one in report.parameters}
    unknown = [name for name in given if name not in known | CONTROL]
    if unknown:
        raise BadQuery({name: [_("This report has no such parameter.")] for name in unknown})
    if any("\x00" in one for values in given.values() for one in values):
        raise BadQuery({next(iter(given)): [_("This text cannot be searched for.")]})
    today = company_today()
    filled = QueryDict(mutable=True)
    for one in report.parameters:
        values = [value for value in given.get(one.name, []) if value != ""]
        default = one.default(today)
        filled.setlist(one.name, values or ([str(default)] if default not in ("", None) else []))
    form = _form(report, user)(filled)
    if not form.is_valid():
        raise BadQuery(form.errors)
    for name, value in form.cleaned_data.items():
        if isinstance(
            value, Period
        ):  # so that the form offers the period asked for, under the name it has there
            filled[name] = value.key
            choices = form.fields[name].widget.choices
            if value.key not in dict(choices):
                form.fields[name].widget.choices = [(value.key, period_label(value)), *choices]
    return Asked(report, user, form.cleaned_data, form, today, timezone.now())


def _given(query: QueryDict | Mapping[str, Any] | None) -> dict[str, list[str]]:
    if isinstance(query, QueryDict):
        return {name: list(values) for name, values in query.lists()}
    found = {}
    for name, value in (query or {}).items():
        found[name] = [str(one) for one in (value if isinstance(value, list | tuple) else [value])]
    return found


class ReportForm(forms.Form):
    """The filters of a report."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        first, last = values.get("from"), values.get("to")
        if first and last and first > last:
            raise forms.ValidationError({"to": _("The last day lies before the first.")})
        return values


def _form(report: Report, user: User) -> type[ReportForm]:
    """The report's parameters as a form for one reader."""
    return type("ReportForm", (ReportForm,), {one.name: one.make(user) for one in report.parameters})
