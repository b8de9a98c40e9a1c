"""Today in the browser: one's own list, the team's, neglected customers."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import services
from accounts.models import Activity, Customer
from accounts.queries import today as queries
from accounts.queries.neglect import neglected_q
from accounts.rules.due import at_day
from accounts.tests.factories import by, make_customer
from crm.identity.models import User

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 11, 2, 0, tzinfo=UTC)  # Thursday 10:00 in Shanghai
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _thursday():
    with time_machine.travel(NOW, tick=False):
        User._base_manager.update(language="en")
        yield


@pytest.fixture
def customer(company):
    User._base_manager.update(language="en")
    return make_customer(company.sales1, "苏州瑞宏电子有限公司", phone="13805762218", intent="A")


def plan(user, customer, due, subject, **values):
    return services.plan_follow_up(
        actor=by(user), author=user, customer=customer, kind="call", due_at=due, subject=subject, **values
    )


def test_groups_by_day_and_says_why(client, company, customer):
    me = company.sales1
    services.log_follow_up(
        actor=by(me),
        author=me,
        customer=customer,
        kind="call",
        body="王工要求节拍",
        done_at=NOW - timedelta(days=3),
    )
    plan(me, customer, at_day(date(2026, 6, 9)), "late one", all_day=True)
    plan(me, customer, NOW + timedelta(hours=3), "today one")
    plan(me, customer, at_day(date(2026, 6, 12)), "tomorrow one", all_day=True)
    plan(me, customer, at_day(date(2026, 6, 30)), "far one", all_day=True)
    plan(company.manager1, customer, NOW + timedelta(hours=1), "managers one")
    client.force_login(me)
    page = client.get("/").content.decode()
    for text in (
        "late one",
        "today one",
        "tomorrow one",
        "2 days overdue",
        "王工要求节拍",
        "tel:+8613805762218",
    ):
        assert text in page
    for text in ("far one", "managers one"):
        assert text not in page


def test_a_date_of_today_is_not_late(company, customer):
    plan(company.sales1, customer, at_day(date(2026, 6, 11)), "today", all_day=True)
    groups = queries.follow_ups(queries.whose(company.sales1, team=False), "today")
    assert [(g.key, g.total) for g in groups if g.rows] == [("today", 1)]


def test_what_one_gave_to_others(client, company, customer):
    plan(company.manager1, customer, NOW + timedelta(days=1), "for sales1", owner=company.sales1)
    client.force_login(company.manager1)
    assert "for sales1" in client.get("/?tab=given&who=mine").content.decode()


def test_numbers_are_real(company, customer):
    me = company.sales1
    for days, kind in ((0, "call"), (1, "visit"), (7, "call"), (9, "call")):
        services.log_follow_up(
            actor=by(me),
            author=me,
            customer=customer,
            kind=kind,
            body=f"talk {days}",
            done_at=NOW - timedelta(days=days),
        )
    plan(me, customer, NOW - timedelta(hours=1), "late")
    plan(me, customer, NOW + timedelta(hours=1), "soon")
    found = queries.numbers(queries.whose(me, team=False))
    assert (found.this_week, found.last_week, found.overdue, found.due_today) == (2, 2, 1, 1)
    assert (found.customers, found.new_customers, found.done_today, found.calls_today) == (1, 1, 1, 1)
    assert found.weekly_follow_ups[-2:] == [2, 2]


def test_the_team_sees_each_person(client, company, customer):
    plan(company.sales1, customer, NOW - timedelta(hours=1), "late")
    client.force_login(company.manager1)
    page = client.get("/").content.decode()
    assert f"state=overdue&amp;owner={company.sales1.pk}" in page
    assert "Sales3" not in page
    rows = queries.team_rows(queries.whose(company.director, team=True))
    assert {r.user.username for r in rows} >= {"sales1", "sales2", "sales3", "sales4"}
    assert next(r for r in rows if r.user == company.sales1).overdue == 1


def test_salespeople_have_no_team_view(company):
    assert not queries.whose(company.sales1, team=True).team


@pytest.mark.parametrize("role", ["exec", "admin", "finance1", "service1", "marketing1", "servicemanager1"])
def test_opens_for_every_role(client, company, role):
    client.force_login(getattr(company, role))
    assert client.get("/").status_code == 200


def test_few_queries(client, company, customer):
    for n in range(12):
        other = make_customer(company.sales1)
        plan(company.sales1, other, NOW + timedelta(hours=n - 3), f"call {n}")
    Customer._base_manager.update(neglect_from=date(2025, 1, 1))
    # Who leads people also sees how the month stands: signed, target, received, overdue; for others one looks for a target.
    for person, most in ((company.sales1, 29), (company.manager1, 32), (company.admin, 32)):
        client.force_login(person)
        client.get("/")
        with CaptureQueriesContext(connection) as seen:
            client.get("/")
        assert len(seen) <= most, "\n".join(
            q["sql"][:60] + " … " + q["sql"].split("FROM", 1)[-1][:50] for q in seen
        )


class TestNeglect:
    def neglected(self):
        return set(Customer.objects.filter(neglected_q()).values_list("name", flat=True))

    def test_follows_the_cadence_of_tier_and_intent(self, company):
        def silent(name, days, **values):
            make_customer(company.sales1, name, **values)
            Customer._base_manager.filter(name=name).update(
                neglect_from=date(2025, 1, 1), last_valid_follow_up_at=NOW - timedelta(days=days)
            )

        silent("A 15", 15, intent="A")
        silent("A 14", 14, intent="A")
        silent("B 31", 31, intent="B")
        silent("C 59", 59, intent="C")
        silent("none 91", 91)
        assert self.neglected() == {"A 15", "B 31", "none 91"}

    def test_imported_ones_count_from_their_go_live_date(self, company, customer):
        Customer._base_manager.update(neglect_from=date(2026, 6, 1))
        assert self.neglected() == set()
        Customer._base_manager.update(neglect_from=date(2026, 5, 1))
        assert self.neglected() == {customer.name}

    def test_an_empty_follow_up_does_not_count(self, company, customer):
        Customer._base_manager.update(neglect_from=date(2026, 5, 1))
        me = company.sales1
        services.log_follow_up(actor=by(me), author=me, customer=customer, kind="note", body="ok")
        assert self.neglected() == {customer.name}
        services.log_follow_up(actor=by(me), author=me, customer=customer, kind="note", body="谈了二期")
        assert self.neglected() == set()

    def test_the_list_shows_the_same(self, client, company, customer):
        Customer._base_manager.update(neglect_from=date(2026, 5, 1))
        make_customer(company.sales1, "杭州新客户")
        client.force_login(company.sales1)
        page = client.get("/customers/?neglected=true").content.decode()
        assert customer.name in page
        assert "杭州新客户" not in page
        assert "Customers to look after" in client.get("/").content.decode()


def test_the_checklist_is_for_administrators_until_done(client, company):
    client.force_login(company.admin)
    assert "Import the customers" in client.get("/").content.decode()
    client.force_login(company.manager1)
    assert "Import the customers" not in client.get("/").content.decode()


class TestDoneCircle:
    def test_opens_a_line_and_saves(self, client, company, customer):
        planned = plan(company.sales1, customer, NOW, "回电")
        client.force_login(company.sales1)
        row = client.get(f"/activities/{planned.pk}/complete/", headers=HTMX).content.decode()
        assert 'name="outcome"' in row
        data = {"body": "同意 0.8 秒", "outcome": "progress", "next_date": "2026-06-15"}
        response = client.post(f"/activities/{planned.pk}/complete/", data, headers=HTMX)
        assert response.status_code == 200
        assert "undo_url" in response.headers["HX-Trigger"]
        planned.refresh_from_db()
        assert (planned.body, planned.outcome) == ("同意 0.8 秒", "progress")
        assert planned.next_activity.due_at == at_day(date(2026, 6, 15))
        client.post(f"/activities/{planned.pk}/undo/", headers=HTMX)
        planned.refresh_from_db()
        assert planned.is_open

    def test_asks_for_the_next_date_of_a_call(self, client, company, customer):
        planned = plan(company.sales1, customer, NOW, "回电")
        client.force_login(company.sales1)
        response = client.post(f"/activities/{planned.pk}/complete/", {"body": "谈好了"}, headers=HTMX)
        assert response.status_code == 422
        assert Activity._base_manager.get(pk=planned.pk).is_open

    def test_works_without_javascript(self, client, company, customer):
        planned = plan(company.sales1, customer, NOW, "回电")
        client.force_login(company.sales1)
        assert client.get(f"/activities/{planned.pk}/complete/").status_code == 200
        data = {"body": "谈好了", "no_next_reason": "等年度预算", "next": "/"}
        assert client.post(f"/activities/{planned.pk}/complete/", data).headers["Location"] == "/"

    def test_later_and_back(self, client, company, customer):
        planned = plan(company.sales1, customer, NOW - timedelta(days=1), "回电")
        client.force_login(company.sales1)
        response = client.post(f"/activities/{planned.pk}/move/", {"choice": "monday"}, headers=HTMX)
        moved = Activity._base_manager.get(pk=planned.pk)
        assert moved.due_at == datetime(2026, 6, 15, 1, 0, tzinfo=UTC)
        undo_url = json.loads(response.headers["HX-Trigger"])["toast"]["undo_url"]
        client.post(undo_url, headers=HTMX)
        assert Activity._base_manager.get(pk=planned.pk).due_at == planned.due_at


def test_who_follows_up_with_nobody_sees_which_customers_changed(client, company):
    mine = make_customer(company.sales1, "成交的客户")
    services.set_first_deal(mine, date=date(2026, 6, 1), actor=by(company.sales1))
    make_customer(company.sales1, "没有成交的客户")
    client.force_login(company.finance1)
    page = client.get("/").content.decode()
    assert 'id="latest-title"' in page and 'id="follow-ups"' not in page and "neglected-title" not in page
    assert "成交的客户" in page and "没有成交的客户" not in page
    client.force_login(company.sales1)
    page = client.get("/").content.decode()
    assert 'id="follow-ups"' in page and "latest-title" not in page
