"""A declared list in the browser: scope, filters, search, order, pages, views, columns."""

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from accounts.models import Customer
from crm.core.hooks import hooks
from crm.identity import access
from crm.identity.services import share
from crm.identity.tests.factories import SYSTEM, make_company
from crm.listing.selection import select
from crm.records.models import SavedView
from crm.tests.probe import PROBE

pytestmark = [pytest.mark.django_db, pytest.mark.urls("crm.tests.probe")]


@pytest.fixture
def company():
    return make_company()


def make(company, owner, name, **values):
    person = getattr(company, owner)
    row = Customer(name=name, owner=person, team=person.team, **values)
    row.fill_search()
    row.save()
    return row


@pytest.fixture
def some(company):
    return {
        "a": make(company, "sales1", "苏州瑞宏电子", tier="A", phone="13805762218"),
        "b": make(
            company, "sales1", "阿里山茶业", tier="B", next_follow_up_at=timezone.now() - timedelta(days=2)
        ),
        "c": make(company, "sales2", "张家港港务", tier="A"),
        "d": make(company, "sales3", "深圳某公司", tier="A"),
    }


@pytest.fixture
def as_user(client, company):
    def sign_in(name):
        client.force_login(getattr(company, name))
        return client

    return sign_in


def names(response):
    return [record.name for record in response.context["page"].records]


def test_the_page_shows_what_one_may_see(as_user, some):
    response = as_user("sales1").get("/probe/")
    assert response.status_code == 200
    assert set(names(response)) == {"苏州瑞宏电子", "阿里山茶业"}
    assert "苏州瑞宏电子" in response.content.decode()


def test_scopes_of_roles(as_user, some):
    assert len(names(as_user("manager1").get("/probe/"))) == 3
    assert len(names(as_user("manager2").get("/probe/"))) == 1
    assert len(names(as_user("director").get("/probe/"))) == 4
    assert len(names(as_user("finance1").get("/probe/"))) == 0


def test_nobody_looks_in_without_signing_in(client, some):
    assert client.get("/probe/").status_code == 302


def test_whose_role_has_no_view_verb_is_refused(as_user, some):
    assert as_user("marketing2").get("/probe/").status_code == 403


def test_htmx_gets_the_list_alone(as_user, some):
    part = as_user("sales1").get("/probe/", headers={"HX-Request": "true", "HX-Target": "list"})
    assert "<html" not in part.content.decode()
    assert "HX-Request" in part["Vary"]
    whole = as_user("sales1").get(
        "/probe/", headers={"HX-Request": "true", "HX-Target": "list", "HX-History-Restore-Request": "true"}
    )
    assert "<html" in whole.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "nonsense=1",
        "owner__password__startswith=a",
        "ordering=name",
        "sort=owner__password",
        "sort=password",
        "sort=--name",
        "tier=Z",
        "owner=999999",
        "owner=abc",
        "next_follow_up_at=someday",
        "next_follow_up_at_after=yesterday",
        "size_min=many",
        "deal=perhaps",
        "cursor=abc",
        "cursor=eyJhIjoxfQ:1abc:xyz",
        "_connector=OR",
        "q=%00",
        "q=" + "长" * 201,
        "page_size=all",
        "export=exe",
    ],
)
def test_what_the_list_does_not_know_is_refused(as_user, some, query):
    response = as_user("sales1").get(f"/probe/?{query}")
    assert response.status_code == 400


def test_filters_and_their_chips(as_user, some):
    response = as_user("manager1").get("/probe/?tier=A&tier=B&owner=me&owner=none")
    assert names(response) == []
    labels = [(str(c["label"]), c["text"]) for c in response.context["chips"]]
    assert labels[1][1] in ("A, B", "A、B")
    remove_owner = response.context["chips"][0]["url"]
    assert "owner" not in remove_owner and "tier=A" in remove_owner
    assert len(names(as_user("manager1").get(f"/probe/{remove_owner}"))) == 3


def test_periods(as_user, some):
    assert names(as_user("sales1").get("/probe/?next_follow_up_at=overdue")) == ["阿里山茶业"]
    assert names(as_user("sales1").get("/probe/?next_follow_up_at=none")) == ["苏州瑞宏电子"]
    day = timezone.localdate() - timedelta(days=3)
    assert names(as_user("sales1").get(f"/probe/?next_follow_up_at_after={day}")) == ["阿里山茶业"]


def test_text_search_finds_two_characters_and_digits(as_user, some):
    assert names(as_user("sales1").get("/probe/?q=瑞宏")) == ["苏州瑞宏电子"]
    assert names(as_user("sales1").get("/probe/?q=0576")) == ["苏州瑞宏电子"]
    assert names(as_user("sales1").get("/probe/?q=深圳")) == []


def test_names_sort_by_pinyin(as_user, some):
    assert names(as_user("manager1").get("/probe/?sort=name")) == ["阿里山茶业", "苏州瑞宏电子", "张家港港务"]
    assert names(as_user("manager1").get("/probe/?sort=-name")) == [
        "张家港港务",
        "苏州瑞宏电子",
        "阿里山茶业",
    ]


@pytest.mark.parametrize(
    "sort", ["name", "-name", "next_follow_up_at", "-next_follow_up_at", "owner", "-tier", "id"]
)
@pytest.mark.parametrize("person", ["sales1", "manager1", "exec"])
def test_walking_the_pages_there_and_back_meets_every_row_once(as_user, company, sort, person):
    now = timezone.now()
    for number in range(11):
        make(
            company,
            "sales1",
            f"客户{number % 4}",
            tier="AB"[number % 2],
            next_follow_up_at=now if number % 3 else None,
        )
        make(company, "sales2", f"同事{number}", tier=None)
    client = as_user(person)
    expected = {
        row.pk for row in Customer.objects.all() if person != "sales1" or row.owner.username == "sales1"
    }
    seen, url, last = [], f"/probe/?sort={sort}&page_size=4", None
    while url:
        last = client.get(url)
        seen += [record.pk for record in last.context["page"].records]
        url = last.context["next_url"] and f"/probe/{last.context['next_url']}"
    assert len(seen) == len(set(seen)) and set(seen) == expected
    back, response = [], last
    while True:
        back = [record.pk for record in response.context["page"].records] + back
        if not response.context["previous_url"]:
            break
        response = client.get(f"/probe/{response.context['previous_url']}")
    assert back == seen
    assert response.context["page"].first == 1


def test_a_cursor_belongs_to_its_order(as_user, company):
    for number in range(5):
        make(company, "sales1", f"客户{number}")
    cursor = as_user("sales1").get("/probe/?page_size=2&sort=name").context["next_url"]
    assert as_user("sales1").get(f"/probe/{cursor.replace('sort=name', 'sort=-name')}").status_code == 400


def test_both_ways_give_the_same_page(company, monkeypatch):
    """The ordered merge over the scope's branches and the plain OR agree, page by page, also on shared records."""
    rows = [
        make(company, ("sales1", "sales2", "sales3")[n % 3], f"客户{n % 5}", tier="ABCD"[n % 4])
        for n in range(30)
    ]
    for row in rows[2:20:3]:
        share(row, user=company.manager1, level="read", actor=SYSTEM)
    for person in ("sales1", "manager1", "director"):
        for sort in ("name", "-name", "-tier", "-updated_at"):
            merged = _walk(select(PROBE, getattr(company, person), QueryDict(f"sort={sort}")))
            with monkeypatch.context() as patch:
                patch.setattr(access, "branches", lambda *args, **kwargs: None)
                plain = _walk(select(PROBE, getattr(company, person), QueryDict(f"sort={sort}")))
            assert merged == plain and len(merged[0]) == merged[1]


def _walk(selection):
    found, cursor = [], ""
    while True:
        page = selection.page(cursor, 7)
        found += [record.pk for record in page.records]
        if page.slice.next is None:
            return found, selection.count()
        cursor = page.slice.next.encode()


def test_counts_arrive_apart(as_user, some):
    text = as_user("manager1").get("/probe/counts/?tier=A").content.decode()
    assert 'id="count-mine"' in text and 'id="list-total"' in text and "2" in text
    assert as_user("manager1").get("/probe/counts/?nonsense=1").status_code == 400


def test_a_built_in_view_and_taking_its_filter_away(as_user, some):
    response = as_user("manager1").get("/probe/?view=mine")
    assert names(response) == [] and not response.context["selection"].edited
    opened = as_user("manager1").get(f"/probe/{response.context['chips'][0]['url']}")
    assert len(names(opened)) == 3 and opened.context["selection"].edited


def test_saving_a_view_of_ones_own(as_user, some):
    client = as_user("sales1")
    done = client.post("/probe/views/", {"name": "重点", "query": "tier=A&sort=name", "pinned": "1"})
    assert done.status_code == 302
    own = done["Location"]
    assert names(client.get(own)) == ["苏州瑞宏电子"]
    assert client.post("/probe/views/", {"name": "重点", "query": ""}).status_code == 422
    client.post("/probe/views/", {"name": "其他", "query": ""})
    other = SavedView.objects.get(name="其他")
    client.post(f"/probe/views/{other.pk}/", {"do": "rename", "name": " 重点 "})
    client.post(f"/probe/views/{other.pk}/", {"do": "rename", "name": "次要"})
    assert sorted(SavedView.objects.values_list("name", flat=True)) == ["次要", "重点"]
    client.post(f"/probe/views/{other.pk}/", {"do": "delete"})
    assert as_user("sales2").get(own).status_code == 404
    key = own.split("=")[1]
    assert as_user("sales2").post(f"/probe/views/{key}/", {"do": "delete"}).status_code == 404
    client = as_user("sales1")
    client.post(f"/probe/views/{key}/", {"do": "save", "query": f"view={key}&tier=B"})
    assert names(client.get(own)) == ["阿里山茶业"]
    client.post(f"/probe/views/{key}/", {"do": "delete"})
    assert client.get(own).status_code == 404


def test_a_view_shared_with_the_team_is_used_by_colleagues_and_changed_by_nobody_else(
    as_user, some, monkeypatch
):
    made = as_user("sales1").post(
        "/probe/views/", {"name": "重点", "query": "tier=A&sort=name", "audience": "team"}
    )
    shared = made["Location"]
    key = shared.split("=")[1]
    assert as_user("sales3").get(shared).status_code == 404, "another team"

    colleague = as_user("sales2")
    page = colleague.get(shared)
    assert page.status_code == 200 and "苏州瑞宏电子" not in names(page), (
        "the question travels, the scope does not"
    )
    assert "重点" in [str(tab["label"]) for tab in colleague.get("/probe/").context["tabs"]]
    for tampering in ({"do": "delete"}, {"do": "rename", "name": "mine"}, {"do": "save", "query": ""}):
        assert colleague.post(f"/probe/views/{key}/", tampering).status_code == 404

    colleague.post("/probe/columns/", {"columns": ["region"], "query": f"view={key}"})
    assert [c.name for c in colleague.get(shared).context["selection"].columns] == ["name", "region"]
    assert len(as_user("sales1").get(shared).context["selection"].columns) > 2, "the owner's columns stay"

    colleague = as_user("sales2")
    colleague.post(f"/probe/views/{key}/", {"do": "pin"})
    monkeypatch.setattr(hooks, "list_pages", {"probe": PROBE})
    sidebar = f'href="/probe/?view={key}"'
    assert sidebar in as_user("sales2").get("/settings/").content.decode()
    as_user("sales1").post(f"/probe/views/{key}/", {"do": "rename", "name": "重点", "audience": "own"})
    assert as_user("sales2").get(shared).status_code == 404
    assert sidebar not in as_user("sales2").get("/settings/").content.decode()


def test_only_leaders_and_administrators_share_with_everybody(as_user, some):
    refused = as_user("sales1").post("/probe/views/", {"name": "公司", "query": "tier=A", "audience": "all"})
    assert refused.status_code == 422
    assert "公司" not in [str(tab["label"]) for tab in as_user("sales1").get("/probe/").context["tabs"]]

    shared = as_user("admin").post("/probe/views/", {"name": "公司", "query": "tier=A", "audience": "all"})
    assert as_user("sales3").get(shared["Location"]).status_code == 200


def test_choosing_columns(as_user, some):
    client = as_user("sales1")
    client.post("/probe/columns/", {"columns": ["owner", "region", "nonsense"], "density": "compact"})
    response = client.get("/probe/")
    assert [column.name for column in response.context["selection"].columns] == ["name", "owner", "region"]
    assert response.context["density"] == "compact"
    assert len(as_user("sales2").get("/probe/").context["headings"]) > 3
    chooser = as_user("sales1").get("/probe/columns/?tier=A", headers={"HX-Request": "true"})
    assert "<html" not in chooser.content.decode() and 'value="region" checked' in chooser.content.decode()
    assert as_user("sales1").get("/probe/columns/").status_code == 200
    as_user("sales1").post("/probe/columns/", {"reset": "1"})
    assert len(client.get("/probe/").context["headings"]) > 3


def test_choices_of_a_form_are_only_what_one_sees(as_user, some):
    assert [r["text"] for r in as_user("sales1").get("/probe/options/?q=瑞宏").json()["results"]] == [
        "苏州瑞宏电子"
    ]
    assert as_user("sales3").get("/probe/options/?q=瑞宏").json()["results"] == []
    assert len(as_user("sales1").get("/probe/options/").json()["results"]) == 2


def test_all_filters_as_a_form(as_user, some):
    assert as_user("sales1").get("/probe/filters/?tier=A").status_code == 200
    part = as_user("sales1").get("/probe/filters/?tier=A", headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode() and "checked" in part.content.decode()


def test_markup_in_every_field_stays_text(as_user, company):
    evil = "<script>alert(1)</script>\"'><img src=x>"
    make(company, "sales1", evil, last_activity_at=timezone.now())
    person = company.sales1
    type(person)._base_manager.filter(pk=person.pk).update(name=evil[:100])
    text = as_user("sales1").get(f"/probe/?q={evil[:30]}").content.decode()
    assert "<script>alert" not in text and "<img src=x" not in text
    assert as_user("sales1").get("/probe/?view=mine").content.decode().count("<script>alert") == 0


def test_the_number_of_queries_does_not_grow_with_the_rows(as_user, company, django_assert_max_num_queries):
    for number in range(30):
        make(company, "sales1", f"客户{number}")
    client = as_user("sales1")
    client.get("/probe/")
    with django_assert_max_num_queries(12):
        client.get("/probe/")


def test_urls_have_names():
    assert reverse("probe_list") == "/probe/"
    assert reverse("probe_bulk", args=["transfer"]) == "/probe/bulk/transfer/"


def test_ticked_rows_are_exported_within_the_scope(as_user, some):
    client = as_user("sales1")
    sent = client.post("/probe/bulk/export/", {"ids": [some["a"].pk, some["d"].pk], "query": "sort=name"})
    assert sent.status_code == 302 and "export=xlsx" in sent["Location"]
    answer = client.get(sent["Location"].replace("xlsx", "csv"))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "苏州瑞宏电子" in text and "深圳某公司" not in text and "阿里山茶业" not in text
    assert client.get(f"/probe/?ids={some['a'].pk}").status_code == 400


def test_search_over_everything_shows_only_what_one_sees(as_user, some, monkeypatch):
    monkeypatch.setattr(hooks, "list_pages", {"probe": PROBE})
    page = as_user("sales1").get("/search/?q=瑞宏")
    assert [hit.text for group in page.context["groups"] for hit in group.hits] == ["苏州瑞宏电子"]
    assert as_user("sales3").get("/search/?q=瑞宏").context["groups"] == []
    assert as_user("marketing2").get("/search/?q=瑞宏").context["groups"] == []
    assert as_user("sales1").get("/search/?q=%00").status_code == 200
    part = as_user("sales1").get("/search/?q=瑞宏", headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()


def test_pinned_views_are_counted_beside_the_page(as_user, some, monkeypatch):
    monkeypatch.setattr(hooks, "list_pages", {"probe": PROBE})
    client = as_user("sales1")
    client.post("/probe/views/", {"name": "甲", "query": "tier=A", "pinned": "1"})
    client.post("/probe/views/mine/", {"do": "pin"})
    text = client.get("/views/counts/").content.decode()
    assert text.count('class="n"') == 2 and ">1<" in text and ">2<" in text
    assert "pinned-" not in as_user("sales2").get("/views/counts/").content.decode()


def test_a_phone_offers_the_conditions_that_do_not_hold_yet(client, company):
    client.force_login(company.sales1)
    offered = client.get("/customers/").context["suggested"]
    assert "?owner=me" in [one["url"] for one in offered] and len(offered) <= 4
    narrowed = client.get("/customers/?owner=me&tier=A").context["suggested"]
    assert narrowed and not any("owner=me&owner" in one["url"] or one["url"] == "?tier=A" for one in narrowed)
    assert all("owner=me" in one["url"] and "tier=A" in one["url"] for one in narrowed)


@pytest.mark.urls("crm.urls")
def test_an_empty_list_offers_the_import_to_whoever_may_import(client, company):
    offered = {}
    for person in (company.sales1, company.exec):
        client.force_login(person)
        empty = client.get("/customers/").content.decode().partition('class="empty"')[2]
        offered[person.username] = "/imports/new/?resource=customers" in empty
    assert offered == {"sales1": True, "exec": False}
