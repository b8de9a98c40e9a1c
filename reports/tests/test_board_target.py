"""The bar of the target over the board: whose it is follows the board's filters, and who may not read it is told nothing."""

from decimal import Decimal

import pytest
from django.test import Client

from crm.core.clock import company_today
from crm.identity.models import FieldRight
from reports import services
from reports.queries.board import target_of
from reports.rules.periods import QUARTER, period_of
from reports.tests.factories import days_ago, deal
from sales.services.stages import default_pipeline
from sales.tests.factories import SYSTEM

pytestmark = pytest.mark.django_db
BOARD, URL = "/opportunities/board/", "/opportunities/board/target/"


@pytest.fixture
def targets(company):
    """This quarter sales1 is to sell for 300,000 and sales2 for 100,000; 120,000 are won, 80,000 committed."""
    quarter = period_of(company_today(), QUARTER)
    for user, amount in ((company.sales1, 300_000), (company.sales2, 100_000)):
        services.set_quota(period=quarter, amount=Decimal(amount), user=user, actor=SYSTEM)
    deal(company.sales1, 120_000, won=company_today())
    deal(company.sales1, 80_000, "Negotiation", closes=company_today())
    deal(company.sales2, 50_000, "Proposal", closes=company_today())
    deal(company.sales3, 70_000, won=days_ago(0))
    return company


def page(user, url):
    client = Client()
    client.force_login(user)
    return client.get(url)


def test_the_bar_says_what_is_won_of_the_target_of_whom_the_board_is_narrowed_to(targets):
    shown = page(targets.manager1, URL).content.decode()
    assert "30%" in shown and "¥400K" in shown and "¥120K" in shown and "¥150K" in shown
    of_one = page(targets.manager1, f"{URL}?owner={targets.sales1.pk}").content.decode()
    assert "40%" in of_one and "¥300K" in of_one and "¥100K" in of_one
    found = target_of(targets.manager1, {})
    assert (found.quota, found.closed, found.commit, found.best) == (400_000, 120_000, 80_000, 50_000)
    assert found.missing == 150_000
    assert found.widths() == [("ok", 0.0, 30.0), ("brand", 30.0, 20.0), ("tint", 50.0, 12.5)]


@pytest.mark.parametrize(
    ("query", "asks"),
    [
        ("", ""), ("?owner=me", "owner={me}"), ("?owner={mate}", "owner={mate}"), ("?team={team}", "team={team}"),
    ],
)  # fmt: skip
def test_the_board_asks_for_the_target_it_is_narrowed_to(targets, query, asks):
    known = {"me": targets.manager1.pk, "mate": targets.sales1.pk, "team": targets.east.pk}
    text = page(targets.manager1, BOARD + query.format(**known)).content.decode()
    wanted = "&amp;".join(filter(None, [f"{URL}?pipeline={default_pipeline().pk}", asks.format(**known)]))
    assert f'hx-get="{wanted}"' in text


def test_nobody_is_told_a_target_they_may_not_read_or_of_several_at_once(targets):
    several = f"{BOARD}?owner={targets.sales1.pk}&owner={targets.sales2.pk}"
    assert "board-target" not in page(targets.manager1, several).content.decode()
    for query in (f"?owner={targets.sales1.pk}", "?owner=999999", "?team=x", "?period=%00", ""):
        answer = page(targets.sales3, URL + query)
        assert answer.status_code == 200 and b"<svg" not in answer.content
    assert page(targets.service1, URL).status_code == 403
    assert "board-target" in page(targets.director, BOARD).content.decode()
    role = targets.director.role.group
    role.permissions.remove(role.permissions.get(codename="view_quota"))
    assert "board-target" not in page(targets.director, BOARD).content.decode()
    FieldRight(role=targets.sales1.role, model="sales.opportunity", field="amount", level="hidden").save()
    assert b"<svg" not in page(targets.sales1, URL).content
    assert "board-target" not in page(targets.sales1, BOARD).content.decode()
