"""Follow-ups and the timeline by API: the rights of the pages, and nothing that is sent is passed over."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts import services
from accounts.tests.factories import by, make_customer
from crm.identity.models import User
from crm.identity.services import create_token

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 11, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _thursday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def customer(company):
    User._base_manager.update(language="en")
    return make_customer(company.sales1, "杭州云栖精密机械有限公司")


def log(user, customer, body, days=0):
    done_at = NOW - timedelta(days=days) if days else None
    return services.log_follow_up(
        actor=by(user), author=user, customer=customer, kind="call", body=body, done_at=done_at
    ).activity


@pytest.fixture
def api(client, company):
    def call(user, method, path, body=None, **headers):
        _token, secret = create_token(user, name="t", actor=by(user))
        return getattr(client, method)(
            f"/api/v1/{path}",
            data=json.dumps(body) if body is not None else None,
            content_type="application/json",
            headers={"Authorization": f"Bearer {secret}", **headers},
        )

    return call


def test_minimum_create(api, company, customer):
    response = api(
        company.sales1,
        "post",
        "activities/",
        {"kind": "call", "customer": customer.pk, "body": "谈了二期"},
    )
    assert response.status_code == 201, response.content
    body = response.json()
    assert body["done_at"]
    assert body["owner"] == company.sales1.pk
    assert body["is_valid"] is True


def test_plan_complete_and_delete(api, company, customer):
    due = "2026-06-15T10:00:00+08:00"
    body = {"kind": "visit", "customer": customer.pk, "body": "", "subject": "看产线", "due_at": due}
    made = api(company.sales1, "post", "activities/", body).json()
    assert made["done_at"] is None
    path = f"activities/{made['id']}/"
    assert api(company.sales1, "patch", path, {"outcome": "progress"}).status_code == 428
    done = api(
        company.sales1,
        "patch",
        path,
        {"done": True, "body": "看了产线，通过", "outcome": "progress", "version": made["version"]},
    ).json()
    assert done["done_at"]
    assert done["outcome"] == "progress"
    assert api(company.sales1, "delete", path, **{"If-Match": '"1"'}).status_code == 412
    assert api(company.sales1, "delete", path, **{"If-Match": "*"}).status_code == 204
    assert api(company.sales1, "get", path).status_code == 404


def test_what_is_sent_is_done_or_refused_never_passed_over(api, company, customer):
    due = "2026-06-15T10:00:00+08:00"
    body = {"kind": "visit", "customer": customer.pk, "subject": "看产线", "due_at": due}
    path = f"activities/{api(company.sales1, 'post', 'activities/', body).json()['id']}/"

    def patch(**values):
        return api(company.sales1, "patch", path, values, **{"If-Match": "*"})

    for field, value in (
        ("next_follow_up_at", "2026-07-01T10:00:00+08:00"),
        ("owner", company.sales2.pk),
    ):
        refused = patch(**{field: value})
        assert refused.status_code == 400 and list(refused.json()["errors"]) == [field], refused.content
    assert patch(all_day=True).json()["all_day"] is True
    assert list(patch(done=True, due_at="2026-06-16T10:00:00+08:00").json()["errors"]) == ["due_at"]
    done = patch(done=True, subject="看新产线", body="看了产线，通过").json()
    assert done["done_at"] and (done["subject"], done["body"]) == ("看新产线", "看了产线，通过")
    for field, value in (
        ("done", False),
        ("due_at", "2026-06-20T10:00:00+08:00"),
        ("done_at", due),
        ("no_next_reason", "没有"),
    ):
        refused = patch(**{field: value})
        assert refused.status_code == 400 and list(refused.json()["errors"]) == [field], refused.content
    again = api(company.sales1, "put", path, done, **{"If-Match": "*"})
    assert again.status_code == 200, again.content  # what one read can be sent back


def test_hidden_parents_read_like_absent_ones(api, company, customer):
    answers = [
        api(company.sales3, "post", "activities/", {"kind": "note", "customer": pk, "body": "x y z"})
        for pk in (customer.pk, 999999)
    ]
    assert [a.status_code for a in answers] == [400, 400]
    assert answers[0].json() == answers[1].json()


def test_scope(api, company, customer):
    activity = log(company.sales1, customer, "底价 48 万")
    for who in ("sales3", "service1"):
        user = getattr(company, who)
        assert api(user, "get", f"activities/{activity.pk}/").status_code == 404
        assert api(user, "get", "activities/?count=exact").json()["count"] == 0
    assert api(company.finance1, "get", "activities/").status_code == 403
    assert api(company.manager1, "get", "activities/?count=exact").json()["count"] == 1
    denied = api(company.manager1, "delete", f"activities/{activity.pk}/", **{"If-Match": "*"})
    assert denied.status_code == 403


def test_nobody_writes_in_anothers_name(api, company, customer):
    body = {"kind": "call", "customer": customer.pk, "body": "谈了二期", "owner": company.sales2.pk}
    assert api(company.sales1, "post", "activities/", body).status_code == 400
    assert api(company.manager1, "post", "activities/", body).status_code == 201


def test_timeline(api, company, customer):
    for n in range(5):
        log(company.sales1, customer, f"谈了二期 {n}", days=n + 1)
    page = api(company.sales1, "get", f"customers/{customer.pk}/timeline/?page_size=4").json()
    assert len(page["results"]) == 4
    following = page["next"].split("/api/v1/")[1]
    assert len(api(company.sales1, "get", following).json()["results"]) == 2
    assert api(company.sales3, "get", f"customers/{customer.pk}/timeline/").status_code == 404
    assert api(company.sales1, "get", f"customers/{customer.pk}/timeline/?cursor=x").status_code == 400
    assert api(company.sales1, "get", f"customers/{customer.pk}/timeline/?page_size=0").status_code == 400
