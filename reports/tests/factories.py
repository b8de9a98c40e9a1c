"""Deals for the tests of reports, made through the services and then put back in time."""

from datetime import date, timedelta
from typing import Any

from accounts.models import Customer
from accounts.tests.factories import make_customer
from crm.core.clock import company_midnight, company_today
from crm.identity.models import User
from sales import services
from sales.models import Opportunity, Stage, StageHistory
from sales.tests.factories import SYSTEM, make_opportunity, stage


def deal(
    owner: User,
    amount: Any = 1000,
    at: str = "Qualify",
    *,
    customer: Customer | None = None,
    opened: date | None = None,
    closes: date | None = None,
    won: date | None = None,
    lost: date | None = None,
    **values: Any,
) -> Opportunity:
    """A deal of somebody in a stage, or closed on a day; `opened` puts its beginning back."""
    customer = customer or make_customer(owner=owner)
    made = make_opportunity(
        customer,
        owner=owner,
        amount=amount,
        stage=stage(at),
        expected_close_date=closes or company_today(),
        **values,
    )
    if opened:
        Opportunity.objects.filter(pk=made.pk).update(opened_at=opened)
        StageHistory.objects.filter(opportunity=made).update(entered_at=company_midnight(opened))
        made.refresh_from_db()
    if won:
        made = services.win_opportunity(made, actor=SYSTEM, closed_at=won)
    if lost:
        made = services.lose_opportunity(made, reason="price", actor=SYSTEM, closed_at=lost)
    return made


def days_ago(count: int) -> date:
    """So many days before the company's today."""
    return company_today() - timedelta(count)


def stages() -> dict[str, Stage]:
    """The seeded stages by their English names."""
    return {one.name_en: one for one in Stage.objects.all()}
