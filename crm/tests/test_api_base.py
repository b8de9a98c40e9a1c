"""What every API resource keeps to: tokens, refusals, versions, idempotency, paging, problem JSON."""

import json
import threading

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts.models import Customer
from crm.api.router import resources
from crm.identity.services import deactivate_user, revoke_token, share
from crm.identity.tests.factories import SYSTEM, make_company
from crm.listing.rest.testing import Caller

pytestmark = [pytest.mark.django_db, pytest.mark.urls("crm.tests.probe")]
ROOT = "/api/probe/probes/"


def Call(user, **token):  # noqa: N802 - reads as the class it wraps
    """A caller whose paths start at the probe's resource."""
    caller = Caller(user, **token)

    def call(method, path, data=None, **headers):
        return caller(method, path if path.startswith("/") else f"{ROOT}{path}", data, **headers)

    call.token, call.client, call.headers = caller.token, caller.client, caller.headers
    return call


@pytest.fixture
def company():
    return make_company()


@pytest.fixture
def sales1(company):
    return Call(company.sales1)


def make(company, owner, name, **values):
    person = getattr(company, owner)
    row = Customer(name=name, owner=person, team=person.team, **values)
    row.fill_search()
    row.save()
    return row


def test_only_valid_tokens_open_the_door(company, sales1):
    assert Client().get(ROOT).status_code == 401
    assert Client().get(ROOT)["WWW-Authenticate"].startswith("Bearer")
    assert Client().get(ROOT, headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert sales1("GET", "").status_code == 200
    revoke_token(sales1.token, actor=SYSTEM)
    assert sales1("GET", "").status_code == 401
    other = Call(company.sales2)
    deactivate_user(company.sales2, actor=SYSTEM)
    assert other("GET", "").status_code == 401


def test_a_browser_session_works_too_but_needs_the_csrf_token(company):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(company.sales1)
    assert browser.get(ROOT).status_code == 200
    refused = browser.post(ROOT, json.dumps({"name": "新客户"}), content_type="application/json")
    assert refused.status_code == 403 and not Customer.objects.exists()


def test_a_read_only_token_reads(company):
    row = make(company, "sales1", "客户")
    caller = Call(company.sales1, read_only=True)
    assert caller("GET", "").status_code == 200
    for method, path in [
        ("POST", ""),
        ("PATCH", f"{row.pk}/"),
        ("PUT", f"{row.pk}/"),
        ("DELETE", f"{row.pk}/"),
    ]:
        assert caller(method, path, {"name": "x"}).status_code == 403
    row.refresh_from_db()
    assert row.name == "客户"


def test_lists_are_paged_by_cursor(company, sales1):
    for number in range(7):
        make(company, "sales1", f"客户{number}")
    first = sales1("GET", "?page_size=3&sort=name&count=exact").json()
    assert set(first) == {"next", "previous", "results", "count"}
    assert (len(first["results"]), first["count"], first["previous"]) == (3, 7, None)
    seen, url = [], f"{ROOT}?page_size=3&sort=name"
    while url:
        page = sales1("GET", url.replace("http://testserver", "")).json()
        seen += [row["name"] for row in page["results"]]
        url = page["next"]
    assert seen == [f"客户{number}" for number in range(7)]
    assert page["previous"]
    assert len(sales1("GET", "?page_size=1000000000").json()["results"]) == 7
    for nonsense in ("0", "-1", "all"):
        refused = sales1("GET", f"?page_size={nonsense}")
        assert refused.status_code == 400 and list(refused.json()["errors"]) == ["page_size"]


@pytest.mark.parametrize(
    "query", ["nonsense=1", "ordering=name", "sort=owner__password", "tier=Z", "cursor=x", "owner=99999"]
)
def test_unknown_filters_and_orders_are_refused(company, sales1, query):
    refused = sales1("GET", f"?{query}")
    assert refused.status_code == 400
    assert refused["Content-Type"] == "application/problem+json"
    assert set(refused.json()["errors"]) == {query.split("=")[0]}


def test_the_resource_and_the_list_page_show_the_same_set(company, sales1):
    for number, tier in enumerate("AABBC"):
        make(company, "sales1", f"客户{number}", tier=tier)
        make(company, "sales2", f"同事{number}", tier=tier)
    browser = Client()
    browser.force_login(company.sales1)
    for query in ("", "tier=A", "tier=A&tier=C&sort=-name", "q=客户3", "owner=none", "view=mine"):
        by_api = [row["id"] for row in sales1("GET", f"?{query}").json()["results"]]
        by_page = [row.pk for row in browser.get(f"/probe/?{query}").context["page"].records]
        assert by_api == by_page


def test_hidden_and_absent_are_the_same(company, sales1):
    hidden = make(company, "sales3", "别人的")
    for method, data in [
        ("GET", None),
        ("PATCH", {"name": "x", "version": 1}),
        ("PUT", {}),
        ("DELETE", None),
    ]:
        first, second = sales1(method, f"{hidden.pk}/", data), sales1(method, "99999999/", data)
        assert first.status_code == second.status_code == 404
        assert first.content == second.content
    hidden.refresh_from_db()
    assert hidden.name == "别人的"


def test_a_hidden_id_in_the_body_is_as_wrong_as_an_absent_one(company, sales1):
    hidden = make(company, "sales3", "别人的")
    answers = [sales1("POST", "", {"name": "新", "parent": pk}) for pk in (hidden.pk, 99999999)]
    assert [a.status_code for a in answers] == [400, 400]
    assert answers[0].content == answers[1].content
    assert Customer.objects.count() == 1


def test_visible_but_not_allowed_is_refused_before_anything_else(company):
    row = make(company, "sales2", "同组的")
    share(row, user=company.sales1, level="read", actor=SYSTEM)
    caller = Call(company.sales1)
    assert caller("GET", f"{row.pk}/").status_code == 200
    assert caller("PATCH", f"{row.pk}/", {"name": ""}).status_code == 403
    assert caller("DELETE", f"{row.pk}/").status_code == 403
    assert Call(company.exec)("PATCH", f"{row.pk}/", {}).status_code == 403
    assert Call(company.exec)("POST", "", {}).status_code == 403


def test_changes_need_the_version(company, sales1):
    row = make(company, "sales1", "客户")
    assert sales1("PATCH", f"{row.pk}/", {"name": "新名"}).status_code == 428
    assert sales1("DELETE", f"{row.pk}/").status_code == 428
    by_header = sales1("PATCH", f"{row.pk}/", {"name": "新名"}, If_Match='"9"')
    assert by_header.status_code == 412 and by_header.json()["current"]["name"] == "客户"
    by_body = sales1("PATCH", f"{row.pk}/", {"name": "新名", "version": 9})
    assert by_body.status_code == 409 and by_body.json()["current"]["version"] == 1
    assert sales1("PATCH", f"{row.pk}/", {"name": "x", "version": "one"}).status_code == 400
    read = sales1("GET", f"{row.pk}/")
    done = sales1("PATCH", f"{row.pk}/", {"name": "新名"}, If_Match=read["ETag"])
    assert done.status_code == 200 and done.json()["version"] == 2 and done["ETag"] == '"2"'
    assert sales1("PATCH", f"{row.pk}/", {"name": "更新", "version": 2}).status_code == 200
    assert sales1("DELETE", f"{row.pk}/", If_Match='"3"').status_code == 204
    assert sales1("GET", f"{row.pk}/").status_code == 404


def test_errors_are_problems(company, sales1):
    wrong = sales1("POST", "", {"tier": "Z"})
    assert wrong.status_code == 400 and wrong["Content-Type"] == "application/problem+json"
    body = wrong.json()
    assert (body["status"], body["type"], set(body["errors"])) == (400, "about:blank", {"name", "tier"})
    assert "instance" not in body
    row = make(company, "sales1", "客户")
    ruled = sales1("PATCH", f"{row.pk}/", {"name": "forbidden", "version": 1})
    assert ruled.status_code == 400 and ruled.json()["errors"] == {"name": ["This name is not allowed."]}
    broken = sales1.client.generic("POST", ROOT, "{", content_type="application/json", headers=sales1.headers)
    assert broken.status_code == 400 and broken["Content-Type"] == "application/problem+json"
    assert sales1("GET", "/api/v1/nonsense/").status_code == 404
    assert sales1("GET", "/api/v1/nonsense/").content == sales1("GET", f"{row.pk + 1}/").content
    assert sales1("POST", f"{row.pk}/", {}).status_code == 405


def test_the_same_key_has_one_effect(company, sales1):
    first = sales1("POST", "", {"name": "新客户"}, Idempotency_Key="k1")
    again = sales1("POST", "", {"name": "新客户"}, Idempotency_Key="k1")
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json() and again["Idempotency-Replayed"] == "true"
    assert again["Location"] == first["Location"]
    assert Customer.objects.count() == 1
    assert sales1("POST", "", {"name": "别的"}, Idempotency_Key="k1").status_code == 422
    assert Call(company.sales2)("POST", "", {"name": "别的"}, Idempotency_Key="k1").status_code == 201
    assert sales1("POST", "", {}, Idempotency_Key="k2").status_code == 400
    assert sales1("POST", "", {"name": "这次对了"}, Idempotency_Key="k2").status_code == 201
    assert sales1("POST", "", {"name": "x"}, Idempotency_Key="长" * 256).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_the_same_key_sent_many_times_at_once_has_one_effect():
    company = make_company()
    caller, answers = Call(company.sales1), []

    def send():
        try:
            answers.append(caller("POST", "", {"name": "新客户"}, Idempotency_Key="k"))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert Customer.objects.count() == 1


def test_the_document_describes_what_there_is(client, company):
    client.force_login(company.sales1)
    schema = client.get("/api/v1/schema/?format=json")
    assert schema.status_code == 200 and schema.json()["openapi"].startswith("3.1")
    docs = client.get("/api/v1/docs/")
    assert docs.status_code == 200
    assert "cdn" not in docs.content.decode() and "//unpkg" not in docs.content.decode()
    assert Client().get("/api/v1/schema/").status_code in (200, 401)


def test_the_document_is_valid_and_leaves_nothing_to_guess(tmp_path):
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))
    text = (tmp_path / "schema.yml").read_text()
    assert all(f"/api/v1/{path}/:" in text for path, _view in resources())
