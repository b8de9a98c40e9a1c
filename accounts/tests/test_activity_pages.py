"""The timeline: what it merges, who sees what of it, how one writes into it; and single follow-ups."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts import services
from accounts.models import Activity
from accounts.queries import timeline as timelines
from accounts.tests.factories import by, make_contact, make_customer
from crm.identity import services as identity
from crm.identity.models import User
from crm.identity.tests.factories import make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 11, 2, 0, tzinfo=UTC)
HTMX = {"HX-Request": "true"}
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64


@pytest.fixture(autouse=True)
def _thursday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def customer(company):
    User._base_manager.update(language="en")
    return make_customer(company.sales1, "杭州云栖精密机械有限公司")


def log(user, customer, body, days=0, kind="call", **values):
    return services.log_follow_up(
        actor=by(user),
        author=user,
        customer=customer,
        kind=kind,
        body=body,
        done_at=NOW - timedelta(days=days) if days else None,
        **values,
    ).activity


def texts(user, customer, **values):
    page = timelines.timeline(user, customer, **values)
    return [i.activity.body if i.activity else i.event.name for i in page.items]


def download(client, url):
    response = client.get(url)
    content = b"".join(response.streaming_content)
    for close in response._resource_closers:
        close()
    return content


class TestReading:
    def test_merges_follow_ups_and_changes_newest_first(self, company, customer):
        log(company.sales1, customer, "三天前的电话", days=3)
        with time_machine.travel(NOW + timedelta(hours=1), tick=False):
            services.update_customer(customer, actor=by(company.sales1), website="yunqi.example")
        assert texts(company.sales1, customer) == ["customer.updated", "customer.created", "三天前的电话"]

    def test_only_who_edits_the_record_is_offered_to_pin(self, client, company, customer):
        entry = log(company.manager1, customer, "三天前的电话", days=3)
        pin = reverse("activity_pin", args=[entry.pk])
        identity.share(customer, user=company.sales3, level="read", actor=by(company.sales1))
        for person, offered in ((company.sales1, True), (company.sales3, False)):
            client.force_login(person)
            page = client.get(reverse("customer_timeline", args=[customer.pk]), headers=HTMX).content.decode()
            assert "三天前的电话" in page and (pin in page) is offered

    def test_pages_without_gaps_or_doubles(self, company, customer):
        for n in range(30):
            log(company.sales1, customer, f"follow-up {n}", days=1 + n // 7)
        seen, cursor = [], ""
        for _page in range(20):
            page = timelines.timeline(company.sales1, customer, cursor=cursor, limit=4)
            seen += [(i.source, i.id) for i in page.items]
            cursor = page.next
            if not cursor:
                break
        assert len(seen) == len(set(seen)) == 31
        whole = timelines.timeline(company.sales1, customer, limit=100)
        assert seen == [(i.source, i.id) for i in whole.items]

    def test_a_made_up_cursor_is_refused(self, company, customer):
        with pytest.raises(timelines.BadCursor):
            timelines.timeline(company.sales1, customer, cursor="x")

    def test_filters_and_search_by_two_characters(self, company, customer):
        log(company.sales1, customer, "谈了备件寄售")
        log(company.sales1, customer, "现场看了产线", kind="visit")
        assert texts(company.sales1, customer, text="备件") == ["谈了备件寄售"]
        assert texts(company.sales1, customer, kind="visit") == ["现场看了产线"]
        assert texts(company.sales1, customer, kind="system") == ["customer.created"]
        found = timelines.counts(company.sales1, customer)
        assert (found.total, found.by_kind) == (2, {"call": 1, "visit": 1})

    def test_a_plan_that_a_record_closed_is_told_once(self, company, customer):
        services.plan_follow_up(
            actor=by(company.sales1), author=company.sales1, customer=customer, kind="call", due_at=NOW
        )
        log(company.sales1, customer, "谈好了二期")
        assert texts(company.sales1, customer, kind="call") == ["谈好了二期"]

    def test_imported_and_contact_changes_show(self, company, customer):
        with time_machine.travel(NOW + timedelta(hours=1), tick=False):
            make_contact(customer, "周敏")
        assert "contact.created" in texts(company.sales1, customer)


class TestDisclosure:
    def test_service_finds_the_customer_but_not_sales_notes(self, company, customer):
        log(company.sales1, customer, "底价 48 万")
        seen = texts(company.service1, customer)
        assert "底价 48 万" not in seen
        assert not [name for name in seen if name.startswith("activity.")]
        assert timelines.counts(company.service1, customer).total == 0

    def test_service_sees_its_own(self, company, customer):
        log(company.service1, customer, "报修电话")
        assert "报修电话" in texts(company.service1, customer)
        assert "报修电话" in texts(company.sales1, customer)

    def test_roles_without_follow_ups_see_none(self, company, customer):
        log(company.sales1, customer, "底价 48 万")
        for person in (company.marketing1, company.finance1):
            assert "底价 48 万" not in texts(person, customer)

    @pytest.mark.parametrize("who", ["sales3", "manager2", "finance1", "marketing2"])
    def test_outsiders_find_nothing(self, client, company, customer, who):
        activity = log(company.sales1, customer, "底价 48 万")
        client.force_login(getattr(company, who))
        for url in (
            f"/customers/{customer.pk}/timeline/",
            f"/customers/{customer.pk}/follow-up/",
            f"/activities/{activity.pk}/",
            f"/activities/{activity.pk}/complete/",
            f"/activities/{activity.pk}/edit/",
        ):
            assert client.get(url).status_code == 404, url

    def test_outsiders_change_nothing(self, client, company, customer):
        """Attack 2: pinning, moving, undoing or deleting another's note writes nothing."""
        activity = log(company.sales1, customer, "底价 48 万")
        before = Activity._base_manager.values().get(pk=activity.pk)
        client.force_login(company.sales3)
        for verb in ("pin", "undo", "delete", "cancel", "move", "restore", "complete", "edit", "move-back"):
            assert client.post(f"/activities/{activity.pk}/{verb}/", {"choice": "today"}).status_code == 404
        assert Activity._base_manager.values().get(pk=activity.pk) == before

    def test_a_reader_neither_pins_nor_edits(self, client, company, customer):
        activity = log(company.sales1, customer, "底价 48 万")
        identity.share(customer, user=company.sales3, actor=by(company.sales1))
        client.force_login(company.sales3)
        assert client.get(f"/customers/{customer.pk}/timeline/").status_code == 200
        for verb in ("pin", "undo", "delete", "edit"):
            assert client.post(f"/activities/{activity.pk}/{verb}/").status_code == 403

    def test_a_manager_does_not_rewrite_what_others_wrote(self, client, company, customer):
        activity = log(company.sales1, customer, "底价 48 万")
        client.force_login(company.manager1)
        assert client.post(f"/activities/{activity.pk}/edit/", {"body": "x"}).status_code == 403
        assert client.post(f"/activities/{activity.pk}/delete/").status_code == 403
        assert client.post(f"/activities/{activity.pk}/pin/", headers=HTMX).status_code == 200

    def test_search_and_lists_show_none_of_it(self, client, company, customer):
        """Attack 14."""
        log(company.sales1, customer, "底价四十八万")
        for who in ("sales3", "service1"):
            client.force_login(getattr(company, who))
            assert "底价四十八万" not in client.get("/activities/?q=底价").content.decode()
        client.force_login(company.finance1)
        assert client.get("/activities/").status_code == 403


class TestWriting:
    URL = "/customers/{}/follow-up/"

    def test_two_clicks_from_the_list(self, client, company, customer):
        client.force_login(company.sales1)
        row = client.get(self.URL.format(customer.pk), headers=HTMX).content.decode()
        assert "quick-row" in row
        data = {"kind": "call", "body": "谈了二期", "next_date": "2026-06-15", "place": "list"}
        response = client.post(self.URL.format(customer.pk), data, headers=HTMX)
        assert response.content == b""
        assert json.loads(response.headers["HX-Trigger"])["toast"]["undo_url"].endswith("/undo/")
        customer.refresh_from_db()
        assert customer.last_activity_summary == "谈了二期"
        assert customer.next_follow_up_all_day

    def test_the_composer_saves_files_and_mentions(self, client, company, customer):
        client.force_login(company.sales1)
        data = {
            "kind": "note",
            "body": "请 @Sales3 看照片",
            "place": "record",
            "files": [SimpleUploadedFile("现场.png", PNG, "image/png")],
        }
        response = client.post(self.URL.format(customer.pk), data, headers=HTMX)
        assert response.status_code == 200, response.content.decode()
        assert "Sales3 cannot read this customer" in response.content.decode()
        attached = Activity._base_manager.get().files.get()
        url = f"/activities/{attached.activity_id}/files/{attached.pk}/download/"
        assert download(client, url) == PNG
        client.force_login(company.sales3)
        assert client.get(url).status_code == 404
        client.force_login(company.sales1)
        share = {"user": company.sales3.pk}
        client.post(f"/customers/{customer.pk}/share-mentioned/", share, headers=HTMX)
        client.force_login(company.sales3)
        assert download(client, url) == PNG
        assert company.sales3.notifications.filter(kind="mentioned").count() == 1

    def test_while_one_writes_it_says_who_will_not_be_told(self, client, company, customer):
        client.force_login(company.sales1)
        url = f"/customers/{customer.pk}/mentions/"
        page = client.post(url, {"body": "@Sales3 和 @Manager1 @Sales1"}, headers=HTMX).content.decode()
        assert "Sales3 cannot read this customer and will not be told." in page
        assert "Let them read it" in page
        assert "Manager1" not in page and "Sales1 cannot" not in page
        identity.share(customer, user=company.sales2, actor=by(company.sales1))
        client.force_login(company.sales2)  # may read and write there, but not share
        page = client.post(url, {"body": "@Sales3"}, headers=HTMX).content.decode()
        assert "Ask its owner to share it." in page
        assert "Let them read it" not in page
        assert not company.sales3.notifications.exists()
        written = {"kind": "note", "body": "@Sales3 看看", "place": "record"}
        page = client.post(self.URL.format(customer.pk), written, headers=HTMX).content.decode()
        assert "was not told" in page and "Let them read it" not in page
        client.force_login(company.sales3)
        assert client.post(url, {"body": "@Sales1"}, headers=HTMX).status_code == 404

    def test_without_javascript_it_says_so_after_saving(self, client, company, customer):
        client.force_login(company.sales1)
        data = {"kind": "note", "body": "请 @Sales3 看看"}
        page = client.post(self.URL.format(customer.pk), data, follow=True).content.decode()
        assert "Sales3 cannot read this customer and was not told." in page

    def test_a_mention_reads_as_a_chip_and_markup_stays_text(self, client, company, customer):
        client.force_login(company.sales1)
        data = {"kind": "note", "body": "<b>@Manager1</b> a@manager1.com"}
        client.post(self.URL.format(customer.pk), data)
        page = client.get(f"/customers/{customer.pk}/timeline/").content.decode()
        assert '&lt;b&gt;<span class="mention">@Manager1</span>&lt;/b&gt; a@manager1.com' in page

    @pytest.mark.parametrize("typed", ["林", "lin xiao", "linxiao", "lxw", "sales9"])
    def test_colleagues_are_found_by_name_pinyin_and_initials(self, client, company, typed):
        make_user("sales9", name="林晓雯")
        client.force_login(company.sales1)
        found = client.get("/people/suggest/", {"q": typed}).json()["results"]
        assert "林晓雯" in [one["name"] for one in found]

    def test_initials_do_not_find_everybody(self, client, company):
        make_user("sales9", name="林晓雯")
        client.force_login(company.sales1)
        assert client.get("/people/suggest/", {"q": "lxz"}).json()["results"] == []

    def test_a_call_without_a_next_date_is_asked_for_one(self, client, company, customer):
        client.force_login(company.sales1)
        data = {"kind": "call", "body": "谈了二期", "place": "record"}
        response = client.post(self.URL.format(customer.pk), data, headers=HTMX)
        assert response.status_code == 422
        assert "谈了二期" in response.content.decode()

    def test_a_task_is_planned(self, client, company, customer):
        client.force_login(company.sales1)
        data = {"kind": "task", "body": "寄样机\n两台", "next_date": "2026-06-12", "place": "record"}
        assert client.post(self.URL.format(customer.pk), data, headers=HTMX).status_code == 200
        task = Activity._base_manager.get()
        assert (task.subject, task.body, task.is_planned) == ("寄样机", "两台", True)

    def test_without_javascript(self, client, company, customer):
        client.force_login(company.sales1)
        assert client.get(self.URL.format(customer.pk)).status_code == 200
        data = {"kind": "note", "body": "记一笔"}
        assert client.post(self.URL.format(customer.pk), data).status_code == 302
        assert "记一笔" in client.get(f"/customers/{customer.pk}/timeline/").content.decode()

    def test_a_foreign_contact_is_refused_like_an_absent_one(self, client, company, customer):
        other = make_contact(make_customer(company.sales3))
        client.force_login(company.sales1)
        pages = []
        for pk in (other.pk, 999999):
            data = {"kind": "note", "body": "记一笔", "contact": pk, "place": "list"}
            response = client.post(self.URL.format(customer.pk), data, headers=HTMX)
            assert response.status_code == 422
            pages.append(response.status_code)
        assert pages[0] == pages[1]

    def test_markup_is_shown_as_text(self, client, company, customer):
        log(company.sales1, customer, "<script>alert(1)</script>")
        client.force_login(company.sales1)
        page = client.get(f"/customers/{customer.pk}/timeline/?text=alert").content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;<mark>alert</mark>" in page

    def test_the_record_page_carries_composer_and_timeline(self, client, company, customer):
        log(company.sales1, customer, "谈了二期")
        client.force_login(company.sales1)
        page = client.get(f"/customers/{customer.pk}/").content.decode()
        for part in ('id="composer"', 'id="timeline"', "谈了二期"):
            assert part in page

    def test_people_are_suggested(self, client, company):
        client.force_login(company.sales1)
        found = client.get("/people/suggest/?q=man").json()["results"]
        assert {p["username"] for p in found} >= {"manager1", "manager2"}


def test_the_list_narrows_by_state(client, company, customer):
    services.plan_follow_up(
        actor=by(company.sales1),
        author=company.sales1,
        customer=customer,
        kind="call",
        subject="迟了的",
        due_at=NOW - timedelta(days=1),
    )
    log(company.sales1, customer, "做完的", kind="note", days=1)
    client.force_login(company.sales1)
    page = client.get("/activities/?state=overdue").content.decode()
    assert "迟了的" in page
    assert "做完的" not in page
    assert client.get("/activities/?state=nonsense").status_code == 400


def test_plan_for_the_ticked_customers(client, company, customer):
    client.force_login(company.sales1)
    data = {
        "ids": [customer.pk],
        "date": "2026-06-15",
        "kind": "call",
        "subject": "节前回访",
        "confirmed": "1",
    }
    response = client.post("/customers/bulk/plan/", data)
    assert response.status_code in (200, 302)
    assert Activity._base_manager.get().subject == "节前回访"
    customer.refresh_from_db()
    assert customer.next_follow_up_at.date() == date(2026, 6, 15)


def test_a_deleted_one_comes_back_only_for_its_author(client, company, customer):
    activity = log(company.sales1, customer, "写错了地方", kind="note")
    client.force_login(company.sales1)
    client.post(f"/activities/{activity.pk}/delete/", headers=HTMX)
    for person in (company.manager1, company.sales3):
        client.force_login(person)
        assert client.post(f"/activities/{activity.pk}/restore/", headers=HTMX).status_code == 404
    client.force_login(company.sales1)
    assert client.post(f"/activities/{activity.pk}/restore/", headers=HTMX).status_code == 200
    assert Activity.objects.filter(pk=activity.pk).exists()
    assert client.post(f"/activities/{activity.pk}/restore/", headers=HTMX).status_code == 404


class TestColleaguesPresent:
    def test_the_composer_names_them_at_a_visit(self, client, company, customer):
        client.force_login(company.sales1)
        url = f"/customers/{customer.pk}/follow-up/"
        values = {"body": "看了二号车间", "no_next_reason": "x", "participants": [company.sales2.pk]}
        client.post(url, {**values, "kind": "visit"}, headers=HTMX)
        assert [p.name for p in Activity.objects.get().participants.all()] == [company.sales2.name]
        assert company.sales2.name in client.get(f"/customers/{customer.pk}/timeline/").content.decode()
        client.post(url, {**values, "kind": "call", "body": "只有电话"}, headers=HTMX)
        assert not Activity.objects.get(kind="call").participants.exists()

    def test_they_are_corrected_later_and_by_the_api(self, client, company, customer):
        visit = log(company.sales1, customer, "看了二号车间", kind="visit")
        client.force_login(company.sales1)
        form = {"kind": "visit", "body": visit.body, "participants": [company.sales2.pk]}
        assert client.post(f"/activities/{visit.pk}/edit/", form).status_code == 302
        assert [p.pk for p in visit.participants.all()] == [company.sales2.pk]
        url = f"/api/v1/activities/{visit.pk}/"
        assert client.get(url).json()["participants"] == [company.sales2.pk]
        body = {"participants": [], "version": client.get(url).json()["version"]}
        assert client.patch(url, body, content_type="application/json").status_code == 200
        assert not visit.participants.exists()


def test_a_follow_up_is_written_from_anywhere(client, company, customer):
    client.force_login(company.sales1)
    assert client.get("/").context["shell"]["new_default"]["url"] == "/activities/write/"
    assert b'name="customer"' in client.get("/activities/write/").content
    chosen = client.get(f"/activities/write/?customer={customer.pk}", headers=HTMX)
    assert f"/customers/{customer.pk}/follow-up/" in chosen.content.decode()
    assert (
        client.get(f"/activities/write/?customer={customer.pk}").url == f"/customers/{customer.pk}/follow-up/"
    )
    saved = client.post(
        f"/customers/{customer.pk}/follow-up/",
        {"kind": "note", "body": "Called about the budget", "place": "today"},
        headers=HTMX,
    )
    assert "drawer:close" in saved["HX-Trigger"]


def test_a_follow_up_from_anywhere_names_only_customers_one_sees(client, company, customer):
    client.force_login(company.sales3)
    assert client.get(f"/activities/write/?customer={customer.pk}").status_code == 422
