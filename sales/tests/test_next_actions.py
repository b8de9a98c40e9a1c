"""The recommended next steps on Today: only one's own, each with its reason, done or put off with one click."""

import datetime
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Activity
from accounts.queries.today import leads, whose
from accounts.services import create_customer, log_follow_up
from crm.identity.models import FieldRight
from crm.identity.tests.factories import fresh, make_company
from crm.records.services.rates import set_rate
from sales import services
from sales.models import Lead, Opportunity, Quote
from sales.queries.next_actions import recommended
from sales.tests.factories import SYSTEM, make_lead, make_opportunity, sent_quote, signed_order

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 11, 19, 2, tzinfo=datetime.UTC)  # a Thursday


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def company():
    return make_company()


def customer(owner, name):
    return create_customer(
        name=name, owner=owner, actor=SYSTEM, fill_in=False, contact={"name": "王芳"}
    ).customer


def names(user, team=False):
    return [one.action.name.split(":")[0] for one in recommended(whose(user, team=team))]


def browser(user):
    client = Client()
    client.force_login(user)
    return client


def deal(owner, name="苏州瑞宏", **values):
    made = make_opportunity(customer(owner, name), **({"amount": 500_000} | values))
    Opportunity._base_manager.filter(pk=made.pk).update(stage_since=NOW - datetime.timedelta(days=40))
    return made


def raised(owner):
    lead = make_lead(owner)
    Lead._base_manager.filter(pk=lead.pk).update(hand_raised_at=NOW - datetime.timedelta(hours=3))
    return lead


def test_each_reason_recommends_its_step_and_doing_it_takes_it_away(company):
    me = company.sales1
    lead = raised(me)
    stalled = deal(me)
    quote = sent_quote(customer(me, "无锡博川"), valid_until=(NOW + datetime.timedelta(days=2)).date())
    order = signed_order(customer(me, "常州安泰"), end_date=(NOW + datetime.timedelta(days=20)).date())
    assert names(me) == ["take_up", "revive", "extend", "renew"]
    log_follow_up(actor=SYSTEM, author=me, kind="call", record=lead, body="聊了十分钟，约了周五")
    log_follow_up(
        actor=SYSTEM, author=me, kind="call", record=stalled, customer=stalled.customer, body="客户说下周"
    )
    Quote._base_manager.filter(pk=quote.pk).update(status="declined")
    make_opportunity(order.customer)
    assert names(me) == []


def test_nobody_sees_more_than_their_own_and_a_manager_the_teams(company):
    raised(company.sales1)
    deal(company.sales1)
    raised(company.sales3)
    assert names(company.sales1) == ["take_up", "revive"]
    assert names(company.sales2) == []
    assert names(company.manager1) == []
    assert sorted(names(company.manager1, team=True)) == ["revive", "take_up"]
    assert len(names(company.director, team=True)) == 3


def test_the_price_is_the_same_for_any_number(company):
    me = company.sales1
    recommended(whose(me, team=False))
    for number in range(2):
        raised(me)
        deal(me, f"客户{number}")
    with CaptureQueriesContext(connection) as few:
        assert len(recommended(whose(me, team=False))) == 4
    for number in range(6):
        raised(me)
        deal(me, f"更多{number}")
    with CaptureQueriesContext(connection) as many:
        assert len(recommended(whose(me, team=False))) == 16
    assert len(many) == len(few) <= 9


def test_a_rate_is_read_once_for_any_number_of_deals(company):
    set_rate("USD", NOW.date(), Decimal(7), actor=SYSTEM)
    counts = []
    for names in (["甲"], ["乙", "丙", "丁"]):
        for name in names:
            deal(company.sales1, f"{name}美元客户", currency="USD")
        with CaptureQueriesContext(connection) as asked:
            recommended(whose(company.sales1, team=False))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_refusal_is_no_success(company):
    deal(company.sales1)
    (one,) = recommended(whose(company.sales1, team=False))
    sent = {"key": one.action.name, "until": "some day"}
    answer = browser(company.sales1).post(reverse("next_action_snooze"), sent, headers={"HX-Request": "true"})
    assert answer.status_code == 409 and '"bad"' in answer["HX-Trigger"]


def test_an_answer_waits_until_somebody_is_in_touch(company):
    me = company.sales1
    them = customer(me, "苏州瑞宏")
    contact = them.contacts.get()
    cadence = services.save_cadence(None, name="序列", actor=SYSTEM)
    services.save_step(cadence, kind="call", delay_days=0, subject="x", actor=SYSTEM)
    enrolment = services.enrol(contact, cadence, actor=SYSTEM)
    services.run_due()
    enrolment.runs.update(answered_at=NOW - datetime.timedelta(hours=1))
    assert names(me) == ["answer"]
    log_follow_up(actor=SYSTEM, author=me, kind="email", customer=them, body="回了价格和交期")
    assert names(me) == []


def test_put_off_it_comes_back_on_its_day(company, clock):
    me = company.sales1
    client = browser(me)
    key = f"revive:{deal(me).pk}"
    url = reverse("next_action_snooze")
    assert client.post(url, {"key": key, "until": "monday"}).status_code == 302
    assert names(me) == []
    clock.move_to(NOW + datetime.timedelta(days=4))  # Monday
    assert names(me) == ["revive"]
    assert client.post(url, {"key": key, "until": "nonsense"}).status_code == 302
    assert names(me) == ["revive"]
    assert browser(company.sales3).post(url, {"key": key, "until": "monday"}).status_code == 404


def test_planned_with_one_click(company):
    me = company.sales1
    stalled = deal(me)
    client = browser(me)
    answer = client.post(
        reverse("next_action_plan"), {"key": f"revive:{stalled.pk}"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 204 and "undo_url" in answer["HX-Trigger"]
    plan = Activity._base_manager.get(kind="call")
    assert (
        plan.owner == me
        and plan.record == stalled
        and timezone.localdate(plan.due_at) == datetime.date(2026, 11, 20)
    )
    assert names(me) == []


def test_today_loads_them_and_each_leads_to_what_is_to_be_done(company):
    me = company.sales1
    stalled = deal(me, "<script>alert(1)</script>")
    client = browser(me)
    url = reverse("next_actions")
    assert url in client.get(reverse("today")).content.decode()
    part = client.get(f"{url}?who=mine", headers={"HX-Request": "true"}).content.decode()
    assert reverse("opportunity_follow_up", args=[stalled.pk]) in part
    assert "<script>alert" not in part
    assert client.get(url).status_code == 200
    assert browser(company.service1).get(url).status_code == 403
    assert url not in browser(company.finance1).get(reverse("today")).content.decode()


def test_a_hidden_amount_orders_nothing_and_shows_nowhere(company):
    me = company.sales1
    deal(me, "大单", amount=9_000_000)
    FieldRight._base_manager.create(role=me.role, model="sales.opportunity", field="amount", level="hidden")
    (only,) = recommended(whose(me, team=False))
    assert only.action.stake == 0
    part = (
        browser(me)
        .get(f"{reverse('next_actions')}?who=mine", headers={"HX-Request": "true"})
        .content.decode()
    )
    assert "大单" in part and "¥" not in part


def test_a_pool_makes_nobody_a_leader(company):
    """Whoever may claim from a pool sees its records, and still looks at their own day first."""
    services.create_pool("公海", serves=company.east, is_default=True, actor=SYSTEM)
    seller = fresh(company.sales1)
    assert not leads(seller) and not whose(seller, team=True).team
    manager = fresh(company.manager1)
    assert leads(manager) and whose(manager, team=True).team_ids
