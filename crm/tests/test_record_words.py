"""How lists and pages word what they show: no line for what somebody does not read, shares as shares, days in the reader's form."""

import datetime

import pytest

from accounts.tests.factories import make_customer
from crm.identity.tests.factories import make_company
from sales.tests.factories import make_opportunity, make_order, signed_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def company():
    return make_company()


def test_a_card_without_an_amount_has_no_line_for_it(company, client):
    order = make_order(make_customer(company.sales1))
    client.force_login(company.sales1)
    card = client.get("/orders/").content.decode().split(f'data-card="{order.pk}"')[1].split("</article>")[0]
    assert 'class="bottom"' in card and "¥" in card
    client.force_login(company.service1)
    card = client.get("/orders/").content.decode().split(f'data-card="{order.pk}"')[1].split("</article>")[0]
    assert order.name in card and 'class="bottom"' not in card and "¥" not in card


def test_a_probability_is_a_share(company, client):
    deal = make_opportunity(make_customer(company.sales1))
    client.force_login(company.sales1)
    page = client.get(deal.get_absolute_url()).content.decode()
    assert f"<span>{deal.probability}%</span>" in page


@pytest.mark.parametrize(
    ("language", "signed", "ends"),
    [("en", "Mar 2, 2026", "Mar 1, 2027"), ("zh-hans", "2026-03-02", "2027-03-01")],
)
def test_a_contract_names_its_days_as_its_reader_does(company, client, language, signed, ends):
    day = datetime.date(2026, 3, 2)
    order = signed_order(make_customer(company.sales1), day, end_date=datetime.date(2027, 3, 1))
    type(company.sales1).objects.filter(pk=company.sales1.pk).update(language=language)
    client.force_login(company.sales1)
    page = client.get(order.get_absolute_url()).content.decode()
    assert signed in page and ends in page
    assert ("2026-03-02</time>" in page) == (language != "en")
