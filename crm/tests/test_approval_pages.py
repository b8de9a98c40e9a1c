"""The inbox, one request, and the part of a record's page, in the browser and without JavaScript."""

import json

import pytest
from django.urls import reverse

from crm.approvals import registry, services
from crm.approvals.models import ApprovalRequest
from crm.approvals.tests.factories import KIND, agree, ask, asked, led_company, make_flow, superior, who
from crm.events.delivery import deliver_pending
from crm.identity.tests.factories import actor, make_team
from crm.listing.rest.testing import Caller

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _thing(monkeypatch):
    monkeypatch.setitem(registry.KINDS, "thing", KIND)


@pytest.fixture
def company(db):
    return led_company()


@pytest.fixture
def thing(company):
    return make_team("Thing", company.company)


@pytest.fixture
def request_(company, thing):
    make_flow([superior()], [superior(2)])
    return ask(thing, company.sales1, "560000", note="the customer decides this week", discount="12")


def at(name, request):
    return reverse(f"approval_{name}", args=[request.pk])


def test_the_inbox_of_an_approver(client, company, request_):
    client.force_login(company.manager1)
    page = client.get("/approvals/").content.decode()
    assert "the customer decides this week" in page and "¥560K" in page
    assert at("approve", request_) in page and at("reject", request_) in page
    client.force_login(company.director)
    assert at("approve", request_) not in client.get("/approvals/").content.decode()
    client.force_login(company.sales1)
    mine = client.get("/approvals/?tab=mine").content.decode()
    assert at("withdraw", request_) in mine and "Manager1" in mine


def test_one_tap_approves_and_offers_to_take_it_back(client, company, request_):
    client.force_login(company.manager1)
    answer = client.post(at("approve", request_), headers=HTMX)
    toast = json.loads(answer["HX-Trigger"])["toast"]
    assert answer.status_code == 204 and toast["undo_url"] == at("take_back", request_)
    assert asked(request_) == ["director"]
    assert client.post(toast["undo_url"], headers=HTMX).status_code == 204
    assert asked(request_) == ["manager1"]


def test_without_javascript_the_next_page_offers_it(client, company, request_):
    client.force_login(company.manager1)
    answer = client.post(at("approve", request_), follow=True)
    assert at("take_back", request_) in answer.content.decode()


def test_from_a_request_the_next_one_follows(client, company, request_, thing):
    other = ask(make_team("Other", company.company), company.sales2)
    client.force_login(company.manager1)
    answer = client.post(at("approve", request_), {"from": "detail"})
    assert answer["Location"] == f"{other.get_absolute_url()}?decided={request_.pk}"


def test_a_rejection_asks_why(client, company, request_):
    client.force_login(company.manager1)
    assert client.get(at("reject", request_)).status_code == 200
    assert client.post(at("reject", request_), {"comment": " "}).status_code == 422
    assert client.post(at("reject", request_), {"comment": "too much"}).status_code == 302
    request_.refresh_from_db()
    assert request_.state == "rejected"


def test_the_request_shows_facts_path_and_history(client, company, request_):
    agree(request_, company.manager1)
    client.force_login(company.director)
    page = client.get(request_.get_absolute_url()).content.decode()
    assert "12%" in page
    assert "Approved by Manager1" in page and "¥560,000.00" in page


def test_who_has_nothing_to_do_with_it_finds_nothing(client, company, request_):
    for name in ("sales2", "manager2", "marketing1"):
        client.force_login(getattr(company, name))
        assert client.get(request_.get_absolute_url()).status_code == 404
        assert client.post(at("approve", request_)).status_code == 404
    client.force_login(company.admin)  # sees everything and decides nothing
    assert client.get(request_.get_absolute_url()).status_code == 200
    assert client.post(at("approve", request_)).status_code == 403
    client.force_login(company.exec)  # may approve, but is not asked
    client.post(at("approve", request_))
    assert asked(request_) == ["manager1"]


def test_passed_on_copied_and_commented(client, company, request_):
    client.force_login(company.manager1)
    client.post(at("signer", request_), {"to": company.finance1.pk, "place": "before"})
    assert asked(request_) == ["finance1"]
    client.force_login(company.finance1)
    client.post(at("transfer", request_), {"to": company.manager2.pk})
    assert asked(request_) == ["manager2"]
    client.force_login(company.manager2)
    client.post(at("approve", request_))
    assert asked(request_) == ["manager1"]
    client.force_login(company.manager1)
    assert client.get(at("return", request_)).status_code == 200
    client.post(at("copy", request_), {"people": [company.marketing1.pk]})
    client.force_login(company.marketing1)
    client.post(at("comment", request_), {"comment": "the fair is in May"})
    assert "the fair is in May" in client.get(request_.get_absolute_url()).content.decode()
    assert client.post(at("nudge", request_)).status_code == 302
    request_.refresh_from_db()
    assert request_.nudges == 1


def test_sent_back_to_an_earlier_step(client, company, request_):
    agree(request_, company.manager1)
    first = request_.steps.first()
    client.force_login(company.director)
    client.post(at("return", request_), {"step": first.pk, "comment": "which price?"})
    assert asked(request_) == ["manager1"]
    client.force_login(company.manager1)
    client.post(at("return", request_), {"step": "", "comment": "ask again"})
    request_.refresh_from_db()
    assert request_.state == "returned" and not asked(request_)


def test_delegated_for_some_days(client, company, request_):
    from crm.core.clock import company_today

    client.force_login(company.manager1)
    days = {"first_date": company_today().isoformat(), "last_date": company_today().isoformat()}
    url = reverse("approval_delegations")
    assert client.post(url, {"to": company.manager2.pk, **days}).status_code == 302
    assert asked(request_) == ["manager2"]  # what waited already went over
    client.force_login(company.manager2)
    assert client.post(url, {"to": company.manager1.pk, **days}).status_code == 422  # a loop
    client.force_login(company.sales1)
    assert client.get(url).status_code == 403


def test_the_part_of_a_records_page_submits_it(client, company, thing):
    make_flow([who(company.manager1)])
    url = reverse("approval_of_record", args=["thing", thing.pk])
    client.force_login(company.sales1)
    assert "<textarea" in client.get(url).content.decode()
    assert client.post(url, {"note": "once"}).status_code == 302
    request = ApprovalRequest.objects.get()
    assert request.note == "once" and at("withdraw", request) in client.get(url).content.decode()
    assert client.get(reverse("approval_of_record", args=["nothing", 1])).status_code == 404


def test_news_reach_who_is_asked_and_who_submitted(company, request_):
    deliver_pending()

    def titles(user):
        return [note.title for note in user.notifications.all()]

    assert titles(company.manager1) == ["Sales1 asks for your approval: Thing 560000"]
    assert not titles(company.director)
    services.nudge(request_, actor=actor(company.sales1))
    deliver_pending()
    services.reject(request_, user=company.manager1, actor=actor(company.manager1), comment="too much")
    deliver_pending()
    assert any("waiting for your decision" in title for title in titles(company.manager1))
    assert titles(company.sales1) == ["Thing 560000 was rejected: too much"]


def test_what_a_role_may_no_longer_do_is_no_longer_offered(client, company, request_):
    other = make_team("Other", company.company)
    part, detail = reverse("approval_of_record", args=["thing", other.pk]), request_.get_absolute_url()

    def page(name, url):
        client.force_login(getattr(company, name))
        answer = client.get(url)
        return answer.content.decode() if answer.status_code == 200 else ""

    for name, url, verb, words in (
        ("sales1", detail, "comment", at("comment", request_)),
        ("sales1", detail, "nudge", at("nudge", request_)),
        ("manager1", reverse("approvals"), "approve", reverse("approval_delegations")),
        ("manager1", reverse("today"), "approve", "approval-today"),
        ("manager1", reverse("today"), "view", "approval-today"),
        ("sales1", part, "add", "<textarea"),
        ("sales1", reverse("approvals"), "view", "<h1"),
    ):
        role = getattr(company, name).role.group.permissions
        right = role.get(codename=f"{verb}_approvalrequest")
        assert words in page(name, url), (name, url)
        role.remove(right)
        assert words not in page(name, url), (name, url)
        role.add(right)
    role = company.sales1.role.group.permissions
    role.remove(role.get(codename="add_approvalrequest"))
    new = {"kind": "thing", "record": other.pk}
    assert Caller(company.sales1)("POST", "/api/v1/approvals/", new).status_code == 403


def test_a_second_click_of_who_follows_a_leaver_is_the_same_wish(client, company, request_):
    leaver = company.sales1
    leaver.is_active = False
    leaver.save(update_fields=["is_active"])
    client.force_login(company.manager1)
    for _time in range(2):
        answer = client.post(at("withdraw", request_), headers=HTMX)
        assert answer.status_code == 204 and "Withdrawn." in answer["HX-Trigger"]
    request_.refresh_from_db()
    assert request_.state == "withdrawn"
