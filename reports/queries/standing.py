"""How a month stands for those who lead people: signed against target and time, received, overdue."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from crm.core.clock import company_today
from crm.core.money import Money, Total, total
from crm.identity.access import has_verb, narrow
from crm.identity.fields import is_closed
from crm.identity.models import User
from reports.models import Metric
from reports.queries.deals import Unit, closed_between, deals
from reports.queries.receivables import Overdue, overdue, received, received_by_month
from reports.queries.targets import targets
from reports.rules.periods import MONTH, Period, period_of
from sales.models import Opportunity, OpportunityStatus
from sales.queries.sums import rate_of
from sales.rules.forecast import attainment


@dataclass(frozen=True)
class Standing:
    """A month so far, of all that somebody sees. Money that is no business of theirs is None."""

    month: Period
    signed: Total
    quota: Decimal | None
    gone: Decimal  # share of the month that is over, this day included
    received: Total | None
    overdue: Overdue | None

    @property
    def reached(self) -> Decimal | None:
        """The share of the target that is signed (达成率)."""
        return attainment(self.signed.money.amount, self.quota) if self.quota else None

    @property
    def gone_percent(self) -> Decimal:
        """Where the tick of the time stands on the bar."""
        return 100 * self.gone

    @property
    def is_ahead(self) -> bool:
        """Whether more of the target is reached than of the month is gone."""
        return self.reached is not None and self.reached >= self.gone


def standing(user: User) -> Standing | None:
    """How this month stands for somebody; nothing where amounts of deals are no business of theirs."""
    if not has_verb(user, "view", Opportunity) or is_closed(user, Opportunity, "amount"):
        return None
    today = company_today()
    month = period_of(today, MONTH)
    won = narrow(deals(), user).filter(closed_between(month.first, month.last), status=OpportunityStatus.WON)
    sums = won.order_by().values_list("currency").annotate(Sum("amount"))
    signed = total([Money(amount, currency) for currency, amount in sums], rate_of)
    came = received_by_month(user, month.first, month.last)
    return Standing(
        month=month,
        signed=signed,
        quota=targets(user, month, Metric.WON_VALUE, Unit(signed.money.currency)).of_team_with(None),
        gone=Decimal(today.day) / month.last.day,
        received=None if came is None else received(came, month.holds),
        overdue=overdue(user),
    )
