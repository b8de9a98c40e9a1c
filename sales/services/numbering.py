"""Giving numbers: one after the other, no number twice, and where the rule says so none left out."""

import datetime
from collections.abc import Callable

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.clock import company_today
from crm.core.text import tidy
from crm.core.writes import RuleBroken, check_version, lock, save_versioned
from crm.events.actor import Actor
from crm.events.recording import recording
from sales.events.products import NUMBERING_CHANGED
from sales.models import NumberCounter, NumberRule
from sales.rules import numbering as rules

FLAWS = {
    "unknown": gettext_lazy("Only {YYYY}, {YY}, {MM}, {DD} and a counter such as {0000} stand in braces."),
    "counter": gettext_lazy("A pattern has one counter, such as {0000}."),
    "restart": gettext_lazy("A counter that begins again needs the year, month or day in the pattern."),
    "long": gettext_lazy("The number would be longer than 60 characters."),
}


@transaction.atomic
def next_number(kind: str, taken: Callable[[str], bool], *, day: datetime.date | None = None) -> str:
    """The next number of a kind; `taken` says which came in by import and are left out.

    The counter stays locked until the transaction ends: a number whose record is not saved after all is given again.
    """
    rule = NumberRule.objects.get(kind=kind)
    day = day or company_today()
    period = rules.period(rule.restart, day)
    NumberCounter.objects.bulk_create([NumberCounter(rule=rule, period=period)], ignore_conflicts=True)
    counter = NumberCounter.objects.select_for_update().get(rule=rule, period=period)
    number = ""
    while not number or taken(number):
        counter.last += 1
        number = rules.write(rule.pattern, day, counter.last)
    counter.save(update_fields=["last"])
    return number


def number_taken(model: type[models.Model]) -> Callable[[str], bool]:
    """Whether a record of the kind, in the bin or outside, has a number."""
    return lambda number: model._base_manager.filter(number=number).exists()


def is_gapless(kind: str) -> bool:
    """Whether what has a number of this kind must not vanish."""
    return NumberRule.objects.filter(kind=kind, gapless=True).exists()


@transaction.atomic
def change_numbering(
    rule: NumberRule,
    *,
    pattern: str,
    restart: str,
    gapless: bool,
    actor: Actor,
    next_value: int | None = None,
    expected: int | None = None,
) -> NumberRule:
    """Number differently from now on; `next_value` continues a series that was kept elsewhere, never backwards."""
    rule = lock(rule)
    check_version(rule, expected)
    pattern = tidy(pattern)
    if restart not in NumberRule.Restart.values:
        raise RuleBroken(_("Choose one of the values offered."), field="restart")
    if found := rules.flaw(pattern, restart):
        raise RuleBroken(FLAWS[found], field="restart" if found == "restart" else "pattern", code=found)
    payload = {"kind": rule.kind} | ({"next": next_value} if next_value else {})
    with recording(NUMBERING_CHANGED, rule, actor=actor, payload=payload):
        rule.pattern, rule.restart, rule.gapless = pattern, restart, gapless
        save_versioned(rule, ["pattern", "restart", "gapless"])
        if next_value:
            _continue(rule, next_value)
    return rule


def _continue(rule: NumberRule, next_value: int) -> None:
    period = rules.period(rule.restart, company_today())
    NumberCounter.objects.bulk_create([NumberCounter(rule=rule, period=period)], ignore_conflicts=True)
    counter = NumberCounter.objects.select_for_update().get(rule=rule, period=period)
    if not counter.last < next_value < 10**9:
        raise RuleBroken(
            _("The counter stands at %(last)d; it goes on from there, never back.") % {"last": counter.last},
            field="next_value",
        )
    counter.last = next_value - 1
    counter.save(update_fields=["last"])


def preview(rule: NumberRule, pattern: str, restart: str, count: int = 3) -> list[str]:
    """The next numbers a pattern would give today; nothing where it has a flaw."""
    if restart not in NumberRule.Restart.values or rules.flaw(pattern, restart):
        return []
    day = company_today()
    counter = rule.counters.filter(period=rules.period(restart, day)).first()
    first = (counter.last if counter else 0) + 1
    return [rules.write(pattern, day, first + step) for step in range(count)]
