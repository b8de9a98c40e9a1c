"""Who sees and edits a custom field, when it is there, and when its values may not repeat."""

import json

import pytest
from django.db import OperationalError, connection, connections, transaction

from accounts.models import Customer
from accounts.services import delete_customer, restore_customer, update_customer
from accounts.tests.custom_tools import api, browser, field
from accounts.tests.factories import make_customer
from accounts.tests.import_tools import run, xlsx
from crm.core.writes import RuleBroken
from crm.events.models import Event
from crm.identity.tests.factories import SYSTEM, Company, actor, make_company
from crm.records.services.custom_fields import update_field

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company()


class TestRights:
    """Who may not see a field finds it nowhere; who may only read it cannot write it through any door."""

    @pytest.fixture
    def customer(self, company):
        field("text", "secret", visible_to=["sales_manager"], in_list=True)
        field("text", "fixed", editable_by=["sales_manager"], in_list=True)
        return make_customer(company.sales1, name="华星", custom={"secret": "底价八折", "fixed": "已核"})

    def test_hidden_everywhere(self, company, customer):
        sales, call = browser(company, "sales1"), api(company, "sales1")
        for page in (
            "",
            f"{customer.pk}/",
            f"{customer.pk}/edit/",
            "filters/",
            "columns/",
            f"{customer.pk}/peek/",
        ):
            text = sales.get(f"/customers/{page}").content.decode()
            assert "底价八折" not in text and "secret" not in text, page
        assert "secret" not in call("get", f"customers/{customer.pk}/").json()["custom"]
        for query in ("cf_secret=底价", "sort=cf_secret"):
            assert sales.get(f"/customers/?{query}").status_code == 400
            assert call("get", f"customers/?{query}").status_code == 400
        assert sales.get(f"/customers/{customer.pk}/fields/cf_secret/").status_code == 404
        refused = call(
            "patch", f"customers/{customer.pk}/", {"custom": {"secret": "x"}, "version": customer.version}
        )
        assert refused.status_code == 400
        assert call("get", "customers/?q=底价八折").json()["results"] == []
        assert Customer.objects.get(pk=customer.pk).custom["secret"] == "底价八折"

    def test_read_only_everywhere(self, company, customer):
        sales, call = browser(company, "sales1"), api(company, "sales1")
        assert "已核" in sales.get(f"/customers/{customer.pk}/").content.decode()
        assert call("get", f"customers/{customer.pk}/").json()["custom"] == {"fixed": "已核"}
        assert "cf_fixed" not in sales.get(f"/customers/{customer.pk}/edit/").context["form"].fields
        assert sales.get(f"/customers/{customer.pk}/fields/cf_fixed/").status_code == 404
        refused = call(
            "patch", f"customers/{customer.pk}/", {"custom": {"fixed": "x"}, "version": customer.version}
        )
        assert refused.status_code == 400
        sales.post(
            f"/customers/{customer.pk}/edit/",
            {"name": "华星", "kind": "company", "cf_fixed": "x", "version": customer.version},
        )
        assert Customer.objects.get(pk=customer.pk).custom["fixed"] == "已核"

    def test_who_may_may(self, company, customer):
        call = api(company, "manager1")
        answer = call(
            "patch",
            f"customers/{customer.pk}/",
            {"custom": {"secret": "七折", "fixed": None}, "version": customer.version},
        )
        assert answer.status_code == 200 and answer.json()["custom"] == {"secret": "七折", "fixed": None}
        assert api(company, "admin")("get", f"customers/{customer.pk}/").json()["custom"]["secret"] == "七折"

    def test_an_import_fills_only_what_the_importer_may(self, company, customer):
        job = run(
            company.sales1,
            xlsx(["客户名称", "字段secret", "字段fixed"], ["华星", "x", "x"]),
            mode="update",
            key="name",
        )
        assert set(job.mapping.values()) == {"name"}
        assert Customer.objects.get(pk=customer.pk).custom == {"secret": "底价八折", "fixed": "已核"}

    def test_the_timeline_does_not_tell(self, company, customer):
        update_customer(customer, actor=actor(company.manager1), custom={"secret": "五折"})
        event = Event.objects.get(name="customer.updated")
        assert event.private["cf_secret"] == ["底价八折", "五折"] and not event.changes
        text = browser(company, "sales1").get(f"/customers/{customer.pk}/timeline/").content.decode()
        assert "五折" not in text and "secret" not in text


class TestConditions:
    def test_shown_and_required_when(self, company):
        field(
            "choice",
            "way",
            options=[{"key": "agent", "label_zh": "代理"}, {"key": "direct", "label_zh": "直销"}],
        )
        when = {"field": "cf_way", "operator": "is", "values": ["agent"]}
        field("text", "agent", shown_when=when, required_when=when)
        call = api(company, "sales1")
        assert call("post", "customers/", {"name": "甲公司", "custom": {"way": "direct"}}).status_code == 201
        missing = call("post", "customers/", {"name": "乙公司", "custom": {"way": "agent"}})
        assert missing.status_code == 400 and "agent" in missing.json()["errors"]["custom"]
        made = call("post", "customers/", {"name": "丙公司", "custom": {"way": "agent", "agent": "小李"}})
        assert made.status_code == 201
        sales = browser(company, "sales1")
        assert "Field agent" in sales.get(f"/customers/{made.json()['id']}/").content.decode()
        direct = Customer.objects.get(name="甲公司")
        assert "Field agent" not in sales.get(f"/customers/{direct.pk}/").content.decode()
        values = {
            "name": "甲公司",
            "kind": "company",
            "cf_way": "agent",
            "cf_agent": "",
            "version": direct.version,
        }
        answer = sales.post(f"/customers/{direct.pk}/edit/", values)
        assert answer.status_code == 422 and "cf_agent" in answer.context["form"].errors
        answer = sales.post(f"/customers/{direct.pk}/edit/", values | {"cf_way": "direct"})
        assert answer.status_code == 302

    def test_a_condition_on_a_built_in_field(self, company):
        field(
            "text",
            "id_note",
            shown_when={"field": "kind", "operator": "is", "values": ["person"]},
            required=True,
        )
        call = api(company, "sales1")
        assert call("post", "customers/", {"name": "某公司", "kind": "company"}).status_code == 201
        assert call("post", "customers/", {"name": "王小明", "kind": "person"}).status_code == 400

    def test_what_is_not_there_cannot_be_edited_in_place(self, company):
        when = {"field": "kind", "operator": "is", "values": ["person"]}
        field("text", "id_note", shown_when=when)
        customer = make_customer(company.sales1, name="某公司")
        page = f"/customers/{customer.pk}/fields/cf_id_note/"
        sales = browser(company, "sales1")
        assert sales.get(page).status_code == 404
        assert sales.post(page, {"cf_id_note": "x", "version": customer.version}).status_code == 404
        assert Customer.objects.get().custom == {}

    def test_an_edit_in_place_is_undone(self, company):
        field(
            "choice",
            "way",
            options=[{"key": "agent", "label_zh": "代理"}, {"key": "direct", "label_zh": "直销"}],
        )
        customer = make_customer(company.sales1, name="某公司", custom={"way": "agent"})
        sales, htmx = browser(company, "sales1"), {"HX-Request": "true"}
        saved = sales.post(
            f"/customers/{customer.pk}/fields/cf_way/", {"cf_way": "direct", "version": customer.version}, headers=htmx
        )  # fmt: skip
        undo = json.loads(saved.headers["HX-Trigger"])["toast"]["undo_url"]
        assert Customer.objects.get().custom == {"way": "direct"}
        sales.post(undo, headers=htmx)
        assert Customer.objects.get().custom == {"way": "agent"}

    def test_required_is_asked_of_a_new_record_and_when_it_would_be_emptied(self, company):
        old = make_customer(company.sales1, name="老客户")
        one = field("text", "need", required=True)
        call = api(company, "sales1")
        assert call("post", "customers/", {"name": "新客户"}).status_code == 400
        renamed = call("patch", f"customers/{old.pk}/", {"name": "老客户二", "version": old.version})
        assert renamed.status_code == 200  # an old record is not held up by a new rule
        version = renamed.json()["version"]
        assert (
            call("patch", f"customers/{old.pk}/", {"custom": {"need": ""}, "version": version}).status_code
            == 400
        )
        update_field(one, actor=SYSTEM, default="无")
        assert call("post", "customers/", {"name": "新客户"}).json()["custom"] == {"need": "无"}


class TestUnique:
    def test_two_records_never_share_a_value(self, company):
        field("text", "card", unique=True)
        call = api(company, "sales1")
        assert call("post", "customers/", {"name": "甲公司", "custom": {"card": "A1"}}).status_code == 201
        again = call("post", "customers/", {"name": "乙公司", "custom": {"card": " A1 "}})
        assert again.status_code == 400 and "card" in again.json()["errors"]["custom"]
        first = Customer.objects.get()
        same = call("patch", f"customers/{first.pk}/", {"custom": {"card": "A1"}, "version": first.version})
        assert same.status_code == 200

    def test_the_bin_frees_a_value_and_reports_the_conflict_on_the_way_back(self, company):
        field("text", "card", unique=True)
        first = make_customer(company.sales1, name="甲公司", custom={"card": "A1"})
        delete_customer(first, actor=SYSTEM)
        make_customer(company.sales1, name="乙公司", custom={"card": "A1"})
        with pytest.raises(RuleBroken):
            restore_customer(first, actor=SYSTEM)

    def test_a_file_with_a_taken_or_repeated_value_fails_by_row(self, company):
        field("text", "card", unique=True)
        make_customer(company.sales1, name="甲公司", custom={"card": "A1"})
        job = run(
            company.sales1,
            xlsx(["客户名称", "Field card"], ["乙公司", "A1"], ["丙公司", "A2"], ["丁公司", "A2"]),
        )
        assert job.counts["created"] == 1 and job.counts["failed"] == 2
        assert Customer.objects.get(name="丙公司").custom == {"card": "A2"}

    def test_a_field_with_doubles_does_not_become_unique(self, company):
        one = field("text", "card")
        for name in ("甲公司", "乙公司"):
            make_customer(company.sales1, name=name, custom={"card": "A1"})
        with pytest.raises(RuleBroken):
            update_field(one, actor=SYSTEM, unique=True)

    def test_a_second_writer_waits_for_the_first(self, company):
        """The value is held until the transaction ends; here somebody else holds it and does not let go."""
        field("text", "card", unique=True)
        other = connections.create_connection("default")
        other.inc_thread_sharing()
        try:
            with other.cursor() as theirs, connection.cursor() as ours:
                theirs.execute("BEGIN")
                theirs.execute(
                    "SELECT pg_advisory_xact_lock(hashtextextended('custom:accounts.customer:card:A1', 0))"
                )
                ours.execute("SET LOCAL lock_timeout = '200ms'")
                with pytest.raises(OperationalError), transaction.atomic():
                    make_customer(company.sales1, name="甲公司", custom={"card": "A1"})
                make_customer(company.sales1, name="乙公司", custom={"card": "A2"})  # others go on
        finally:
            other.close()


class TestMasked:
    """A custom field seen in part: everywhere the same part, nothing found by it, whole with a reason that is kept."""

    WHOLE, PART, MIDDLE = "13805762218", "138****2218", "05762218"

    @pytest.fixture
    def customer(self, company):
        field("phone", "hotline", masked_for=["salesperson"], in_list=True, in_search=True)
        field("text", "plain", in_list=True)
        custom = {"hotline": "+8613805762218", "plain": "看得见"}
        return make_customer(company.sales1, name="华星", custom=custom)

    def test_every_door_shows_the_same_part(self, company, customer):
        sales, call = browser(company, "sales1"), api(company, "sales1")
        for page in (
            "",
            f"{customer.pk}/",
            f"{customer.pk}/edit/",
            f"{customer.pk}/peek/",
            f"{customer.pk}/sheet/",
            f"{customer.pk}/timeline/",
            "?export=csv",
        ):
            answer = sales.get(f"/customers/{page}")
            text = b"".join(answer).decode() if answer.streaming else answer.content.decode()
            assert answer.status_code == 200 and self.MIDDLE not in text.replace(" ", ""), page
            if page in ("", f"{customer.pk}/", "?export=csv"):
                assert self.PART in text and "看得见" in text, page
        for path in ("customers/", f"customers/{customer.pk}/"):
            assert self.MIDDLE not in call("get", path).content.decode()
        assert call("get", f"customers/{customer.pk}/").json()["custom"]["hotline"] == self.PART
        page = browser(company, "manager1").get(f"/customers/{customer.pk}/").content.decode()
        assert self.MIDDLE in page.replace(" ", "")

    def test_nothing_is_found_narrowed_or_ordered_by_it(self, company, customer):
        sales, call = browser(company, "sales1"), api(company, "sales1")
        for query in ("cf_hotline=138", "sort=cf_hotline", "sort=-cf_hotline"):
            assert sales.get(f"/customers/?{query}").status_code == 400, query
            assert call("get", f"customers/?{query}").status_code == 400, query
            assert api(company, "manager1")("get", f"customers/?{query}").status_code == 200, query
        for text in (self.WHOLE, "0576", "138 0576"):
            assert call("get", f"customers/?q={text}").json()["results"] == []
        assert "cf_hotline" not in sales.get("/customers/filters/").content.decode()

    def test_it_is_written_by_no_door(self, company, customer):
        sales, call = browser(company, "sales1"), api(company, "sales1")
        body = {"custom": {"hotline": "13900000000"}, "version": customer.version}
        assert call("patch", f"customers/{customer.pk}/", body).status_code == 400
        new = {"name": "新客户", "custom": {"hotline": "13900000000"}}
        assert call("post", "customers/", new).status_code == 400
        assert sales.get(f"/customers/{customer.pk}/fields/cf_hotline/").status_code == 404
        changed = call(
            "patch",
            f"customers/{customer.pk}/",
            {"custom": {"plain": "改了"}, "version": customer.version},
        )
        assert changed.status_code == 200 and self.MIDDLE not in changed.content.decode()
        kept = Customer.objects.get(pk=customer.pk).custom
        assert kept == {"hotline": "+8613805762218", "plain": "改了"}
        sheet = xlsx(["客户名称", "字段hotline"], ["华星", "13900000000"])
        job = run(company.sales1, sheet, mode="update", key="name")
        assert set(job.mapping.values()) == {"name"}
        assert Customer.objects.get(pk=customer.pk).custom == kept

    def test_it_is_shown_whole_with_a_reason(self, company, customer):
        from crm.identity import services
        from crm.identity.models import Role

        role = Role.objects.get(slug="salesperson")
        policy = role.policies.get(model="accounts.customer")
        url = f"/reveal/accounts.customer/{customer.pk}/cf_hotline/"
        verbs = [verb for verb in policy.verbs if verb != "reveal"]
        services.save_policies(role, {policy.model: (verbs, policy.scope)}, actor=SYSTEM)
        sales = browser(company, "sales1")
        assert url not in sales.get(f"/customers/{customer.pk}/").content.decode()
        assert sales.post(url, {"reason": "客户要求回电"}).status_code == 403
        services.save_policies(role, {policy.model: ([*verbs, "reveal"], policy.scope)}, actor=SYSTEM)
        sales = browser(company, "sales1")
        assert url in sales.get(f"/customers/{customer.pk}/").content.decode()
        assert "138 0576 2218" in sales.post(url, {"reason": "客户要求回电"}).content.decode()
        event = Event.objects.get(name="field.revealed")
        assert event.payload["field"] == "cf_hotline" and self.MIDDLE not in json.dumps(event.payload)
        call = api(company, "sales1")
        body = {"field": "cf_hotline", "reason": "客户要求回电"}
        assert call("post", f"customers/{customer.pk}/reveal/", body).json()["value"] == "+8613805762218"

    def test_the_definition_makes_sense(self, company):
        for kind, values in (
            ("number", {"masked_for": ["salesperson"]}),
            ("text", {"masked_for": ["nobody"]}),
            ("text", {"masked_for": ["salesperson"], "visible_to": ["finance"]}),
            ("text", {"masked_for": ["salesperson"], "editable_by": ["salesperson"]}),
        ):
            with pytest.raises(RuleBroken):
                field(kind, "wrong", **values)

    def test_an_administrator_sets_it_by_page_and_api(self, company, customer):
        one = customer and field("text", "note2")
        admin = browser(company, "admin")
        form = admin.get(f"/settings/fields/{one.pk}/").context["form"]
        values = {f.html_name: f.value() for f in form if f.value() not in (None, "", False, [])}
        saved = admin.post(f"/settings/fields/{one.pk}/", {**values, "masked_for": ["salesperson"]})
        assert saved.status_code in (200, 204, 302)
        found = api(company, "admin")("get", f"custom-fields/{one.pk}/").json()
        assert found["masked_for"] == ["salesperson"]
