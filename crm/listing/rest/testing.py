"""The contract of an API resource: a test class names it, says how a record is made, and inherits the cases."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import models
from django.http import QueryDict
from django.test import Client

from crm.events.actor import Actor
from crm.identity.models import User
from crm.identity.services import create_token
from crm.identity.tests.factories import Company
from crm.listing.declare import ListPage
from crm.listing.rest import concurrency
from crm.listing.selection import select
from crm.listing.testing import MadeOnce, digest


class Caller:
    """An API client with one person's token: `Caller(user)("PATCH", "/api/v1/…/", {...}, If_Match='"1"')`."""

    def __init__(self, user: User, **token: Any) -> None:
        self.token, secret = create_token(user, name="test", actor=Actor.of(user), **token)
        self.headers, self.client = {"Authorization": f"Bearer {secret}"}, Client()

    def __call__(self, method: str, path: str, data: Any = None, **headers: str) -> Any:
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        body = json.dumps(data) if data is not None else ""
        return self.client.generic(
            method, path, body, content_type="application/json", headers={**self.headers, **extra}
        )


def overtaken(_expected: Any, record: models.Model, _describe: Any) -> None:
    """In place of the check before a write: the version was right, and changes just then."""
    type(record)._base_manager.filter(pk=record.pk).update(version=models.F("version") + 1)


class ResourceContract(MadeOnce):
    """Permission, tampering, version and paging cases of one resource."""

    path: str  # /api/v1/customers/
    listing: ListPage
    how_many = 4
    outsider: str | None = "sales3"
    reader: str | None = "exec"  # sees the records and may not change them
    forbidden: str | None = "marketing2"
    new: dict[str, Any] | None = None  # the smallest body that creates one; None: no creating
    change: dict[str, Any] | None = None  # a body that changes one; None: no changing
    deletable = True

    def new_body(self, company: Company) -> dict[str, Any] | None:
        """The smallest body that creates a record, for those that need another record's id."""
        return self.new

    def caller(self, company: Company, person: str | None, **token: Any) -> Caller:
        if person is None:
            pytest.skip("nobody of that kind here")
        return Caller(getattr(company, person), **token)

    def at(self, record: models.Model) -> str:
        return f"{self.path}{record.pk}/"

    def test_a_token_is_needed(self, records: list[models.Model]) -> None:
        for method, path in [("GET", self.path), ("POST", self.path), ("DELETE", self.at(records[0]))]:
            assert Client().generic(method, path).status_code == 401

    def test_a_role_without_the_verb_is_refused(self, company: Company, records: list[models.Model]) -> None:
        call = self.caller(company, self.forbidden)
        assert call("GET", self.path).status_code == 403

    def test_it_shows_what_the_list_page_shows(self, company: Company, records: list[models.Model]) -> None:
        for person in filter(None, (self.insider, self.outsider, self.reader)):
            user = getattr(company, person)
            expected = select(self.listing, user, QueryDict("sort=-id")).page(size=200).slice.ids
            answer = self.caller(company, person)(
                "GET", f"{self.path}?sort=-id&page_size=200&count=exact"
            ).json()
            assert [row["id"] for row in answer["results"]] == expected
            assert answer["count"] == len(expected)
            assert set(answer) == {"next", "previous", "results", "count"}

    def test_unknown_parameters_are_refused(self, company: Company) -> None:
        call = self.caller(company, self.insider)
        for query in ("nonsense=1", "ordering=id", "sort=owner__password", "cursor=x", "depth=2"):
            answer = call("GET", f"{self.path}?{query}")
            assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"

    def test_hidden_is_absent(self, company: Company, records: list[models.Model]) -> None:
        call, before = self.caller(company, self.outsider), digest(records)
        for method in (
            "GET",
            *(["PATCH", "PUT"] if self.change is not None else []),
            *(["DELETE"] if self.deletable else []),
        ):
            data = None if method == "GET" else {**(self.change or {}), "version": 1}
            hidden, absent = (
                call(method, self.at(records[0]), data),
                call(method, f"{self.path}999999999/", data),
            )
            assert hidden.status_code == absent.status_code == 404
            assert hidden.content == absent.content
        assert digest(records) == before

    def test_visible_but_closed_is_forbidden_first(
        self, company: Company, records: list[models.Model]
    ) -> None:
        call, before = self.caller(company, self.reader), digest(records)
        assert call("GET", self.at(records[0])).status_code == 200
        if self.change is not None:
            assert call("PATCH", self.at(records[0]), {}).status_code == 403
        if self.deletable:
            assert call("DELETE", self.at(records[0])).status_code == 403
        if self.new_body(company) is not None:
            assert call("POST", self.path, {}).status_code == 403
        assert digest(records) == before

    def test_a_read_only_token_writes_nothing(self, company: Company, records: list[models.Model]) -> None:
        call, before = self.caller(company, self.insider, read_only=True), digest(records)
        assert call("GET", self.path).status_code == 200
        for method, path in [
            ("POST", self.path),
            ("PATCH", self.at(records[0])),
            ("DELETE", self.at(records[0])),
        ]:
            assert call(method, path, self.change or {}).status_code == 403
        assert digest(records) == before

    def test_creating_once(self, company: Company) -> None:
        body = self.new_body(company)
        if body is None:
            pytest.skip("nothing is created here")
        call = self.caller(company, self.insider)
        made = call("POST", self.path, body, Idempotency_Key="one")
        assert made.status_code == 201, made.content
        again = call("POST", self.path, body, Idempotency_Key="one")
        assert again.status_code == 201 and again.json()["id"] == made.json()["id"]
        assert call("POST", self.path, {**body, "extra": 1}, Idempotency_Key="one").status_code == 422
        assert call("GET", f"{self.path}{made.json()['id']}/").status_code == 200
        empty = call("POST", self.path, {})
        assert empty.status_code == 400 and empty.json()["errors"]

    def test_changes_need_the_version(self, company: Company, records: list[models.Model]) -> None:
        if self.change is None:
            pytest.skip("nothing is changed here")
        call, path = self.caller(company, self.insider), self.at(records[0])
        read = call("GET", path)
        if "ETag" not in read.headers:
            assert call("PATCH", path, self.change).status_code == 200
            return
        assert call("PATCH", path, self.change).status_code == 428
        stale = call("PATCH", path, self.change, If_Match='"999"')
        assert stale.status_code == 412 and stale.json()["current"]["id"] == records[0].pk
        assert call("PATCH", path, {**self.change, "version": 999}).status_code == 409
        done = call("PATCH", path, self.change, If_Match=read["ETag"])
        assert done.status_code == 200, done.content
        assert done["ETag"] != read["ETag"]
        for name, value in self.change.items():
            assert done.json()[name] == value

    def test_deleting(
        self, company: Company, records: list[models.Model], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not self.deletable:
            pytest.skip("nothing is deleted here")
        call, path = self.caller(company, self.insider), self.at(records[0])
        read = call("GET", path)
        headers = {"If_Match": read["ETag"]} if "ETag" in read.headers else {}
        if headers:
            assert call("DELETE", path).status_code == 428
            # Somebody else saves it after the view has looked at its version.
            with monkeypatch.context() as race:
                race.setattr(concurrency, "check", overtaken)
                assert call("DELETE", path, **headers).status_code == 412
            headers = {"If_Match": call("GET", path)["ETag"]}
        assert call("DELETE", path, **headers).status_code == 204
        assert call("GET", path).status_code == 404
