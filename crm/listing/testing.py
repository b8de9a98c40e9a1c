"""The contract of a list page: a test class names the list, says how a record is made, and inherits the cases.

class TestCustomerList(ListPageContract):
    listing = CUSTOMERS

    def make(self, owner, number):
        return make_customer(owner, name=f"客户{number}")

    def rename(self, record, text): ...   # where cells show texts beside the record's name
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.db import connection, models, transaction
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crm.core.hooks import hooks
from crm.identity import access
from crm.identity.models import User
from crm.identity.tests.factories import Company, make_company
from crm.listing.declare import ListPage
from crm.listing.selection import select

EVIL = "<script>alert(1)</script>'\"><img src=x>"


@pytest.mark.django_db
class MadeOnce:
    """A company and some records of one person, made once for all tests of a class: what each test writes is undone."""

    insider = "sales1"  # whose records `make` makes
    how_many = 7

    def make(self, owner: User, number: int) -> models.Model:
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def made(
        cls, django_db_setup: None, django_db_blocker: Any
    ) -> Iterator[tuple[Company, list[models.Model]]]:
        with django_db_blocker.unblock(), transaction.atomic():
            company = make_company()
            owner, make = getattr(company, cls.insider), cls().make
            yield company, [make(owner, number) for number in range(cls.how_many)]
            transaction.set_rollback(True)

    @pytest.fixture
    def company(self, made: tuple[Company, list[models.Model]], db: None) -> Company:
        return deepcopy(made[0])

    @pytest.fixture
    def records(self, made: tuple[Company, list[models.Model]], db: None) -> list[models.Model]:
        return deepcopy(made[1])


class ListPageContract(MadeOnce):
    """Permission, tampering, export, paging and query-count cases of one declared list."""

    listing: ListPage
    outsider: str | None = "sales3"  # may open the list, and sees none of them
    superior: str | None = "manager1"  # sees them all
    forbidden: str | None = "marketing2"  # may not open the list at all
    most_queries = 12
    queries: tuple[str, ...] = ()  # further queries that must be understood

    def rename(self, record: models.Model, text: str) -> None:
        """Put a text into what the record is found by, past every check (override where cells show other texts)."""
        name = getattr(record, "openly_found_by", ("name",))[0]
        type(record)._base_manager.filter(pk=record.pk).update(**{name: text})

    def get(self, company: Company, person: str, query: str = "", what: str = "list", **headers: str) -> Any:
        browser = Client()
        browser.force_login(getattr(company, person))
        return browser.get(f"{self.listing.url(what)}{query}", headers=headers)

    def shown(self, response: Any) -> list[int]:
        assert response.status_code == 200
        return [record.pk for record in response.context["page"].records]

    def test_only_people_who_signed_in_get_in(self) -> None:
        for what in ("list", "counts", "filters", "options", "views"):
            assert Client().get(self.listing.url(what)).status_code == 302

    def test_a_role_without_the_verb_is_refused_everywhere(self, company: Company) -> None:
        if self.forbidden is None:
            pytest.skip("every role may open this list")
        for what in ("list", "counts", "filters", "options", "views"):
            assert self.get(company, self.forbidden, what=what).status_code == 403

    def test_each_sees_their_own_set(self, company: Company, records: list[models.Model]) -> None:
        everything = {record.pk for record in records}
        assert everything <= set(self.shown(self.get(company, self.insider)))
        if self.superior:
            assert everything <= set(self.shown(self.get(company, self.superior)))
        if self.outsider:
            assert not everything & set(self.shown(self.get(company, self.outsider)))

    def test_counts_search_and_choices_show_no_more_than_the_list(
        self, company: Company, records: list[models.Model]
    ) -> None:
        for person in filter(None, (self.insider, self.outsider, self.superior)):
            selection = select(self.listing, getattr(company, person), QueryDict())
            visible = set(
                access.narrow(self.listing.queryset(), getattr(company, person)).values_list("pk", flat=True)
            )
            assert selection.count() == len(visible)
            offered = self.get(company, person, what="options").json()["results"]
            assert {one["value"] for one in offered} <= visible
            if self.listing.searchable:
                assert set(self.shown(self.get(company, person, f"?q={str(records[0])[:20]}"))) <= visible

    def test_the_htmx_part_is_the_list_alone(self, company: Company, records: list[models.Model]) -> None:
        part = self.get(company, self.insider, **{"HX-Request": "true", "HX-Target": "list"})
        assert part.status_code == 200 and b"<html" not in part.content

    @pytest.mark.parametrize(
        "query",
        [
            "nonsense=1",
            "owner__password__startswith=a",
            "sort=password",
            "sort=owner__password",
            "_connector=OR",
            "cursor=x",
        ],
    )
    def test_what_it_does_not_know_it_refuses(self, company: Company, query: str) -> None:
        assert self.get(company, self.insider, f"?{query}").status_code == 400

    def test_every_order_meets_every_row_once_there_and_back(
        self, company: Company, records: list[models.Model]
    ) -> None:
        user = getattr(company, self.superior or self.insider)
        everything = set(access.narrow(self.listing.queryset(), user).values_list("pk", flat=True))
        for name in self.listing.sort_paths:
            for sort in (name, f"-{name}"):
                found = walk(self.listing, user, sort)
                assert len(found) == len(set(found)) and set(found) == everything, sort

    def test_both_ways_of_paging_agree(
        self, company: Company, records: list[models.Model], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        user = getattr(company, self.superior or self.insider)
        merged = walk(self.listing, user, self.listing.default_sort)
        monkeypatch.setattr(access, "branches", lambda *args, **kwargs: None)
        assert walk(self.listing, user, self.listing.default_sort) == merged

    def test_views_and_named_queries_are_understood(
        self, company: Company, records: list[models.Model]
    ) -> None:
        queries = [f"view={view.key}" for view in self.listing.views] + list(self.queries)
        for query in queries:
            assert self.get(company, self.insider, f"?{query}").status_code == 200, query
        assert self.get(company, self.insider, what="counts").status_code == 200
        assert self.get(company, self.insider, what="filters").status_code == 200

    def test_bulk_verbs_never_touch_what_one_cannot_see(
        self, company: Company, records: list[models.Model]
    ) -> None:
        if not self.outsider:
            pytest.skip("nobody who opens this list is an outsider")
        before = digest(records)
        browser = Client()
        browser.force_login(getattr(company, self.outsider))
        for verb in self.listing.bulk:
            for chosen in ({"ids": [record.pk for record in records]}, {"all": "1", "query": "sort=id"}):
                answer = browser.post(self.listing.url("bulk", verb.name), {**chosen, "confirmed": "1"})
                assert answer.status_code in (302, 403, 422), (verb.name, answer.status_code)
        assert digest(records) == before

    def test_a_forged_filter_of_a_bulk_verb_is_refused(
        self, company: Company, records: list[models.Model]
    ) -> None:
        browser = Client()
        browser.force_login(getattr(company, self.insider))
        before = digest(records)
        for verb in self.listing.bulk:
            data = {"all": "1", "query": "owner__isnull=0", "confirmed": "1"}
            assert browser.post(self.listing.url("bulk", verb.name), data).status_code in (400, 403)
        assert digest(records) == before

    def test_the_export_is_the_list(self, company: Company, records: list[models.Model]) -> None:
        if not self.listing.exportable:
            assert self.get(company, self.insider, "?export=csv").status_code in (400, 403)
            return
        for person in filter(None, (self.insider, self.outsider)):
            answer = self.get(company, person, "?export=csv&sort=id")
            if not access.has_verb(getattr(company, person), "export", self.listing.model):
                assert answer.status_code == 403
                continue
            text = b"".join(answer.streaming_content).decode("utf-8-sig")
            ids = [int(row[0]) for row in list(csv.reader(io.StringIO(text)))[1:]]
            assert ids == walk(self.listing, getattr(company, person), "id")

    def test_markup_in_a_record_stays_text(self, company: Company, records: list[models.Model]) -> None:
        self.rename(records[0], EVIL)
        text = self.get(company, self.insider).content.decode()
        assert "<script>alert" not in text and "<img src=x" not in text

    def test_the_number_of_queries_is_pinned(self, company: Company, records: list[models.Model]) -> None:
        self.get(company, self.insider)
        with CaptureQueriesContext(connection) as few:
            browser = Client()
            browser.force_login(getattr(company, self.insider))
            start = len(few)
            browser.get(self.listing.url())
        for number in range(8):
            self.make(getattr(company, self.insider), 100 + number)
        browser = Client()
        browser.force_login(getattr(company, self.insider))
        with CaptureQueriesContext(connection) as many:
            browser.get(self.listing.url())
        assert len(many) <= len(few) - start, "more rows, more queries"
        assert len(many) <= self.most_queries, [query["sql"][:200] for query in many]

    def test_it_is_registered(self) -> None:
        assert self.listing in hooks.list_pages.values()


def walk(listing: ListPage, user: User, sort: str, size: int = 3) -> list[int]:
    """The ids of a whole list, page by page; the way back must meet the same rows."""
    user = User._base_manager.get(pk=user.pk)
    selection = select(listing, user, QueryDict(f"sort={sort}"))
    found: list[int] = []
    cursor = ""
    while True:
        page = selection.page(cursor, size)
        found += page.slice.ids
        if page.slice.next is None:
            break
        cursor = page.slice.next.encode()
    back: list[int] = list(page.slice.ids)
    while page.slice.previous is not None:
        page = selection.page(page.slice.previous.encode(), size)
        back = page.slice.ids + back
    assert back == found
    return found


def digest(records: list[models.Model]) -> list[dict[str, Any]]:
    """Everything the database holds of the records."""
    model = type(records[0])
    return list(model._base_manager.filter(pk__in=[record.pk for record in records]).order_by("pk").values())
