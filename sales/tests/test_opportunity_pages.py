import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Activity
from accounts.tests.factories import make_contact, make_customer
from crm.events.models import Event
from crm.identity import services as identity
from crm.identity.tests.factories import make_company
from crm.listing.testing import ListPageContract
from crm.records.models import BackgroundJob
from sales import services
from sales.listings.opportunities import OPPORTUNITIES
from sales.models import Opportunity
from sales.tests.factories import SYSTEM, a_line, make_opportunity, signed_order, stage

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "drawer"}
TODAY = timezone.localdate()


class TestOpportunityList(ListPageContract):
    listing = OPPORTUNITIES

    def make(self, owner, number):
        return make_opportunity(make_customer(owner), f"deal {number}", amount=Decimal(number + 1))


@pytest.fixture
def company():
    return make_company()


@pytest.fixture
def customer(company):
    return make_customer(company.sales1, "杭州云栖精密机械有限公司")


@pytest.fixture
def deal(customer):
    return make_opportunity(
        customer, "V3 视觉检测站", amount=Decimal(1_180_000), need="漏检", contact=make_contact(customer, "沈立群"),
        source="ad", expected_close_date=TODAY + timedelta(30), competitor="友商",
    )  # fmt: skip


def browser(user):
    client = Client()
    client.force_login(user)
    return client


def test_who_may_not_hand_deals_over_opens_them_for_themselves(company, customer):
    given = {"customer": customer.pk, "name": "新产线", "amount": "1", "owner": company.sales2.pk}
    identity.save_policies(
        company.sales1.role, {"sales.opportunity": (["view", "add", "change"], "own")}, actor=SYSTEM
    )
    assert browser(company.sales1).post(reverse("opportunity_create"), given).status_code == 422
    assert not Opportunity.objects.exists()


def url(what, deal=None):
    return reverse(f"opportunity_{what}", args=[deal.pk] if deal else [])


def post(user, what, deal, htmx=True, **data):
    return browser(user).post(url(what, deal), data, headers=HTMX if htmx else {})


def toast(response):
    return json.loads(response.headers["HX-Trigger"])["toast"]["text"]


def test_the_page_shows_the_deal_its_path_and_its_people(company, deal):
    client = browser(company.sales1)
    text = client.get(deal.get_absolute_url()).content.decode()
    for words in (
        "V3 视觉检测站",
        "杭州云栖精密机械有限公司",
        "¥1,180,000.00",
        "¥118,000.00",
        "沈立群",
        'aria-current="step"',
    ):
        assert words in text
    for part in ("identity", "left", "path", "right"):
        assert client.get(f"{deal.get_absolute_url()}?part={part}").status_code == 200
    panel = client.get(reverse("customer_panel", args=[deal.customer_id, "right", "opportunities"]))
    assert "V3 视觉检测站" in panel.content.decode()


def test_the_page_costs_few_queries_however_long_its_history(company, deal, django_assert_max_num_queries):
    for _round in range(3):
        services.move_opportunity(deal, to=stage("Negotiation"), confirmed=True, actor=SYSTEM)
        services.move_opportunity(deal, to=stage("Qualify"), actor=SYSTEM)
    client = browser(company.sales1)
    client.get(deal.get_absolute_url())
    with django_assert_max_num_queries(45):
        client.get(deal.get_absolute_url())


def test_opening_one_from_the_customer(company, customer):
    client = browser(company.sales1)
    person = make_contact(customer, "沈立群")
    form = client.get(f"{url('create')}?customer={customer.pk}", headers=HTMX).content.decode()
    assert "沈立群" in form
    data = {
        "customer": customer.pk, "name": "二期", "amount": "250000.50", "currency": "CNY", "contact": person.pk,
        "expected_close_date": (TODAY + timedelta(60)).isoformat(), "next_date": (TODAY + timedelta(2)).isoformat(),
        "next_step": "寄样品",
    }  # fmt: skip
    response = client.post(url("create"), data, headers=HTMX)
    deal = Opportunity.objects.get(name="二期")
    assert response.headers["HX-Redirect"] == deal.get_absolute_url()
    assert (deal.owner, deal.amount, deal.contact) == (company.sales1, Decimal("250000.50"), person)
    assert deal.next_follow_up_at is not None
    assert Activity.objects.get(record_id=deal.pk).subject == "寄样品"


@pytest.mark.parametrize("amount", ["-1", "9" * 30, "abc"])
def test_amounts_that_cannot_be_are_refused_at_their_field(company, customer, amount):
    data = {"customer": customer.pk, "name": "二期", "amount": amount, "currency": "CNY"}
    response = browser(company.sales1).post(url("create"), data, headers=HTMX)
    assert response.status_code == 422
    assert "id_amount_error" in response.content.decode()
    assert not Opportunity.objects.exists()


def test_no_deal_with_a_customer_one_only_reads(company):
    other = make_customer(company.sales3)
    identity.share(other, user=company.sales1, level="read", actor=SYSTEM)
    data = {"customer": other.pk, "name": "二期", "amount": "1", "currency": "CNY"}
    response = browser(company.sales1).post(url("create"), data, headers=HTMX)
    assert response.status_code == 422
    assert "only read this customer" in response.content.decode()
    hidden = make_customer(company.sales3)
    response = browser(company.sales1).post(url("create"), data | {"customer": hidden.pk}, headers=HTMX)
    assert response.status_code == 422


def test_moving_on_and_taking_it_back(company, deal):
    response = post(company.sales1, "move", deal, stage=stage("Discovery").pk, version=deal.version)
    assert response.status_code == 204
    assert "Discovery" in toast(response)
    assert post(company.sales1, "unmove", deal).status_code == 204
    deal.refresh_from_db()
    assert (deal.stage.name_en, [one.move for one in deal.history.all()]) == (
        "Qualify",
        ["", "forward", "back"],
    )


def test_what_the_stage_asks_for_is_filled_in_on_the_way(company, customer):
    bare = make_opportunity(customer)
    contact = make_contact(customer)
    to = stage("Discovery").pk
    response = post(company.sales1, "move", bare, stage=to, version=bare.version)
    text = response.content.decode()
    assert response.status_code == 422
    assert all(f'name="{name}"' in text for name in ("need", "contact", "source", "stage"))
    filled = {"need": "替换", "contact": contact.pk, "source": "ad"}
    response = post(company.sales1, "move", bare, stage=to, version=bare.version, **filled)
    assert response.status_code == 204
    bare.refresh_from_db()
    assert (bare.stage.name_en, bare.need, bare.contact) == ("Discovery", "替换", contact)


def test_leaving_stages_out_is_asked_about(company, deal):
    to = stage("Negotiation").pk
    response = post(company.sales1, "move", deal, stage=to, version=deal.version)
    assert response.status_code == 422
    assert 'name="confirmed"' in response.content.decode()
    assert post(company.sales1, "move", deal, stage=to, version=deal.version, confirmed=1).status_code == 204
    deal.refresh_from_db()
    assert deal.stage.name_en == "Negotiation"


def test_the_second_of_two_who_move_one_card_hears_who_was_first(company, deal):
    data = {"stage": stage("Discovery").pk, "version": deal.version}
    assert post(company.manager1, "move", deal, **data).status_code == 204
    response = post(company.sales1, "move", deal, **data)
    assert response.status_code == 409
    assert company.manager1.name in toast(response)
    assert json.loads(response.headers["HX-Trigger"])["listChanged"] is True


def test_a_move_without_javascript_leads_back_to_the_board(company, deal):
    data = {"stage": stage("Discovery").pk, "version": deal.version, "next": url("board")}
    assert post(company.sales1, "move", deal, htmx=False, **data).headers["Location"] == url("board")
    data = {"stage": stage("Qualify").pk, "next": "//evil.example/"}
    assert (
        post(company.sales1, "move", deal, htmx=False, **data).headers["Location"] == deal.get_absolute_url()
    )


def test_won_lost_invalid_and_open_again(company, deal):
    assert post(company.sales1, "win", deal, reason="price", closed_at=TODAY.isoformat()).status_code == 204
    assert post(company.sales1, "lose", deal, reason="price").status_code == 422  # closed already
    assert post(company.sales1, "reopen", deal).status_code == 204
    assert post(company.sales1, "lose", deal).status_code == 422  # no reason
    assert post(company.sales1, "lose", deal, reason="competitor", competitor="海外品牌").status_code == 204
    deal.refresh_from_db()
    assert (deal.status, deal.competitor) == ("lost", "海外品牌")
    text = browser(company.sales1).get(deal.get_absolute_url()).content.decode()
    assert "海外品牌" in text
    post(company.sales1, "reopen", deal)
    assert post(company.sales1, "invalid", deal, note="重复录入").status_code == 204
    deal.refresh_from_db()
    assert deal.status == "invalid"


def test_what_the_lost_stage_asks_for(company, deal):
    lost = stage("Lost")
    lost.asks = ["competitor"]
    lost.save()
    Opportunity.objects.filter(pk=deal.pk).update(competitor="")
    response = post(company.sales1, "lose", deal, reason="price")
    assert response.status_code == 422
    assert "competitor" in response.content.decode()
    assert post(company.sales1, "lose", deal, reason="price", competitor="友商").status_code == 204


def test_handing_over_binning_and_restoring(company, deal):
    assert post(company.manager1, "transfer", deal, owner=company.sales2.pk).status_code == 204
    deal.refresh_from_db()
    assert deal.owner == company.sales2
    client = browser(company.manager1)
    assert client.post(url("delete", deal), headers=HTMX).headers["HX-Redirect"] == url("list")
    assert client.get(deal.get_absolute_url()).status_code == 404
    assert deal.name in client.get(reverse("opportunity_bin_list")).content.decode()
    assert client.post(url("restore", deal), headers=HTMX).headers["HX-Redirect"] == deal.get_absolute_url()


def test_what_was_won_stays(company, deal):
    services.win_opportunity(deal, actor=SYSTEM)
    response = post(company.sales1, "delete", deal)
    assert response.status_code == 409
    assert "stays" in response.content.decode()


def test_many_are_moved_at_once_and_back(company, customer):
    deals = [make_opportunity(customer) for _number in range(3)]
    client = browser(company.sales1)
    data = {"ids": [one.pk for one in deals], "stage": stage("Discovery").pk}
    bulk = reverse("opportunity_bulk", args=["move-stage"])
    assert "Discovery" in client.post(bulk, data, headers=HTMX).content.decode()
    client.post(bulk, data | {"confirmed": "1"}, headers=HTMX)
    assert {one.stage.name_en for one in Opportunity.objects.all()} == {"Qualify"}  # the stage asks for more
    Opportunity.objects.update(need="替换", source="ad", contact=make_contact(customer))
    client.post(bulk, data | {"confirmed": "1"}, headers=HTMX)
    assert {one.stage.name_en for one in Opportunity.objects.all()} == {"Discovery"}
    job = BackgroundJob.objects.latest("pk")
    client.post(reverse("job_undo", args=[job.pk]))
    assert {one.stage.name_en for one in Opportunity.objects.all()} == {"Qualify"}


def test_a_follow_up_with_a_deal_counts_for_it_and_its_customer(company, deal):
    response = browser(company.sales1).post(
        url("follow_up", deal),
        {
            "kind": "call",
            "body": "谈了价格，客户同意",
            "place": "record",
            "next_date": (TODAY + timedelta(3)).isoformat(),
        },
        headers=HTMX,
    )
    assert response.status_code == 200
    deal.refresh_from_db()
    assert deal.last_activity_at is not None
    assert "谈了价格" in browser(company.sales1).get(url("timeline", deal)).content.decode()


def test_today_tells_what_is_open(company, deal):
    text = browser(company.sales1).get("/?who=mine").content.decode()
    assert "Open opportunities" in text and "¥1.2M" in text
    assert "Open opportunities" not in browser(company.service1).get("/").content.decode()


def test_what_was_signed_for_a_won_deal_is_taken_over_with_one_click(company, deal, customer):
    services.set_opportunity_lines(deal, [a_line(100_000)], actor=SYSTEM)
    order = signed_order(customer, opportunity=deal, lines=[a_line(90_000)])
    deal.refresh_from_db()
    assert (deal.status, deal.amount) == ("won", 100_000)  # nothing is changed silently
    panel = reverse("opportunity_panel", args=[deal.pk, "right", "orders"])
    said = browser(company.sales1).get(panel, headers={"HX-Request": "true"}).content.decode()
    assert "90,000" in said and "100,000" in said and url("take_signed", deal) in said
    assert url("take_signed", deal) not in browser(company.exec).get(panel).content.decode()
    stale = browser(company.sales1).post(
        url("take_signed", deal), {"version": deal.version - 1}, headers=HTMX
    )
    assert stale.status_code == 409
    assert browser(company.sales2).post(url("take_signed", deal)).status_code == 404
    took = browser(company.sales1).post(url("take_signed", deal), {"version": deal.version}, headers=HTMX)
    deal.refresh_from_db()
    assert took.status_code == 204 and deal.amount == 90_000
    event = Event.objects.filter(name="opportunity.updated").latest("pk")
    assert event.changes == {"amount": ["100000.00", "90000.00"]}
    assert url("take_signed", deal) not in browser(company.sales1).get(panel).content.decode()
    services.amend_order(order, reason="加项", actor=SYSTEM)
    services.update_order(order, lines=[a_line(95_000)], actor=SYSTEM)
    assert (
        url("take_signed", deal) not in browser(company.sales1).get(panel).content.decode()
    )  # not signed yet
    services.void_order(order, reason="作废", actor=SYSTEM)
    refused = browser(company.sales1).post(url("take_signed", deal), headers=HTMX)
    deal.refresh_from_db()
    assert refused.status_code == 409 and deal.amount == 90_000


def test_the_people_of_a_deal_are_read_once(company, deal):
    with CaptureQueriesContext(connection) as asked:
        assert browser(company.sales1).get(url("detail", deal)).status_code == 200
    reads = [
        one["sql"] for one in asked if 'FROM "accounts_contact"' in one["sql"] and "COUNT" not in one["sql"]
    ]
    assert len(reads) == 1, reads
