"""A custom field from its definition to every place where the values of a customer are read or written."""

import csv
import io
from urllib.parse import urlencode

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Contact, Customer
from accounts.services import update_customer
from accounts.tests.custom_tools import CUSTOMER, OPTIONS, api, browser, field
from accounts.tests.factories import make_customer
from crm.events.models import Event
from crm.identity.tests.factories import SYSTEM, Company, actor, make_company
from crm.records.models import CustomField, SavedView
from crm.records.services.custom_fields import archive_field, restore_field, update_field
from crm.records.tasks import follow_fields

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company()


# kind → what is sent, what is kept, a filter that finds it, one that does not
KINDS = {
    "text": ("  VIP 客户 ", "VIP 客户", "vip", "没有"),
    "long_text": ("第一行\n第二行", "第一行\n第二行", "第二", "第三"),
    "number": ("12.5", "12.50", {"_min": "12", "_max": "13"}, {"_min": "13"}),
    "money": ("1180", "1180.00", {"_max": "1180"}, {"_max": "1179.99"}),
    "date": ("2026-06-11", "2026-06-11", {"_after": "2026-06-11"}, {"_before": "2026-06-10"}),
    "time": ("14:30", "14:30", {"_after": "14:00"}, {"_before": "14:00"}),
    "datetime": (
        "2026-06-11T14:30:00+08:00",
        "2026-06-11T06:30:00Z",
        {"_after": "2026-06-11"},
        {"_after": "2026-06-12"},
    ),
    "choice": ("gold", "gold", "gold", "iron"),
    "multi_choice": (["iron", "gold"], ["gold", "iron"], "iron", "none"),
    "boolean": (True, True, "true", "false"),
    "link": ("www.example.com", "https://www.example.com", "example", "nothing"),
    "phone": ("138 1234 5678", "+8613812345678", "1381234", "139"),
    "email": ("A@Example.com", "a@example.com", "example", "nothing"),
}


def made(kind: str) -> CustomField:
    return field(kind, "x", **({"options": OPTIONS} if "choice" in kind else {}), in_list=True)


class TestOneTextField:
    """The whole way of one value."""

    def test_form_record_list_filter_sort_export_api(self, company):
        field(in_list=True)
        customer = make_customer(company.sales1, name="华星")
        make_customer(company.sales1, name="空白")
        sales = browser(company, "sales1")

        form = sales.get(f"/customers/{customer.pk}/edit/")
        assert b'name="cf_note"' in form.content
        saved = sales.post(
            f"/customers/{customer.pk}/fields/cf_note/", {"cf_note": "老客户推荐", "version": customer.version},
            headers={"HX-Request": "true"},
        )  # fmt: skip
        assert saved.status_code == 200
        assert Customer.objects.get(pk=customer.pk).custom == {"note": "老客户推荐"}
        assert "老客户推荐" in sales.get(f"/customers/{customer.pk}/").content.decode()

        listed = sales.get("/customers/?cf_note=客户&sort=cf_note")
        assert [r.pk for r in listed.context["page"].records] == [customer.pk]
        assert "老客户推荐" in listed.content.decode()
        assert [chip["text"] for chip in listed.context["chips"]] == ["客户"]
        assert sales.get("/customers/?sort=-cf_note").context["page"].records[0].pk == customer.pk

        rows = list(
            csv.reader(
                io.StringIO(
                    b"".join(browser(company, "manager1").get("/customers/?export=csv&sort=cf_note")).decode(
                        "utf-8-sig"
                    )
                )
            )
        )
        assert "Field note" in rows[0] and "老客户推荐" in rows[1]

        answer = api(company, "sales1")("get", f"customers/{customer.pk}/").json()
        assert answer["custom"] == {"note": "老客户推荐"}


class TestEveryKind:
    @pytest.mark.parametrize("kind", KINDS)
    def test_from_the_api_to_list_filter_page_and_export(self, company, kind):
        sent, kept, found_by, missed_by = KINDS[kind]
        made(kind)
        call = api(company, "sales1")
        answer = call("post", "customers/", {"name": "华星", "custom": {"x": sent}})
        assert answer.status_code == 201, answer.json()
        assert answer.json()["custom"] == {"x": kept}
        pk = answer.json()["id"]
        other = make_customer(company.sales1, name="空白")
        for wanted, expected in (
            (found_by, [pk]),
            (missed_by, [other.pk] if missed_by in ("none", "false") else []),
        ):
            query = (
                {"cf_x": wanted}
                if isinstance(wanted, str)
                else {f"cf_x{end}": v for end, v in wanted.items()}
            )
            rows = call("get", f"customers/?{urlencode(query)}").json()
            assert [row["id"] for row in rows["results"]] == expected, (wanted, rows)
        sales = browser(company, "sales1")
        assert sales.get(f"/customers/{pk}/").status_code == 200
        assert sales.get("/customers/").status_code == 200
        export = browser(company, "manager1").get("/customers/?export=csv")
        assert "Field x" in b"".join(export).decode("utf-8-sig")
        if kind not in ("long_text", "multi_choice"):
            for sign in ("", "-"):
                ordered = call("get", f"customers/?sort={sign}cf_x").json()["results"]
                assert [row["id"] for row in ordered] == [pk, other.pk]  # what is empty comes last

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_form_keeps_the_same(self, company, kind):
        sent, kept, *_ = KINDS[kind]
        made(kind)
        customer = make_customer(company.sales1, name="华星")
        sales = browser(company, "sales1")
        typed = {True: "true"}.get(sent, sent) if not isinstance(sent, list) else sent
        if kind == "datetime":
            typed = "2026-06-11T14:30"
        page = f"/customers/{customer.pk}/fields/cf_x/"
        assert sales.get(page).status_code == 200
        saved = sales.post(page, {"cf_x": typed, "version": customer.version}, headers={"HX-Request": "true"})
        assert saved.status_code == 200, saved.content.decode()
        customer.refresh_from_db()
        assert customer.custom == {"x": kept}
        again = sales.get(f"/customers/{customer.pk}/edit/")  # the whole form shows it again
        assert again.context["form"]["cf_x"].value() not in (None, "")
        nothing = {} if kind == "multi_choice" else {"cf_x": ""}
        emptied = sales.post(page, nothing | {"version": customer.version}, headers={"HX-Request": "true"})
        assert emptied.status_code == 200
        assert Customer.objects.get(pk=customer.pk).custom == {}

    @pytest.mark.parametrize(
        ("kind", "wrong"),
        [
            ("text", {"a": 1}), ("text", "x" * 201), ("text", "a\x00b"), ("number", "many"), ("number", True),
            ("number", "1e30"), ("money", "NaN"), ("date", "2026-02-30"), ("date", "0001-01-01"), ("time", "25:00"),
            ("datetime", "soon"), ("choice", "silver"), ("choice", ["gold"]), ("multi_choice", ["silver"]),
            ("boolean", "perhaps"), ("link", "javascript:alert(1)"), ("link", "x"), ("phone", "123"), ("email", "@"),
            ("user", 987654), ("user", "x"), ("user", True), ("record", 987654),
        ],
    )  # fmt: skip
    def test_wrong_values_are_named_by_their_key_and_nothing_is_written(self, company, kind, wrong):
        if kind in ("user", "record"):
            field(kind, "x", **({"target": CUSTOMER} if kind == "record" else {}))
        else:
            made(kind)
        answer = api(company, "sales1")("post", "customers/", {"name": "华星", "custom": {"x": wrong}})
        assert answer.status_code == 400, answer.content
        assert list(answer.json()["errors"]["custom"]) == ["x"]
        assert not Customer.objects.exists()

    def test_unknown_keys_and_shapes_are_refused(self, company):
        made("text")
        call = api(company, "sales1")
        for wrong in ({"nonsense": 1}, {"cf_x": "a"}, [], "x", 1):
            assert call("post", "customers/", {"name": "华星", "custom": wrong}).status_code == 400
        assert call("get", "customers/?cf_nonsense=1").status_code == 400
        assert call("get", "customers/?sort=cf_nonsense").status_code == 400
        assert not Customer.objects.exists()

    def test_markup_in_names_and_values_stays_text(self, company):
        evil = "<script>alert(1)</script>"
        field("text", "x", label_zh=evil, label_en=evil, in_list=True)
        field("choice", "y", options=[{"key": "a", "label_zh": evil, "label_en": evil}], in_list=True)
        customer = make_customer(company.sales1, name="华星", custom={"x": evil, "y": "a"})
        sales = browser(company, "sales1")
        for page in ("", f"{customer.pk}/", f"{customer.pk}/edit/", "filters/", "columns/"):
            assert evil not in sales.get(f"/customers/{page}").content.decode()


class TestLinks:
    def test_a_colleague_and_a_record(self, company):
        field("user", "who", in_list=True)
        field("record", "partner", target=CUSTOMER, in_list=True)
        partner = make_customer(company.sales1, name="伙伴公司")
        call = api(company, "sales1")
        custom = {"who": company.sales2.pk, "partner": partner.pk}
        answer = call("post", "customers/", {"name": "华星", "custom": custom})
        assert answer.status_code == 201 and answer.json()["custom"] == custom
        for query in (f"cf_who={company.sales2.pk}", f"cf_partner={partner.pk}"):
            assert [r["id"] for r in call("get", f"customers/?{query}").json()["results"]] == [
                answer.json()["id"]
            ]
        page = browser(company, "sales1").get("/customers/?sort=name").content.decode()
        assert "Sales2" in page and f'href="/customers/{partner.pk}/"' in page

    def test_a_record_out_of_sight_is_neither_named_nor_linked_to_nor_lost(self, company):
        field("record", "partner", target=CUSTOMER, in_list=True)
        hidden = make_customer(company.sales3, name="别人的客户")
        customer = make_customer(company.sales1, name="华星", custom={"partner": hidden.pk})
        call, sales = api(company, "sales1"), browser(company, "sales1")
        refused = call("post", "customers/", {"name": "远山", "custom": {"partner": hidden.pk}})
        absent = call("post", "customers/", {"name": "远山", "custom": {"partner": 987654}})
        assert (refused.status_code, refused.json()) == (400, absent.json())
        for page in ("/customers/", f"/customers/{customer.pk}/", f"/customers/{customer.pk}/edit/"):
            assert "别人的客户" not in sales.get(page).content.decode()
        assert sales.get(f"/customers/?cf_partner={hidden.pk}").status_code == 400
        form = sales.get(f"/customers/{customer.pk}/edit/").context["form"]
        assert "cf_partner" not in form.fields
        plain = make_customer(company.sales1, name="平川")
        bulk = sales.post("/customers/bulk/set-field/", {"ids": [plain.pk]})
        for answer in (sales.get(f"/customers/{plain.pk}/edit/"), bulk):
            asked = answer.content.decode()
            assert 'name="cf_partner"' in asked and "平川" in asked and "别人的客户" not in asked
        changed = call("patch", f"customers/{customer.pk}/", {"name": "华星二", "version": customer.version})
        assert changed.status_code == 200
        assert Customer.objects.get(pk=customer.pk).custom == {"partner": hidden.pk}


class TestContacts:
    def test_contacts_carry_fields_of_their_own(self, company):
        field("date", "birthday", model="accounts.contact", in_list=True)
        field("text", "hobby", model="accounts.contact", required=True)
        customer = make_customer(
            company.sales1, name="华星", contact={"name": "张三"}
        )  # no form asked for it
        call, sales = api(company, "sales1"), browser(company, "sales1")
        missing = call("post", "contacts/", {"customer": customer.pk, "name": "李四"})
        assert missing.status_code == 400 and "hobby" in missing.json()["errors"]["custom"]
        values = {"birthday": "1980-05-01", "hobby": "钓鱼"}
        made = call("post", "contacts/", {"customer": customer.pk, "name": "李四", "custom": values})
        assert made.status_code == 201 and made.json()["custom"] == values
        pk = made.json()["id"]
        found = call("get", "contacts/?cf_birthday_before=1985-01-01&sort=cf_birthday").json()["results"]
        assert [row["id"] for row in found] == [pk]
        assert "钓鱼" in sales.get(f"/contacts/{pk}/").content.decode()
        page = f"/contacts/{pk}/edit/"
        form = sales.get(page).context["form"]
        sent = {
            "name": "李四",
            "cf_birthday": "1981-05-01",
            "cf_hobby": "",
            "version": form["version"].value(),
        }
        assert sales.post(page, sent).status_code == 422
        assert sales.post(page, sent | {"cf_hobby": "跑步"}).status_code == 302
        assert Contact.objects.get(pk=pk).custom == {"birthday": "1981-05-01", "hobby": "跑步"}


class TestChanges:
    def test_each_value_is_recorded_by_itself_and_read_by_its_label(self, company):
        field("choice", "level", options=OPTIONS)
        field("number", "seats", decimals=0)
        customer = make_customer(company.sales1, name="华星", custom={"level": "gold", "seats": "5"})
        update_customer(customer, actor=actor(company.sales1), custom={"level": "iron"})
        event = Event.objects.get(name="customer.updated")
        assert event.changes == {"cf_level": ["gold", "iron"]}
        assert event.title == "Field level: Gold → 铁牌"
        archive_field(CustomField.objects.get(key="level"), actor=SYSTEM)
        assert event.title == "Field level: Gold → 铁牌"

    def test_the_audit_log_names_the_field_and_the_schema_its_filters(self, company):
        field("choice", "level", options=OPTIONS)
        field("number", "seats", decimals=0)
        customer = make_customer(company.sales1, name="华星", custom={"seats": "5", "level": "gold"})
        update_customer(customer, actor=actor(company.sales1), custom={"seats": "6", "level": "iron"})
        admin = browser(company, "admin")
        text = admin.get("/settings/events/").content.decode()
        assert "Field seats: 5 → 6" in text and "Field level: Gold → 铁牌" in text
        listed = admin.get("/api/v1/schema/?format=json").json()["paths"]["/api/v1/customers/"]["get"]
        assert {"cf_seats_min", "cf_seats_max", "cf_level"} <= {one["name"] for one in listed["parameters"]}

    def test_a_page_asks_once_for_each_kind_it_links_to(self, company):
        for key in ("one", "two", "three"):
            field("user", key)
        people = {"one": company.sales1.pk, "two": company.sales2.pk, "three": company.manager1.pk}
        plain = make_customer(company.sales1, name="空白")
        linked = make_customer(company.sales1, name="华星", custom=people)
        sales = browser(company, "sales1")
        counts = []
        for customer in (plain, plain, linked):
            with CaptureQueriesContext(connection) as found:
                assert sales.get(f"/customers/{customer.pk}/").status_code == 200
            counts.append(len(found))
        assert counts[2] <= counts[1] + 1

    def test_an_unchanged_value_writes_nothing(self, company):
        field("number", "seats")
        customer = make_customer(company.sales1, name="华星", custom={"seats": "5"})
        same = update_customer(customer, actor=SYSTEM, custom={"seats": "5.00"})
        assert same.version == customer.version and not Event.objects.filter(name="customer.updated").exists()

    def test_the_second_editor_is_shown_both_values(self, company):
        field("choice", "level", options=OPTIONS)
        customer = make_customer(company.sales1, name="华星", custom={"level": "gold"})
        update_customer(customer, actor=SYSTEM, custom={"level": "iron"})
        answer = browser(company, "sales1").post(
            f"/customers/{customer.pk}/edit/", {"name": "华星", "kind": "company", "cf_level": "gold", "website": "a.com", "version": customer.version}
        )  # fmt: skip
        assert answer.status_code == 409
        assert "铁牌" in answer.content.decode() and "Gold" in answer.content.decode()

    def test_archived_values_are_gone_from_every_door_and_come_back(self, company):
        one = field("text", "note", in_list=True)
        customer = make_customer(company.sales1, name="华星", custom={"note": "重要"})
        archive_field(one, actor=SYSTEM)
        call = api(company, "sales1")
        assert call("get", f"customers/{customer.pk}/").json()["custom"] == {}
        assert call("get", "customers/?cf_note=重").status_code == 400
        update_customer(customer, actor=SYSTEM, name="华星二")
        restore_field(one, actor=SYSTEM)
        assert api(company, "sales1")("get", f"customers/{customer.pk}/").json()["custom"] == {"note": "重要"}

    def test_a_saved_view_over_an_archived_field_says_so_instead_of_showing_everything(self, company):
        one = field("text", "note")
        make_customer(company.sales1, name="华星", custom={"note": "重要"})
        sales = browser(company, "sales1")
        sales.post("/customers/views/", {"name": "重点", "query": "cf_note=重要"})
        view = SavedView._base_manager.get(name="重点")
        assert sales.get(f"/customers/?view={view.pk}").status_code == 200
        archive_field(one, actor=SYSTEM)
        assert sales.get(f"/customers/?view={view.pk}").status_code == 400
        assert sales.get("/customers/").status_code == 200


class TestSearch:
    def test_a_searched_field_finds_the_record_and_follows_its_switch(self, company):
        one = field("text", "plate", in_search=True)
        customer = make_customer(company.sales1, name="华星", custom={"plate": "沪A12345"})
        call = api(company, "sales1")

        def found(text):
            return [r["id"] for r in call("get", f"customers/?q={text}").json()["results"]]

        assert found("A123") == found("沪A12345") == [customer.pk]
        update_customer(customer, actor=SYSTEM, custom={"plate": "苏B99999"})
        assert found("A123") == [] and found("苏B999") == [customer.pk]
        update_field(one, actor=SYSTEM, in_search=False)
        follow_fields()
        assert found("苏B999") == []
        late = update_field(one, actor=SYSTEM, in_search=True)
        assert not late.search_ready
        assert [r["id"] for r in call("get", "customers/?cf_plate=B999").json()["results"]] == [customer.pk]
        follow_fields()
        assert found("苏B999") == [customer.pk]


class TestLists:
    def test_a_list_costs_no_more_statements_with_custom_fields(self, company, django_assert_max_num_queries):
        for number in range(5):
            make_customer(company.sales1, name=f"客户{number}")
        sales = browser(company, "sales1")
        sales.get("/customers/")
        with CaptureQueriesContext(connection) as before:
            sales.get("/customers/")
        for kind in ("text", "number", "choice", "date"):
            field(kind, kind, **({"options": OPTIONS} if kind == "choice" else {}), in_list=True)
        sales.get("/customers/")
        with CaptureQueriesContext(connection) as after:
            sales.get("/customers/?sort=cf_number&cf_choice=gold")
        assert len(after) <= len(before) and len(after) <= 12

    def test_choices_sort_in_the_order_of_their_options(self, company):
        field("choice", "level", options=OPTIONS)
        pks = {
            key: make_customer(company.sales1, name=key, custom={"level": key}).pk for key in ("iron", "gold")
        }
        call = api(company, "sales1")
        rows = call("get", "customers/?sort=cf_level").json()["results"]
        assert [row["id"] for row in rows] == [pks["gold"], pks["iron"]]

    def test_the_index_of_a_field_is_made_kept_and_dropped(self, company):
        def indexes():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'cf\\_%' ORDER BY indexname"
                )
                return [row[0] for row in cursor.fetchall()]

        one = field("choice", "level", options=OPTIONS)
        follow_fields()
        assert len(indexes()) == 3 and all("array_position" in text for text in indexes())
        first = indexes()
        follow_fields()
        assert indexes() == first
        one.refresh_from_db()
        update_field(one, actor=SYSTEM, options=list(reversed(OPTIONS)))
        follow_fields()
        assert len(indexes()) == 3 and indexes() != first
        archive_field(CustomField.objects.get(), actor=SYSTEM)
        follow_fields()
        assert indexes() == []

    @pytest.mark.parametrize(
        "arguments",
        [
            ("identity_user", "x", "text", [], ""),
            ("accounts_customer", "x') OR 1", "text", [], ""),
            ("accounts_customer", "x", "sql", [], ""),
            ("accounts_customer", "x", "rank", ["a'b"], ""),
            ("accounts_customer", "x", "text", [], "id"),
            ("pg_class", "x", "text", [], ""),
        ],
    )
    def test_the_function_of_the_owner_makes_nothing_else(self, arguments):
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT custom_field_index(%s, %s, %s, %s::text[], %s, true)", arguments)
