"""The pages and the API with which administrators make fields."""

import json

import pytest
from django.test import Client

from crm.identity.services import create_token
from crm.identity.tests.factories import SYSTEM, make_company
from crm.records.models import CustomField, RecordSection
from crm.records.services.custom_fields import create_field, create_section

pytestmark = pytest.mark.django_db
CUSTOMER = "accounts.customer"
OPTIONS = {
    "option_key": ["", "", ""],
    "option_zh": ["金牌", "银牌", ""],
    "option_en": ["Gold", "Silver", ""],
    "option_colour": ["amber", "grey", "grey"],
    "option_state": ["", "", ""],
}


@pytest.fixture
def company():
    return make_company()


@pytest.fixture
def admin(company):
    client = Client()
    client.force_login(company.admin)
    return client


def add(admin, **values):
    return admin.post(f"/settings/fields/add/?model={CUSTOMER}", values)


class TestFieldPages:
    def test_an_administrator_adds_a_choice_with_options(self, admin):
        answer = add(
            admin, label_zh="会员等级", label_en="Member level", kind="choice", in_list="on", **OPTIONS
        )
        assert answer.status_code == 302
        one = CustomField.objects.get()
        assert (one.key, one.kind, one.in_list) == ("member_level", "choice", True)
        assert [(o["key"], o["label_zh"], o["colour"]) for o in one.options] == [
            ("gold", "金牌", "amber"),
            ("silver", "银牌", "grey"),
        ]
        page = admin.get("/settings/fields/").content.decode()
        assert "Member level" in page

    def test_a_condition_takes_the_words_people_see_and_no_others(self, admin):
        add(admin, label_zh="会员等级", label_en="Member level", kind="choice", **OPTIONS)
        condition = {"shown_field": "cf_member_level", "shown_operator": "is"}
        asked = {"label_zh": "乙", "kind": "text", "key": "two", **condition}
        answer = add(admin, **asked, shown_values="Gold, platinum")
        [why] = answer.context["form"].errors["shown_values"]
        assert answer.status_code == 422 and "platinum" in why and "Gold" in why and "Silver" in why
        kind = {"required_field": "kind", "required_operator": "is_not"}
        answer = add(admin, **asked, shown_values="Gold", **kind, required_values="nonsense")
        assert answer.status_code == 422 and "required_values" in answer.context["form"].errors
        answer = add(admin, **asked, shown_values="Gold、银牌", **kind, required_values="Person")
        assert answer.status_code == 302
        one = CustomField.objects.get(key="two")
        assert one.shown_when["values"] == ["gold", "silver"] and one.required_when["values"] == ["person"]
        form = admin.get(f"/settings/fields/{one.pk}/").context["form"]
        assert (form["shown_values"].value(), form["required_values"].value()) == ("Gold, Silver", "Person")

    def test_what_cannot_be_is_said_at_its_place(self, admin):
        answer = add(admin, label_zh="", label_en="", kind="text")
        assert answer.status_code == 422 and "label_zh" in answer.context["form"].errors
        answer = add(admin, label_zh="等级", kind="choice")
        assert answer.status_code == 422 and "Add at least one option" in answer.content.decode()
        create_field(model=CUSTOMER, kind="text", label_zh="甲", key="one", actor=SYSTEM)
        answer = add(admin, label_zh="乙", kind="text", key="one")
        assert answer.status_code == 422 and "key" in answer.context["form"].errors
        assert CustomField.objects.count() == 1

    def test_renaming_and_retiring_an_option_keeps_its_key(self, admin):
        add(admin, label_zh="等级", kind="choice", **OPTIONS)
        one = CustomField.objects.get()
        sent = {
            "label_zh": "客户等级",
            "version": one.version,
            "option_key": ["silver", "gold"],
            "option_zh": ["白银", "金牌"],
            "option_en": ["", ""],
            "option_colour": ["grey", "amber"],
            "option_state": ["", "retired"],
        }
        assert admin.post(f"/settings/fields/{one.pk}/", sent).status_code == 302
        one.refresh_from_db()
        assert [(o["key"], o["label_zh"], o.get("retired", False)) for o in one.options] == [
            ("silver", "白银", False),
            ("gold", "金牌", True),
        ]

    def test_an_outdated_form_overwrites_nothing(self, admin):
        one = create_field(model=CUSTOMER, kind="text", label_zh="甲", key="one", actor=SYSTEM)
        answer = admin.post(f"/settings/fields/{one.pk}/", {"label_zh": "乙", "version": one.version + 1})
        assert answer.status_code == 422
        assert CustomField.objects.get().label_zh == "甲"

    def test_archiving_and_restoring(self, admin):
        one = create_field(model=CUSTOMER, kind="text", label_zh="甲", key="one", actor=SYSTEM)
        assert admin.post(f"/settings/fields/{one.pk}/archive/").status_code == 302
        assert CustomField.objects.get().archived_at is not None
        assert admin.post(f"/settings/fields/{one.pk}/restore/").status_code == 302
        assert CustomField.objects.get().archived_at is None

    def test_sections_are_made_arranged_and_deleted(self, admin):
        one = create_field(model=CUSTOMER, kind="text", label_zh="甲", key="one", actor=SYSTEM)
        assert (
            admin.post(f"/settings/fields/sections/add/?model={CUSTOMER}", {"label_zh": "合同"}).status_code
            == 302
        )
        first = RecordSection.objects.get()
        second = create_section(model=CUSTOMER, label_zh="开票", actor=SYSTEM)
        order = [
            f"section:{second.pk}",
            "field:website",
            f"section:{first.pk}",
            f"field:{one.name}",
            "field:password",
        ]
        admin.post("/settings/fields/arrange/", {"model": CUSTOMER, "order": order})
        sections = RecordSection.objects.filter(position__gt=0)
        rows = {s.pk: (s.position, s.fields) for s in sections}
        assert rows == {second.pk: (1, ["website"]), first.pk: (2, ["cf_one"])}
        admin.post(
            "/settings/fields/arrange/", {"model": CUSTOMER, "order": order, "move": "field:cf_one:up"}
        )
        assert RecordSection.objects.get(pk=second.pk).fields == ["website", "cf_one"]
        admin.post(f"/settings/fields/sections/{second.pk}/delete/")
        assert sections.get().pk == first.pk
        moved = ["field:phone", "field:uscc", f"section:{first.pk}"]
        admin.post("/settings/fields/arrange/", {"model": CUSTOMER, "order": moved})
        assert RecordSection.objects.get(position=0).fields == ["phone", "uscc"]


class TestFieldApi:
    def call(self, company, who, method, path, data=None, **headers):
        _token, secret = create_token(getattr(company, who), name="t", actor=SYSTEM)
        body = {"content_type": "application/json"} if data is not None else {}
        arguments = [json.dumps(data)] if data is not None else []
        headers |= {"Authorization": f"Bearer {secret}"}
        return getattr(Client(), method)(f"/api/v1/{path}", *arguments, **body, headers=headers)

    def test_define_change_archive(self, company):
        made = self.call(
            company, "admin", "post", "custom-fields/",
            {"model": CUSTOMER, "kind": "choice", "label_zh": "等级", "key": "level",
             "options": [{"label_zh": "金", "label_en": "Gold"}, {"key": "s", "label_zh": "银"}]},
        )  # fmt: skip
        assert made.status_code == 201, made.json()
        body = made.json()
        assert [o["key"] for o in body["options"]] == ["gold", "s"]
        changed = self.call(
            company,
            "admin",
            "patch",
            f"custom-fields/{body['id']}/",
            {"label_zh": "级别", "version": body["version"]},
        )
        assert changed.status_code == 200 and changed.json()["label_zh"] == "级别"
        wrong = self.call(
            company, "admin", "patch", f"custom-fields/{body['id']}/", {"kind": "text"}, **{"If-Match": "*"}
        )
        assert wrong.status_code == 400 and "kind" in wrong.json()["errors"]
        gone = self.call(company, "admin", "delete", f"custom-fields/{body['id']}/", **{"If-Match": "*"})
        assert gone.status_code == 204 and CustomField.objects.get().archived_at is not None

    def test_only_administrators_define(self, company):
        for who in ("sales1", "manager1", "exec"):
            answer = self.call(
                company, who, "post", "custom-fields/", {"model": CUSTOMER, "kind": "text", "label_zh": "x"}
            )
            assert answer.status_code == 403
        assert not CustomField.objects.exists()

    @pytest.mark.parametrize(
        ("wrong", "where"),
        [
            ({"kind": "nonsense"}, "kind"),
            ({"model": "auth.group"}, "model"),
            ({"key": "Select *"}, "key"),
            ({"key": "x'); drop table--"}, "key"),
            ({"kind": "choice", "options": []}, "options"),
            ({"kind": "choice", "options": [{"key": "a' b", "label_zh": "x"}]}, "options"),
            ({"kind": "money", "currency": "¥"}, "currency"),
            ({"kind": "record", "target": "identity.role"}, "target"),
            ({"kind": "boolean", "unique": True}, "unique"),
            ({"visible_to": ["nobody"]}, "visible_to"),
            ({"kind": "number", "default": "many"}, "default"),
            ({"shown_when": {"field": "password", "operator": "is", "values": ["x"]}}, "shown_when"),
        ],
    )
    def test_wrong_definitions_are_refused(self, company, wrong, where):
        data = {"model": CUSTOMER, "kind": "text", "label_zh": "字段"} | wrong
        answer = self.call(company, "admin", "post", "custom-fields/", data)
        assert answer.status_code == 400, answer.content
        assert where in answer.json()["errors"]
        assert not CustomField.objects.exists()
