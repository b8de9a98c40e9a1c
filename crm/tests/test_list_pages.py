"""A declared list in the browser: scope, filters, search, order, pages, views, columns."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Customer
from crm.identity.tests.factories import make_company

pytestmark = [pytest.mark.django_db, pytest.mark.urls("crm.tests.probe")]


@pytest.fixture
def company():
    return make_company()


def make(company, owner, name, **values):
    person = getattr(company, owner)
    row = Customer(name=name, owner=person, team=person.team, **values)
    row.fill_search()
    row.save()
    return row


@pytest.fixture
def some(company):
    return {
        "a": make(company, "sales1", "苏州瑞宏电子", tier="A", phone="13805762218"),
        "b": make(
            company, "sales1", "阿里山茶业", tier="B", next_follow_up_at=timezone.now() - timedelta(days=2)
        ),
        "c": make(company, "sales2", "张家港港务", tier="A"),
        "d": make(company, "sales3", "深圳某公司", tier="A"),
    }


@pytest.fixture
def as_user(client, company):
    def sign_in(name):
        client.force_login(getattr(company, name))
        return client

    return sign_in


def names(response):
    return [record.name for record in response.context["page"].records]


def test_the_page_shows_what_one_may_see(as_user, some):
    response = as_user("sales1").get("/probe/")
    assert response.status_code == 200
    assert set(names(response)) == {"苏州瑞宏电子", "阿里山茶业"}
    assert "苏州瑞宏电子" in response.content.decode()
