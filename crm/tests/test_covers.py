"""Temporary cover: what a colleague reaches while somebody is away, and that it ends by itself."""

from datetime import timedelta

import pytest
import time_machine
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from accounts import services as accounts
from accounts.listings import CUSTOMERS
from accounts.models import Customer
from accounts.tasks import send_due_reminders
from accounts.tests.factories import by, make_customer
from crm.automation.models import Notification
from crm.core.clock import company_today
from crm.core.writes import RuleBroken
from crm.events.models import Event
from crm.identity import access, services
from crm.identity.backends import CrmBackend
from crm.identity.explain import who_can, why
from crm.identity.models import Cover
from crm.identity.tests.factories import SYSTEM, fresh
from crm.listing.selection import select

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(company):
    return make_customer(company.sales1, "Of somebody on holiday")


def cover(company, first=0, last=7):
    today = company_today()
    return services.set_cover(
        company.sales1,
        by=company.sales3,
        first_date=today + timedelta(first),
        last_date=today + timedelta(last),
        actor=SYSTEM,
    )


def reaches(user, customer, action="view"):
    return access.visible(Customer, fresh(user), action).filter(pk=customer.pk).exists()


def test_whoever_covers_sees_and_edits_but_does_not_dispose(company, customer):
    assert not reaches(company.sales3, customer)
    cover(company)
    assert reaches(company.sales3, customer) and reaches(company.sales3, customer, "change")
    for action in ("delete", "transfer", "share"):
        assert not reaches(company.sales3, customer, action)
    assert why(fresh(company.sales3), customer) == [f"Covers for {company.sales1}"]
    assert company.sales3 in [one.user for one in who_can(customer)]
    found = select(CUSTOMERS, fresh(company.sales3), QueryDict(""))
    assert [record.pk for record in found.page().records] == [customer.pk]
    assert CrmBackend().get_user(company.sales3.pk).held_covers == [
        {"id": company.sales1.pk, "name": company.sales1.name}
    ]


def test_it_begins_and_ends_with_its_days(company, customer):
    cover(company, first=2, last=3)
    for days, reached in ((0, False), (2, True), (3, True), (4, False)):
        with time_machine.travel(timezone.now() + timedelta(days=days), tick=False):
            assert reaches(company.sales3, customer) is reached, days


def test_it_widens_no_hard_limit(company, customer):
    today = company_today()
    services.set_cover(company.sales1, by=company.finance1, first_date=today, last_date=today, actor=SYSTEM)
    assert not reaches(company.finance1, customer)


def test_both_are_reminded(company, customer):
    cover(company)
    due = timezone.now() + timedelta(hours=2)
    accounts.plan_follow_up(
        actor=by(company.sales1), author=company.sales1, kind="call", customer=customer, due_at=due
    )
    with time_machine.travel(due, tick=False):
        send_due_reminders()
    told = set(Notification._base_manager.filter(kind="reminder").values_list("user__username", flat=True))
    assert told == {"sales1", "sales3"}


def test_what_makes_no_sense_is_refused(company):
    cover(company)
    today = company_today()
    for by_whom, first, last in (
        (company.sales1, today, today),
        (company.sales2, today, today - timedelta(1)),
        (company.sales2, today, today + timedelta(400)),
        (company.sales3, today, today),
    ):
        with pytest.raises(RuleBroken):
            services.set_cover(company.sales1, by=by_whom, first_date=first, last_date=last, actor=SYSTEM)


def test_one_arranges_ones_own_cover_and_nobody_elses(client, company, customer):
    client.force_login(company.sales1)
    today = company_today().isoformat()
    form = {"by": company.sales3.pk, "first_date": today, "last_date": today, "away": company.sales2.pk}
    assert client.post(reverse("covers"), form).status_code == 302
    made = Cover.objects.get()
    assert (made.user, made.by) == (company.sales1, company.sales3)
    assert company.sales3.name in client.get(reverse("covers")).content.decode()
    client.force_login(company.sales2)
    assert client.post(reverse("cover_end", args=[made.pk])).status_code == 404
    client.force_login(company.sales3)
    assert client.get(customer.get_absolute_url()).status_code == 200
    assert client.post(reverse("cover_end", args=[made.pk])).status_code == 302
    assert client.get(customer.get_absolute_url()).status_code == 404
    names = set(Event._base_manager.filter(name__startswith="user.cover").values_list("name", flat=True))
    assert names == {"user.cover_set", "user.cover_ended"}


def test_an_end_before_the_beginning_is_called_that_and_not_past(client, company):
    client.force_login(company.sales1)
    first = company_today() + timedelta(days=7)
    form = {"by": company.sales3.pk, "first_date": first.isoformat()}
    for days, said in ((6, "结束日期早于开始日期"), (-1, "截止时间已经过去")):
        last = company_today() + timedelta(days=days)
        begin = first if days > 0 else last
        sent = {**form, "first_date": begin.isoformat(), "last_date": last.isoformat()}
        answer = client.post(reverse("covers"), sent, headers={"accept-language": "zh-hans"})
        assert answer.status_code == 422 and said in answer.content.decode(), days
    assert not Cover.objects.exists()


def test_an_administrator_arranges_it_for_others(client, company):
    client.force_login(company.admin)
    today = company_today().isoformat()
    form = {"away": company.sales1.pk, "by": company.sales2.pk, "first_date": today, "last_date": today}
    assert client.post(reverse("covers"), form).status_code == 302
    assert Cover.objects.get().user == company.sales1


def test_what_is_done_under_it_names_both(client, company, customer):
    """Whoever covers signs, and for whom; on one's own records nobody else is named."""
    cover(company)
    mine = make_customer(company.sales3, "Of the one who covers")
    client.force_login(company.sales3)
    for one in (customer, mine):
        version = Customer._base_manager.get(pk=one.pk).version
        body = {"website": "https://example.com", "version": version}
        answer = client.patch(f"/api/v1/customers/{one.pk}/", body, content_type="application/json")
        assert answer.status_code == 200
    done = {"kind": "note", "customer": customer.pk, "body": "Spoke about the second hall"}
    assert client.post("/api/v1/activities/", done, content_type="application/json").status_code == 201
    updated = Event._base_manager.filter(name="customer.updated")
    foreign, own = updated.get(subject_id=str(customer.pk)), updated.get(subject_id=str(mine.pk))
    assert (foreign.actor_name, foreign.payload["standing_in_for"]) == ("Sales3", "Sales1")
    assert "standing in for Sales1" in foreign.title
    assert "standing_in_for" not in own.payload
    logged = Event._base_manager.filter(subject_type="accounts.activity").latest("pk")
    assert logged.payload["standing_in_for"] == "Sales1"


def test_both_see_it_and_ending_it_is_recorded(client, company):
    made = cover(company)
    for person, seen in ((company.sales1, True), (company.sales3, True), (company.sales2, False)):
        client.force_login(person)
        assert (
            reverse("cover_end", args=[made.pk]) in client.get(reverse("covers")).content.decode()
        ) is seen
    client.force_login(company.sales1)
    client.post(reverse("cover_end", args=[made.pk]))
    ended = Event._base_manager.get(name="user.cover_ended")
    assert (ended.actor_name, ended.subject_id, ended.payload["by"]) == (
        "Sales1",
        str(company.sales1.pk),
        "Sales3",
    )
