"""How the month stands, for those who lead people: on Today, of what they see (picture 15)."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine

from accounts.tests.factories import make_customer
from crm.identity.models import User
from reports import services
from reports.models import Quota
from reports.queries.standing import standing
from reports.rules.periods import Period
from reports.tests.factories import deal
from sales.services import confirm_receipt, plan_payments, record_receipt
from sales.tests.factories import SYSTEM, a_line, signed_order

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 11, 2, 0, tzinfo=UTC)


@pytest.fixture
def month(company):
    """June, eleven days old: 5.42 of 7.2 million won, half a contract paid, the rest of it 23 days late."""
    with time_machine.travel(NOW, tick=False):
        User._base_manager.update(language="en")
        for seller, amount in ((company.sales1, 5_000_000), (company.sales3, 420_000)):
            deal(seller, amount, won=date(2026, 6, 3))
        deal(company.sales1, 999, won=date(2026, 5, 31))
        for seller, amount in ((company.sales1, 6_000_000), (company.sales3, 1_200_000)):
            services.set_quota(
                period=Period(date(2026, 6, 1), "month"), amount=Decimal(amount), user=seller, actor=SYSTEM
            )
        order = signed_order(make_customer(company.sales1), date(2026, 4, 1), lines=[a_line(200_000)])
        plan_payments(order, [(date(2026, 5, 19), Decimal(200_000), "")], actor=SYSTEM)
        confirm_receipt(record_receipt(order, amount=Decimal(100_000), actor=SYSTEM), actor=SYSTEM)
        record_receipt(order, amount=Decimal(7), actor=SYSTEM)  # a draft counts for nothing
        yield company


def test_signed_against_target_and_time_received_and_overdue(month):
    seen = standing(month.exec)
    assert (seen.signed.money.amount, seen.quota) == (5_420_000, 7_200_000)
    assert (round(100 * seen.reached, 1), round(seen.gone_percent, 1)) == (Decimal("75.3"), Decimal("36.7"))
    assert seen.is_ahead
    assert seen.received.money.amount == 100_000
    assert (seen.overdue.worth.money.amount, seen.overdue.contracts, seen.overdue.days) == (100_000, 1, 23)


def test_a_manager_sees_the_own_team_and_finance_no_deals(month):
    seen = standing(month.manager2)
    assert (seen.signed.money.amount, seen.quota, seen.overdue.contracts) == (420_000, 1_200_000, 0)
    assert not seen.is_ahead
    assert standing(month.finance1) is None


def test_it_stands_on_today_of_those_who_look_at_their_team_or_have_a_target(client, month):
    client.force_login(month.exec)
    page = client.get("/").content.decode()
    for words in (
        "Signed in Jun",
        "¥5.4M",
        "75.3%",
        "36.7% of the time is gone: ahead of it",
        "up to 23 days",
    ):
        assert words in page
    assert "Signed in" not in client.get("/?who=mine").content.decode()
    client.force_login(month.sales1)
    assert "83.3%" in client.get("/").content.decode()
    Quota.objects.filter(user=month.sales1).delete()
    assert "Signed in" not in client.get("/").content.decode()


def test_finance_sees_what_waits_for_it(client, month):
    client.force_login(month.finance1)
    page = client.get("/").content.decode()
    assert "Receipts to confirm" in page and "?status=draft" in page
    assert re.search(r"Overdue payments</span><span class=\"tile-value bad\">1<", page)
    client.force_login(month.sales1)
    assert "Receipts to confirm" not in client.get("/").content.decode()


def test_the_dashboard_tells_what_came_in_and_what_is_late(client, month):
    client.force_login(month.director)
    page = client.get("/dashboards/?period=this_quarter")
    tile = next(one for one in page.context["tiles"] if one["label"] == "Received")
    assert tile["value"].money.amount == 100_000
    assert "status=confirmed" in tile["url"]
    assert page.context["late"].days == 23
    narrowed = client.get("/dashboards/", {"period": "this_quarter", "owner": month.sales3.pk}).context
    assert narrowed["late"] is None
    assert next(one for one in narrowed["tiles"] if one["label"] == "Received")["value"].money.amount == 0


def test_what_a_role_may_not_read_of_money_is_not_told(client, month):
    """Neither the kinds it lost nor, of those it has, what its reach does not hold."""
    client.force_login(month.director)
    role = month.director.role.group.permissions
    for right, words in (("view_receipt", "Received in Jun"), ("view_paymentplan", "Overdue receivables")):
        held = role.get(codename=right)
        assert words in client.get("/").content.decode()
        role.remove(held)
        assert words not in client.get("/").content.decode()
        role.add(held)
    assert standing(month.manager2).received.money.amount == 0
