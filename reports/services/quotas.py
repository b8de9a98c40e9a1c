"""Targets: set, changed, taken away; every change is in the log, which is their history."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from crm.core.money import BASE_CURRENCY, q2
from crm.core.writes import RuleBroken, check_version, lock, save_versioned
from crm.events.actor import Actor
from crm.events.recording import record_event, recording
from crm.identity.models import Team, User
from crm.records.models import ExchangeRate
from reports.events import QUOTA_DELETED, QUOTA_SET
from reports.models import Metric, Quota
from reports.rules.periods import MONTHS, Period, period_of

MOST = Decimal(10) ** 14


@dataclass(frozen=True)
class Wish:
    """One target to be: of a person, or of a team as a whole; without an amount it is taken away."""

    period: Period
    amount: Decimal | None
    user: User | None = None
    team: Team | None = None


@transaction.atomic
def set_quota(
    *,
    period: Period,
    amount: Decimal,
    actor: Actor,
    user: User | None = None,
    team: Team | None = None,
    metric: str = Metric.WON_VALUE,
    currency: str = BASE_CURRENCY,
    expected: int | None = None,
) -> Quota:
    """Set the target of a person or of a team for a period; one that is there already is changed."""
    _check(period, amount, user, team, metric, currency)
    amount = q2(amount)
    one = {"kind": period.kind, "first_date": period.first, "metric": metric}
    owner = {"user": user} if user else {"user": None, "team": team}
    found = Quota.objects.select_for_update().filter(**owner, **one).first()
    if found is None:
        found = Quota(
            user=user, team=team or (user.team if user else None), amount=amount, currency=currency, **one
        )
        found.save()
        record_event(
            QUOTA_SET, found, actor=actor, changes={"amount": [None, str(amount)]}, payload=_said(found)
        )
        return found
    check_version(found, expected)
    if (found.amount, found.currency) == (amount, currency):
        return found
    with recording(QUOTA_SET, found, actor=actor, payload=_said(found)):
        found.amount, found.currency = amount, currency
        save_versioned(found, ["amount", "currency"])
    return found


@transaction.atomic
def delete_quota(quota: Quota, *, actor: Actor, expected: int | None = None) -> None:
    """Take a target away; the log keeps that it was."""
    quota = lock(quota)
    check_version(quota, expected)
    record_event(
        QUOTA_DELETED, quota, actor=actor, changes={"amount": [str(quota.amount), None]}, payload=_said(quota)
    )
    quota.delete()


@transaction.atomic
def enter_quotas(wishes: Collection[Wish], *, metric: str, actor: Actor) -> int:
    """Set a whole sheet of targets at once; what did not change is left alone, a currency set elsewhere stays.

    Returns how many changed.
    """
    changed, there = 0, _those_there(wishes, metric)
    for wish in wishes:
        found = there.get((_whose(wish.user, wish.team), wish.period))
        if wish.amount is None:
            if found:
                delete_quota(found, actor=actor)
                changed += 1
            continue
        if found and found.amount == q2(wish.amount):
            continue
        set_quota(
            period=wish.period, amount=wish.amount, actor=actor, user=wish.user, team=wish.team, metric=metric,
            currency=found.currency if found else BASE_CURRENCY,
        )  # fmt: skip
        changed += 1
    return changed


def _those_there(wishes: Collection[Wish], metric: str) -> dict[tuple[tuple[str, int], Period], Quota]:
    """The targets there are of whom the wishes name, by whose and for when."""
    of_people = Q(user__in=[wish.user for wish in wishes if wish.user])
    of_teams = Q(user=None, team__in=[wish.team for wish in wishes if not wish.user])
    days = {wish.period.first for wish in wishes}
    rows = Quota.objects.filter(of_people | of_teams, metric=metric, first_date__in=days)
    return {(_whose(one.user, one.team), one.period): one for one in rows.select_related("user", "team")}


def _whose(user: User | None, team: Team | None) -> tuple[str, int]:
    return ("user", user.pk) if user else ("team", team.pk if team else 0)


def _check(
    period: Period, amount: Decimal, user: User | None, team: Team | None, metric: str, currency: str
) -> None:
    if user is None and team is None:
        raise RuleBroken(_("Say whose target it is."), field="user")
    if metric not in Metric.values:
        raise RuleBroken(_("Choose one of the values offered."), field="metric")
    if period.kind not in MONTHS or period != period_of(period.first, period.kind):
        raise RuleBroken(_("A period begins on its first day."), field="first_date")
    if not Decimal(amount).is_finite() or not 0 <= amount < MOST:
        raise RuleBroken(_("Enter an amount from nothing to a hundred trillion."), field="amount")
    if metric == Metric.WON_COUNT and amount != int(amount):
        raise RuleBroken(_("A number of deals is whole."), field="amount")
    if currency != BASE_CURRENCY and not ExchangeRate.objects.filter(currency=currency).exists():
        raise RuleBroken(_("There is no exchange rate for this currency."), field="currency")


def _said(quota: Quota) -> dict[str, str]:
    return {"who": str(quota.user or quota.team), "period": quota.period.key, "metric": quota.metric}
