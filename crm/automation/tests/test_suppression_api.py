"""Refused addresses by REST: taken in, asked for and let go again, never given out; for who looks after them."""

import pytest
from django.test import Client

from crm.automation import queries, services
from crm.automation.models import Suppression
from crm.events.models import Event
from crm.identity.tests.factories import actor

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/suppressions/"


@pytest.fixture
def call(company):
    def send(method, path="", values=None, user=company.admin):
        client = Client()
        client.force_login(user)
        return getattr(client, method)(f"{ROOT}{path}", values, content_type="application/json")

    return send


def test_an_address_is_refused_asked_for_and_let_go(call, company):
    made = call("post", values={"email": " Wang@Example.com "})
    assert made.status_code == 201, made.content
    row = made.json()
    assert set(row) == {"id", "reason", "at"} and row["reason"] == "manual"
    assert made["Location"].endswith(f"{ROOT}{row['id']}/")
    assert queries.is_suppressed("wang@example.com")
    again = call("post", values={"email": "wang@example.com", "reason": "opted_out"})
    assert (again.status_code, again.json()) == (200, row)
    services.suppress("other@example.com", reason="bounced", actor=actor(company.admin))
    for query, found in (
        ("", 2),
        ("?email=WANG@example.com", 1),
        ("?email=x@y.cn", 0),
        ("?reason=bounced", 1),
    ):
        answer = call("get", query)
        assert len(answer.json()["results"]) == found, query
        assert "example.com" not in answer.content.decode().replace("email=WANG@example.com", "")
    assert call("get", f"{row['id']}/").json() == row
    assert call("delete", f"{row['id']}/").status_code == 204
    assert not queries.is_suppressed("wang@example.com")
    told = Event.objects.filter(subject_type="automation.suppression", subject_id=str(row["id"]))
    assert sorted(told.values_list("name", "origin")) == [
        ("address.allowed", "api"),
        ("address.suppressed", "api"),
    ]


def test_nonsense_is_refused_at_its_field(call):
    for values, field in (
        ({}, "email"),
        ({"email": "x"}, "email"),
        ({"email": "a@b.cn", "reason": "x"}, "reason"),
    ):
        answer = call("post", values=values)
        assert answer.status_code == 400 and list(answer.json()["errors"]) == [field]
    assert call("get", "?address=x").status_code == 400
    assert not Suppression.objects.exists()


def test_without_the_right_nothing_is_told_or_done(call, company):
    found = services.suppress("wang@example.com", reason="manual", actor=actor(company.admin))
    for method, path in (("get", ""), ("get", f"{found.pk}/"), ("post", ""), ("delete", f"{found.pk}/")):
        assert call(method, path, {"email": "li@example.com"}, user=company.sales1).status_code == 403, method
    assert list(Suppression.objects.all()) == [found]
