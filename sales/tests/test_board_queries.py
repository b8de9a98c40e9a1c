from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.tests.factories import make_customer
from crm.identity.access import narrow
from crm.identity.tests.factories import make_company
from sales import services
from sales.models import Opportunity
from sales.queries.board import CARDS, board, more_cards
from sales.queries.opportunities import opportunity_list
from sales.services.stages import default_pipeline
from sales.tests.factories import SYSTEM, make_opportunity, stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def company():
    return make_company()


def board_of(user):
    return board(narrow(opportunity_list(), user), default_pipeline(), user)


def age(deal, days):
    Opportunity.objects.filter(pk=deal.pk).update(stage_since=timezone.now() - timedelta(days=days))


def test_stages_with_their_sums(company):
    customer = make_customer(company.sales1)
    for amount in (100, 200):
        make_opportunity(customer, amount=Decimal(amount))
    make_opportunity(customer, stage=stage("Negotiation"), amount=Decimal(1000))
    services.win_opportunity(make_opportunity(customer, amount=Decimal(50)), actor=SYSTEM)
    make_opportunity(make_customer(company.sales3), amount=Decimal(9999))
    found = board_of(company.sales1)
    shown = {
        column.stage.name_en: (column.count, column.amount.money.amount, column.weighted.money.amount)
        for column in found.columns
    }
    assert shown["Qualify"] == (2, Decimal(300), Decimal(30))
    assert shown["Negotiation"] == (1, Decimal(1000), Decimal(800))
    assert (found.open.count, found.open.amount.money.amount, found.open.weighted.money.amount) == (
        3,
        1300,
        830,
    )
    assert (found.won.count, found.won.amount.money.amount, found.lost.count) == (1, 50, 0)
    mate = make_customer(company.sales2)
    for _number in range(4):
        make_opportunity(mate)
    services.win_opportunity(make_opportunity(make_customer(company.manager1)), actor=SYSTEM)
    assert [face.name for face in board_of(company.manager1).owners] == ["Sales2", "Sales1"]
    assert board_of(company.manager2).open.count == 1


def test_rotting_begins_the_day_after_the_limit(company):
    customer = make_customer(company.sales1)
    fresh_one, old, helped = (make_opportunity(customer) for _number in range(3))
    for deal in (old, helped):
        age(deal, 11)
    age(fresh_one, 10)
    Opportunity.objects.filter(pk=helped.pk).update(last_activity_at=timezone.now() - timedelta(days=2))
    found = board_of(company.sales1)
    assert (found.rotting, found.unplanned) == (1, 3)
    assert [card for card in found.columns[0].cards if card.rots] == [old]


def test_further_cards_come_in_the_same_order(company, django_assert_max_num_queries):
    customer = make_customer(company.sales1)
    deals = [
        make_opportunity(customer, expected_close_date=timezone.localdate() + timedelta(days=50 - number))
        for number in range(CARDS + 5)
    ]
    with django_assert_max_num_queries(12):
        first = board_of(company.sales1).columns[0]
    mine = narrow(opportunity_list(), company.sales1)
    rest = more_cards(mine, first.stage, company.sales1, after=first.cursor)
    assert first.more == 5
    assert [*first.cards, *rest.cards] == sorted(deals, key=lambda deal: deal.expected_close_date)
    assert rest.more == 0
