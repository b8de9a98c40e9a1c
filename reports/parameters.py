"""The parameters that reports share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.core.clock import company_today
from crm.identity import access
from crm.identity.models import Team, User
from crm.identity.queries import descendants
from reports.declare import Label, Parameter
from reports.queries.dimensions import DIMENSIONS
from reports.rules.periods import MONTH, QUARTER, YEAR, Period, months_on, parse_period, period_of
from reports.words import period_label
from sales.filters.blanks import may_tell_by
from sales.models import Opportunity, Pipeline

PERIODS = (
    "last_month",
    "this_month",
    "next_month",
    "last_quarter",
    "this_quarter",
    "next_quarter",
    "last_year",
    "this_year",
)


class PeriodField(forms.CharField):
    """A calendar month, quarter or year: by name, or written 2026-11, 2026Q4, 2026."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20, **kwargs)

    def to_python(self, value: Any) -> Period | None:
        text = super().to_python(value)
        if not text:
            return None
        found = parse_period(text, company_today())
        if found is None:
            raise forms.ValidationError(_("Write a period as this_quarter, 2026-11, 2026Q4 or 2026."))
        return found

    def clean(self, value: Any) -> Period | None:
        return self.to_python(value)

    @staticmethod
    def offered() -> list[tuple[str, str]]:
        """The periods a reader chooses from: this and the neighbouring months, quarters and years."""
        today = company_today()
        found = [period_of(today, QUARTER).on(step) for step in range(1, -5, -1)]
        found += [period_of(today, MONTH).on(step) for step in range(1, -6, -1)]
        found += [period_of(today, YEAR).on(step) for step in range(1, -3, -1)]
        return [(one.key, period_label(one)) for one in found]


class TeamField(forms.ModelChoiceField):
    """A team; it means the team and everything below it."""

    def ids(self, team: Team | None) -> set[int]:
        return descendants(team) if team else set()


def period(default: str = "this_quarter") -> Parameter:
    """The month, quarter or year a report is about."""

    def make(_user: User) -> forms.Field:
        return PeriodField(label=_("Period"), required=False, widget=forms.Select(choices=_with_own))

    return Parameter("period", make, lambda today: parse_period(default, today).key)  # type: ignore[union-attr]


def _with_own() -> list[tuple[str, str]]:
    return PeriodField.offered()


def between() -> tuple[Parameter, Parameter]:
    """Two days, both included; the last twelve months where nobody says."""

    def day(label: Label) -> Callable[[User], forms.Field]:
        return lambda _user: forms.DateField(
            label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        )

    def first(today: date) -> str:
        return months_on(today, -11).isoformat()

    return (
        Parameter("from", day(pgettext_lazy("date", "From")), first),
        Parameter("to", day(pgettext_lazy("date", "To")), lambda today: today.isoformat()),
    )


def choice(name: str, label: Label, choices: Sequence[tuple[str, Label]], default: str) -> Parameter:
    """One of a few words."""

    def make(_user: User) -> forms.Field:
        return forms.ChoiceField(label=label, choices=choices, required=False)

    return Parameter(name, make, lambda _today: default)


def group(keys: Sequence[str], default: str, *more: tuple[str, Label]) -> Parameter:
    """By what deals are told apart; what a reader may not read tells nothing apart for them."""

    def make(user: User) -> forms.Field:
        offered = [DIMENSIONS[key] for key in keys]
        told = [(one.key, one.label) for one in offered if not one.reads or may_tell_by(user, one.reads)]
        return forms.ChoiceField(label=_("By"), choices=[*more, *told], required=False)

    return Parameter("group", make, lambda _today: default)


def owner() -> Parameter:
    """The deals of one colleague."""

    def make(user: User) -> forms.Field:
        people = access.visible(User, user).filter(is_active=True)
        return forms.ModelChoiceField(people, label=_("Owner"), required=False, empty_label=_("Everybody"))

    return Parameter("owner", make)


def team(model: type[models.Model] = Opportunity) -> Parameter:
    """The deals (or other records) of one team and of the teams below it."""

    def make(user: User) -> forms.Field:
        teams = selling_teams(user, model)
        return TeamField(teams, label=_("Team"), required=False, empty_label=_("All teams"))

    return Parameter("team", make)


def selling_teams(user: User, model: type[models.Model] = Opportunity) -> models.QuerySet[Team]:
    """The teams a reader tells apart: those whose deals they reach, with their own; all for a wide scope."""
    teams = access.visible(Team, user).filter(is_active=True)
    if access.branches(model, user) is None:
        return teams
    mine = {user.team_id} if user.team_id else set()
    return teams.filter(pk__in=access.team_ids_of(user, model) | mine)


def pipeline() -> Parameter:
    """The deals of one pipeline."""

    def make(user: User) -> forms.Field:
        return forms.ModelChoiceField(
            access.visible(Pipeline, user),
            label=_("Pipeline"),
            required=False,
            empty_label=_("All pipelines"),
        )

    return Parameter("pipeline", make)
