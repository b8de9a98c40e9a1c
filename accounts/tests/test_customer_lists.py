import datetime

import pytest
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.listings import CONTACTS, CUSTOMERS
from accounts.models import Customer
from accounts.tests.factories import SYSTEM, make_contact, make_customer, make_tag
from crm.identity import services as identity
from crm.listing.testing import ListPageContract


class TestCustomerList(ListPageContract):
    listing = CUSTOMERS
    queries = (
        "view=mine",
        "tier=A&tier=B",
        "silent_days=14",
        "next_follow_up_at=overdue",
        "region=330000",
    )

    def make(self, owner, number):
        return make_customer(owner, f"契约客户{number}有限公司", phone=f"1380000{number:04}")


class TestContactList(ListPageContract):
    listing = CONTACTS
    queries = ("role=decision_maker", "owner=me")

    def make(self, owner, number):
        return make_contact(make_customer(owner), f"联系人{number}", phone=f"1390000{number:04}")


def names(user, query, url="/customers/"):
    browser = Client()
    browser.force_login(user)
    response = browser.get(f"{url}?{query}")
    assert response.status_code == 200, response.content
    return {record.name for record in response.context["page"].records}


@pytest.mark.django_db
def test_the_built_in_views_show_what_they_promise(company):
    now, old = timezone.now(), timezone.localdate() - datetime.timedelta(days=20)
    fresh = make_customer(company.sales1, "fresh")
    silent = make_customer(company.sales1, "silent")
    contacted = make_customer(company.sales1, "contacted", first_deal_at=datetime.date(2026, 5, 1), tier="A")
    shared = make_customer(company.sales2, "shared")
    Customer._base_manager.filter(pk__in=[silent.pk, contacted.pk]).update(neglect_from=old)
    Customer._base_manager.filter(pk=contacted.pk).update(
        last_activity_at=now, next_follow_up_at=now + datetime.timedelta(days=3)
    )
    identity.share(shared, user=company.sales1, actor=SYSTEM)
    me = company.sales1
    assert names(me, "view=mine") == {fresh.name, silent.name, contacted.name}
    assert names(me, "view=shared") == {"shared"}
    assert names(me, "view=silent") == {"silent"}
    assert names(me, "view=next-two-weeks") == names(me, "view=tier-a") == {"contacted"}


@pytest.mark.django_db
def test_a_region_holds_everything_in_it_and_a_tag_what_carries_it(company):
    hangzhou = make_customer(company.sales1, "杭州云栖精密机械有限公司", fill_in=True)
    make_customer(company.sales1, "苏州瑞宏电子有限公司", fill_in=True)
    tag = make_tag("标杆")
    services.tag_customers([hangzhou], add=[tag], actor=SYSTEM)
    assert hangzhou.region.code.startswith("3301")
    for query in ("region=330000", "region=330100", f"tags={tag.pk}", "q=云栖"):
        assert names(company.sales1, query) == {hangzhou.name}, query


@pytest.mark.django_db
def test_the_bin_holds_what_was_deleted_and_nothing_else_does(company):
    gone = make_customer(company.sales1, "gone")
    make_customer(company.sales1, "kept")
    services.delete_customer(gone, actor=SYSTEM)
    assert names(company.sales1, "", "/customers/") == {"kept"}
    assert names(company.sales1, "", "/customers/bin/") == {"gone"}
    assert names(company.sales3, "", "/customers/bin/") == set()
