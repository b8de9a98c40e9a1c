"""The pages of cadences: made, filled with steps, begun with people one by one or many at once."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.services import create_customer
from crm.automation.services import suppress
from crm.identity.tests.factories import make_company
from crm.listing.rest.testing import Caller, ResourceContract
from crm.listing.testing import ListPageContract
from crm.records.models import BackgroundJob
from sales import services
from sales.listings.cadences import CADENCES, ENROLMENTS
from sales.models import Cadence, Enrolment, PersonalTemplate
from sales.tests.factories import SYSTEM, make_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def company():
    return make_company()


@pytest.fixture
def cadence(company):
    made = services.save_cadence(None, name="新客三步", actor=SYSTEM)
    services.save_step(made, kind="email", delay_days=0, subject="您好 {{姓名}}", body="x", actor=SYSTEM)
    services.save_step(made, kind="call", delay_days=2, subject="打电话", actor=SYSTEM)
    return made


@pytest.fixture
def contact(company):
    return people(company.sales1, "苏州瑞宏")


def people(owner, name, email="wang@ruihong.example"):
    return create_customer(
        name=name, owner=owner, contact={"name": f"{name}王芳", "email": email}, actor=SYSTEM, fill_in=False
    ).contact


def browser(user):
    client = Client()
    client.force_login(user)
    return client


def test_a_manager_makes_a_cadence_with_steps(company):
    client = browser(company.manager1)
    data = {
        "name": "老客回访",
        "language": "zh-hans",
        "send_from": "09:30",
        "send_until": "17:30",
        "is_active": "on",
    }
    answer = client.post(reverse("cadence_create"), data)
    made = Cadence._base_manager.get()
    assert answer.status_code == 302 and made.send_from.hour == 9
    url = reverse("cadence_step_create", args=[made.pk])
    step = {"kind": "email", "delay_days": 0, "subject": "{{nope}}", "body": "x"}
    wrong = client.post(url, step)
    assert wrong.status_code == 422 and "nope" in wrong.content.decode()
    client.post(url, step | {"subject": "{{姓名}}您好"})
    client.post(url, {"kind": "call", "delay_days": 3, "subject": "打电话", "body": ""})
    first, call = made.steps.all()
    client.post(reverse("cadence_step_move", args=[made.pk, call.pk]), {"to": "up"})
    assert [one.kind for one in made.steps.all()] == ["call", "email"]
    client.post(reverse("cadence_step_delete", args=[made.pk, first.pk]))
    assert made.steps.count() == 1
    page = client.get(made.get_absolute_url()).content.decode()
    assert "打电话" in page


def test_steps_are_for_managers_and_words_for_each_seller(company, cadence):
    step = cadence.steps.first()
    seller = browser(company.sales1)
    for name in ("cadence_step_edit", "cadence_step_move", "cadence_step_delete"):
        assert seller.post(reverse(name, args=[cadence.pk, step.pk])).status_code == 403
    url = reverse("cadence_step_words", args=[cadence.pk, step.pk])
    assert seller.get(url).status_code == 200
    assert seller.post(url, {"subject": "我的话", "body": "见字如面"}).status_code == 302
    assert "我的话" in seller.get(cadence.get_absolute_url()).content.decode()
    assert "我的话" not in browser(company.sales2).get(cadence.get_absolute_url()).content.decode()
    seller.post(reverse("cadence_step_words_drop", args=[cadence.pk, step.pk]))
    assert not PersonalTemplate._base_manager.exists()
    other = services.save_cadence(None, name="别的", actor=SYSTEM)
    assert seller.get(reverse("cadence_step_words", args=[other.pk, step.pk])).status_code == 404
    assert browser(company.exec).get(url).status_code == 403


def test_begins_from_the_page_of_a_contact_and_of_a_lead(company, cadence, contact):
    client = browser(company.sales1)
    lead = make_lead(company.sales1, "李工", email="li@example.com")
    for who, key in ((contact, "contact"), (lead, "lead")):
        assert client.get(who.get_absolute_url()).status_code == 200
        panel = reverse(f"{key}_panel", args=[who.pk, "right", "cadence"])
        enrol = reverse(f"{key}_enrol", args=[who.pk])
        assert enrol in client.get(panel).content.decode()
        assert client.get(enrol).status_code == 200
        assert client.post(enrol, {"cadence": cadence.pk}).status_code == 302
        assert "新客三步" in client.get(panel).content.decode()
        assert client.post(enrol, {"cadence": cadence.pk}).status_code == 422  # in one already
    assert browser(company.sales3).get(reverse("contact_enrol", args=[contact.pk])).status_code == 404


def test_paused_resumed_and_stopped_by_buttons(company, cadence, contact):
    one = services.enrol(contact, cadence, actor=SYSTEM)
    client = browser(company.sales1)
    for what, state in (("pause", "paused"), ("resume", "active"), ("stop", "stopped")):
        assert client.post(reverse(f"enrolment_{what}", args=[one.pk])).status_code == 302
        assert Enrolment._base_manager.get().state == state
    assert client.post(reverse("enrolment_resume", args=[one.pk])).status_code == 302
    assert Enrolment._base_manager.get().state == "stopped"
    assert browser(company.sales3).post(reverse("enrolment_stop", args=[one.pk])).status_code == 404


def test_many_at_once_from_the_list_each_with_its_own_reason(company, cadence, contact):
    mute = people(company.sales1, "无锡博川", email="")
    foreign = people(company.sales3, "深圳恒拓")
    ids = [one.pk for one in (contact, mute, foreign)]
    url = reverse("contact_bulk", args=["start-cadence"])
    answer = browser(company.sales1).post(url, {"ids": ids, "cadence": cadence.pk, "confirmed": "1"})
    assert answer.status_code in (200, 302)
    assert [one.contact for one in Enrolment._base_manager.all()] == [contact]
    (failed,) = BackgroundJob._base_manager.get().failures
    assert failed["id"] == mute.pk


class TestCadenceList(ListPageContract):
    listing = CADENCES
    outsider = None
    insider = "manager1"
    forbidden = "service1"

    def make(self, owner, number):
        return services.save_cadence(None, name=f"序列{number}", actor=SYSTEM)


class TestEnrolmentList(ListPageContract):
    listing = ENROLMENTS
    forbidden = "service1"
    queries = ("live=true", "state=active", "owner=me", "q=王芳")

    def make(self, owner, number):
        cadence = Cadence._base_manager.first() or services.save_cadence(None, name="序列", actor=SYSTEM)
        if not cadence.steps.exists():
            services.save_step(cadence, kind="call", delay_days=0, subject="打电话", actor=SYSTEM)
        return services.enrol(people(owner, f"客户{number}"), cadence, actor=SYSTEM)

    def rename(self, record, name):
        super().rename(record.contact, name)


class TestCadenceResource(ResourceContract):
    path = "/api/v1/cadences/"
    listing = CADENCES
    insider = "manager1"
    outsider = None
    forbidden = "service1"
    new = {"name": "新序列", "steps": [{"kind": "call", "delay_days": 1, "subject": "打电话"}]}
    change = {"name": "改名"}

    def make(self, owner, number):
        return services.save_cadence(None, name=f"序列{number}", actor=SYSTEM)


def test_the_api_replaces_steps_and_keeps_those_it_names(company, cadence):
    api = Caller(company.manager1)
    url = f"/api/v1/cadences/{cadence.pk}/"
    held = api("GET", url).json()
    first, call = held["steps"]
    steps = [call, {"kind": "email", "delay_days": 1, "subject": "新的", "body": "{{name}}"}]
    answer = api("PATCH", url, {"steps": steps, "version": held["version"]})
    assert answer.status_code == 200, answer.content
    assert [one["subject"] for one in answer.json()["steps"]] == ["打电话", "新的"]
    assert answer.json()["steps"][0]["id"] == call["id"]
    wrong = {"steps": [first], "version": answer.json()["version"]}
    assert api("PATCH", url, wrong).status_code == 400


def test_people_are_taken_through_it_by_the_api(company, cadence, contact):
    api = Caller(company.sales1)
    made = api("POST", "/api/v1/enrolments/", {"cadence": cadence.pk, "contact": contact.pk})
    assert made.status_code == 201, made.content
    assert made.json()["state"] == "active" and made.json()["owner"] == company.sales1.pk
    url = f"/api/v1/enrolments/{made.json()['id']}/"
    assert api("POST", f"{url}pause/").json()["state"] == "paused"
    assert api("POST", f"{url}resume/").json()["state"] == "active"
    assert api("POST", f"{url}stop/").json()["reason"] == "manual"
    foreign = people(company.sales3, "深圳恒拓")
    hidden = api("POST", "/api/v1/enrolments/", {"cadence": cadence.pk, "contact": foreign.pk})
    absent = api("POST", "/api/v1/enrolments/", {"cadence": cadence.pk, "contact": 987_654})
    assert hidden.status_code == absent.status_code == 400
    both = {"cadence": cadence.pk, "contact": contact.pk, "lead": make_lead(company.sales1).pk}
    assert api("POST", "/api/v1/enrolments/", both).status_code == 400


def test_an_administrator_lets_somebody_get_mails_again(company, cadence, contact):
    suppress(contact.email, reason="opted_out", actor=SYSTEM)
    panel = reverse("contact_panel", args=[contact.pk, "right", "cadence"])
    url = reverse("contact_allow_mail", args=[contact.pk])
    assert url not in browser(company.sales1).get(panel).content.decode()
    assert browser(company.sales1).post(url).status_code == 403
    client = browser(company.admin)
    assert url in client.get(panel).content.decode()
    assert client.post(url).status_code == 302
    services.enrol(contact, cadence, actor=SYSTEM)


def test_a_list_whose_kind_is_no_module_has_its_own_button(company, cadence):
    url = reverse("cadence_create")
    assert url in browser(company.manager1).get(reverse("cadence_list")).content.decode()
    assert url not in browser(company.sales1).get(reverse("cadence_list")).content.decode()


def test_a_number_on_a_card_bears_its_heading(client, company):
    services.save_cadence(None, name="新客三步", actor=SYSTEM)
    client.force_login(company.admin)
    cards = client.get("/cadences/", headers={"Accept-Language": "en"}).content.decode()
    words = re.findall(r'<span class="worded"><span class="muted">([^<]+)</span> (\d+)</span>', cards)
    assert words == [("Steps", "0"), ("In progress", "0")]


def test_who_begins_no_cadence_has_no_words_to_drop(company, cadence):
    step = cadence.steps.get(kind="email")
    words = services.save_words(step, user=company.exec, subject="我", body="x")
    url = reverse("cadence_step_words_drop", args=[cadence.pk, step.pk])
    assert browser(company.exec).post(url).status_code == 403
    assert PersonalTemplate._base_manager.filter(pk=words.pk).exists()
