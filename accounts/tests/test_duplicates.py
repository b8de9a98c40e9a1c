"""No second record of one customer: while typing, on save, through the API, and when two save at once."""

import datetime
import re
import threading

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.models import Contact, Customer
from accounts.models.marks import marks_sql, narrow_sql
from accounts.queries.duplicate_rows import duplicates_of_rows
from accounts.queries.duplicates import find
from accounts.rules.matching import keys_of, name_marks, narrow_marks
from accounts.services import DuplicatesFound, Guard
from accounts.tests.factories import SYSTEM, make_contact, make_customer
from crm.identity.tests.factories import make_company
from crm.listing.rest.testing import Caller
from crm.listing.testing import digest

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "drawer"}
ROOT, CHECK = "/api/v1/customers/", "/api/v1/customers/check-duplicates/"
USCC = "91350100M000100Y43"
NAME = "杭州云杉网络科技有限公司"


def browser(user):
    client = Client()
    client.force_login(user)
    return client


def new(**values):
    soon = (timezone.localdate() + datetime.timedelta(days=3)).isoformat()
    return {
        "name": "新客户",
        "contact_name": "李雷",
        "contact_phone": "13900001111",
        "next_date": soon,
        **values,
    }


@pytest.fixture
def known(company):
    """A customer of somebody in the other region, whom sales1 does not see."""
    return make_customer(
        company.sales3,
        NAME,
        uscc=USCC,
        contact={"name": "沈立群", "phone": "13805762218", "email": "s@yunshan.cn"},
    )


class TestTheSearch:
    def found(self, **values):
        return [(m.customer_id, m.verdict.outcome, float(m.verdict.score)) for m in find(keys_of(**values))]

    def test_every_key_finds_it_whoever_owns_it(self, known):
        assert self.found(uscc=USCC) == [(known.pk, "block", 1.0)]
        assert self.found(phones=["138 0576 2218"]) == [(known.pk, "block", 0.95)]
        assert self.found(emails=["S@yunshan.cn"]) == [(known.pk, "block", 0.95)]
        assert self.found(name="云杉网络科技（杭州）有限公司") == [(known.pk, "block", 0.9)]
        assert self.found(name="云杉网络科技") == [(known.pk, "warn", 0.8)]
        assert self.found(name="上海云杉网络科技公司") == [(known.pk, "warn", 0.7)]
        assert self.found(name="杭州云杉网络技术公司") == [(known.pk, "warn", 0.6)]
        assert self.found(name="杭州云衫网络科技公司") == [(known.pk, "warn", 0.6)]
        assert self.found(name="杭州云杉网络技术公司", emails=["x@yunshan.cn"]) == [(known.pk, "warn", 0.8)]
        assert self.found(name=f"{NAME}宁波分公司") == [(known.pk, "link", 0.0)]
        assert self.found(name="杭州云海食品有限公司") == [] == self.found()

    def test_the_bin_and_deleted_contacts_do_not_count(self, company, known):
        person = make_contact(make_customer(company.sales1, "另一家"), phone="13900002222")
        assert self.found(phones=["13900002222"])
        services.delete_contact(person, actor=SYSTEM)
        services.delete_customer(known, actor=SYSTEM)
        assert self.found(uscc=USCC, name=NAME, phones=["13900002222", "13805762218"]) == []

    def test_database_and_rules_cut_names_alike(self, known):
        names = [
            "杭州云杉网络科技",
            "Acme Trading",
            "云",
            "云杉网",
            "云云云云",
            "Обь Трейдинг",
            "ソニー株式会社",
        ]
        for name in names:
            keys = keys_of(name=name, kind="company")
            Customer._base_manager.filter(pk=known.pk).update(
                company_core=keys.core, company_region=keys.region
            )
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {marks_sql('c')} FROM accounts_customer c WHERE id = %s", [known.pk])
                marks = cursor.fetchone()[0]
            assert set(marks) == {f"{keys.region}:{mark}" for mark in name_marks(keys.core)}, name
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {narrow_sql('c')} FROM accounts_customer c WHERE id = %s", [known.pk])
                marks = cursor.fetchone()[0]
            assert set(marks) == {f"{keys.region}:{mark}" for mark in narrow_marks(keys.core)}, name

    def test_the_most_likely_come_first_and_few(self, company):
        make_customer(company.sales1, "杭州云杉网络技术有限公司")
        make_customer(company.sales1, "杭州云杉网络科技集团")
        for number in range(12):
            make_customer(company.sales1, f"杭州云杉网络{number}号店")
        scores = [score for _id, _outcome, score in self.found(name=NAME)]
        assert scores[:2] == [0.9, 0.6] and scores == sorted(scores, reverse=True) and len(scores) <= 10

    def test_few_statements_however_many_candidates(self, company, known, django_assert_max_num_queries):
        for _number in range(30):
            make_customer(company.sales1, NAME)
        keys = keys_of(name=NAME, uscc=USCC, phones=["13805762218"], emails=["s@yunshan.cn"])
        with django_assert_max_num_queries(3):
            find(keys)


class TestManyRowsAtOnce:
    ROWS = [
        {"name": NAME},
        {"name": "毫不相干"},
        {"name": "甲", "phones": ["13805762218"]},
        {"name": "杭州云衫网络科技公司"},
        {"uscc": USCC},
        {"emails": ["s@yunshan.cn"]},
        {"name": f"{NAME}宁波分公司"},
        {},
    ]

    def test_each_row_gets_what_it_would_get_alone(self, company, known):
        make_customer(company.sales1, "杭州云杉网络技术有限公司")
        rows = [keys_of(**row) for row in self.ROWS]
        alone = [[(m.customer_id, m.verdict) for m in find(row, attended=False)] for row in rows]
        together = [[(m.customer_id, m.verdict) for m in found] for found in duplicates_of_rows(rows)]
        assert together == alone and [len(found) for found in alone] == [2, 0, 1, 1, 1, 1, 1, 0]
        assert duplicates_of_rows(rows)[0][0].owner_name == "Sales3" and duplicates_of_rows([]) == []

    def test_a_fixed_number_of_statements(self, company, known, django_assert_max_num_queries):
        with django_assert_max_num_queries(11):
            duplicates_of_rows([keys_of(**row) for row in self.ROWS] * 50)


class TestWhileTyping:
    def test_a_hidden_one_shows_name_owner_and_occupied(self, company, known):
        asked = {"name": NAME, "contact_phone": "13805762218"}
        answer = browser(company.sales1).get(reverse("customer_suggest"), asked).content.decode()
        assert NAME in answer and "Sales3" in answer and "occupied" in answer
        assert known.get_absolute_url() not in answer and "Same phone" not in answer
        assert not re.search(r"138 ?(0576|[*])", answer)
        seen = browser(company.manager2).get(reverse("customer_suggest"), asked).content.decode()
        assert known.get_absolute_url() in seen and "Same phone number" in seen

    def test_a_warning_offers_to_go_on_and_a_block_does_not(self, company, known):
        client = browser(company.sales1)
        warned = client.get(reverse("customer_suggest"), {"name": "上海云杉网络科技公司"})
        token = warned.context["token"]
        assert f'value="{token}"' in warned.content.decode() and not warned.context["blocked"]
        again = client.get(reverse("customer_suggest"), {"name": "上海云杉网络科技公司", "confirmed": token})
        assert "checked" in again.content.decode()
        assert "checkbox" not in client.get(reverse("customer_suggest"), {"name": NAME}).content.decode()

    def test_a_new_number_is_said_to_be_new(self, company, known):
        client = browser(company.sales1)
        fresh = client.get(reverse("customer_suggest"), {"contact_phone": "13900001111"}).content.decode()
        taken = client.get(reverse("customer_suggest"), {"contact_phone": "13805762218"}).content.decode()
        assert "Not known yet" in fresh and "Not known yet" not in taken

    def test_the_customer_being_edited_is_no_double_of_itself(self, company, known):
        asked = {"name": NAME, "except": known.pk}
        assert not browser(company.sales3).get(reverse("customer_suggest"), asked).context["matches"]

    @pytest.mark.parametrize("bad", ["\x00" * 9, "云" * 5000, "'; DROP TABLE", "%_\\", "9" * 40])
    def test_whatever_is_typed_is_answered(self, company, known, bad):
        asked = dict.fromkeys(["name", "uscc", "phone", "email", "contact_phone", "except", "kind"], bad)
        assert browser(company.sales1).get(reverse("customer_suggest"), asked).status_code == 200

    def test_those_who_write_no_customers_are_refused(self, company, known):
        for role in ("exec", "finance1", "marketing1", "marketing2", "servicemanager1"):
            assert browser(getattr(company, role)).get(reverse("customer_suggest")).status_code == 403


class TestOnSave:
    def test_what_is_there_already_is_refused(self, company, known):
        before = digest(Customer.objects.all())
        for values in ({"name": NAME}, {"contact_phone": "13805762218"}, {"contact_email": "s@yunshan.cn"}):
            answer = browser(company.sales1).post("/customers/new/", new(**values), headers=HTMX)
            text = answer.content.decode()
            assert answer.status_code == 422 and NAME in text and "exists already" in text
            assert known.get_absolute_url() not in text
            assert f'value="{values.get("name", "新客户")}"' in text, "what was typed stays"
        assert digest(Customer.objects.all()) == before

    def test_a_warning_passes_once_it_is_confirmed(self, company, known):
        client, values = browser(company.sales1), new(name="上海云杉网络科技公司")
        warned = client.post("/customers/new/", values, headers=HTMX)
        assert warned.status_code == 422 and Customer.objects.count() == 1
        stale = client.post("/customers/new/", {**values, "confirmed": "0" * 16}, headers=HTMX)
        assert stale.status_code == 422
        done = client.post("/customers/new/", {**values, "confirmed": warned.context["token"]}, headers=HTMX)
        assert done.status_code == 204 and Customer.objects.count() == 2

    def test_a_branch_is_no_double(self, company):
        parent = make_customer(company.sales1, NAME)
        answer = browser(company.sales1).post("/customers/new/", new(name=f"{NAME}宁波分公司"), headers=HTMX)
        assert answer.status_code == 204
        assert Customer.objects.latest("pk").parent == parent

    def test_editing_counts_only_what_changes(self, company, known):
        mine = make_customer(company.sales1, "上海另一家有限公司", phone="13805762218")
        client = browser(company.sales1)
        field = reverse("customer_field", args=[mine.pk, "size"])
        assert client.post(field, {"size": "20", "version": mine.version}).status_code == 302
        named = reverse("customer_field", args=[mine.pk, "name"])
        text = client.post(named, {"name": NAME}, headers={"HX-Request": "true"})
        assert text.status_code == 422 and "exists already" in text.content.decode()
        whole = client.post(
            reverse("customer_edit", args=[mine.pk]), {"name": NAME, "kind": "company"}, headers=HTMX
        )
        assert whole.status_code == 422 and "occupied" in whole.content.decode()
        mine.refresh_from_db()
        assert mine.name == "上海另一家有限公司"

    def test_a_contact_of_another_customer_is_linked_not_doubled(self, company, known):
        mine = make_customer(company.sales1)
        own = make_contact(mine, phone="13900003333")
        client = browser(company.sales1)
        url = reverse("contact_create", args=[mine.pk])
        refused = client.post(url, {"name": "沈", "phone": "138 0576 2218"}, headers=HTMX)
        assert refused.status_code == 422 and NAME in refused.content.decode()
        assert client.post(url, {"name": "同一家", "phone": "13900003333"}, headers=HTMX).status_code == 204
        edited = client.post(
            reverse("contact_edit", args=[own.pk]), {"name": own.name, "email": "s@yunshan.cn"}, headers=HTMX
        )
        assert edited.status_code == 422


class TestTheApi:
    def test_a_hidden_match_has_no_id_and_nothing_more(self, company, known):
        body = {"name": NAME, "phone": "13805762218"}
        hidden = Caller(company.sales1)("POST", CHECK, body).json()
        assert hidden == {
            "matches": [{"score": 0.95, "outcome": "block", "name": NAME, "owner_name": "Sales3", "id": None}]
        }
        assert Caller(company.sales3)("POST", CHECK, body).json()["matches"][0]["id"] == known.pk
        assert Caller(company.sales1)("POST", CHECK, {"name": "毫不相干"}).json() == {"matches": []}

    def test_who_may_not_create_may_not_ask(self, company, known):
        for role in ("exec", "service1", "finance1", "marketing2"):
            assert Caller(getattr(company, role))("POST", CHECK, {"name": NAME}).status_code == 403

    def test_bad_input(self, company):
        call = Caller(company.sales1)
        assert call("POST", CHECK, {"name": "长" * 300}).status_code == 400
        assert call("POST", CHECK, {"kind": "planet"}).status_code == 400
        assert call("POST", CHECK, [1]).status_code == 400
        assert call("POST", CHECK, {"phone": "88886666", "uscc": "x"}).json() == {"matches": []}

    def test_a_blocking_duplicate_is_a_conflict(self, company, known):
        before = digest(Customer.objects.all())
        answer = Caller(company.sales1)("POST", ROOT, {"name": "云杉网络科技（杭州）有限公司"})
        assert answer.status_code == 409 and answer.json()["code"] == "duplicate"
        assert answer.json()["matches"] == [
            {"score": 0.9, "outcome": "block", "name": NAME, "owner_name": "Sales3", "id": None}
        ]
        assert digest(Customer.objects.all()) == before
        assert Caller(company.sales1)("POST", ROOT, {"name": "上海云杉网络科技公司"}).status_code == 201

    def test_a_change_is_refused_alike(self, company, known):
        mine = make_customer(company.sales1)
        answer = Caller(company.sales1)("PATCH", f"{ROOT}{mine.pk}/", {"uscc": USCC}, If_Match="*")
        assert answer.status_code == 409 and answer.json()["matches"][0]["name"] == NAME


class TestServices:
    def test_without_a_guard_everything_passes(self, company, known):
        assert make_customer(company.sales1, NAME).pk

    def test_the_refusal_names_what_was_found(self, company, known):
        with pytest.raises(DuplicatesFound) as refused:
            services.create_customer(name=NAME, owner=None, actor=SYSTEM, guard=Guard())
        assert refused.value.blocking and refused.value.matches[0].customer_id == known.pk


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "values",
    [
        {"contact": {"name": "李雷", "phone": "13900004444"}},
        {"phone": "13900004444"},
        {"uscc": USCC},
        {"email": "a@b.cn"},
        {"name": NAME},
    ],
)
def test_two_at_once_cannot_both_pass(values):
    company = make_company()
    owner, start, outcomes = company.sales1, threading.Barrier(4), []

    def save(number):
        try:
            start.wait(10)
            services.create_customer(
                **{"name": f"同时第{'甲乙丙丁'[number]}家公司{number}", **values},
                owner=owner,
                actor=SYSTEM,
                guard=Guard(ask=False),
            )
            outcomes.append("saved")
        except DuplicatesFound:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=save, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["refused"] * 3 + ["saved"]
    assert Customer.objects.count() == 1 and Contact.objects.count() <= 1
