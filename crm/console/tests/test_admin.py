"""The administration: for administrators only, every write through a service, no way to more rights."""

import datetime
from decimal import Decimal

import pytest

from crm.events.models import Event
from crm.identity import services
from crm.identity.models import Role, RolePolicy, TeamUserGrant, User
from crm.identity.tests.factories import SYSTEM, fresh
from crm.records.models import ExchangeRate
from crm.records.queries import currencies, rate_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client, company):
    client.force_login(company.admin)
    return client


def test_being_staff_alone_opens_nothing(client, company):
    User.objects.filter(pk=company.sales1.pk).update(is_staff=True)
    client.force_login(fresh(company.sales1))
    assert client.get("/admin/identity/user/", follow=True).status_code == 403
    form = {"name": "x", "role": Role.objects.get(slug="admin").pk}
    client.post(f"/admin/identity/user/{company.sales1.pk}/change/", form)
    assert fresh(company.sales1).role.slug == "salesperson"


def test_there_is_no_second_log_in_form(client, company):
    response = client.get("/admin/login/?next=/admin/")
    assert response.headers["Location"].startswith("/auth/login/")
    client.post("/admin/login/", {"username": "admin", "password": "a-good-password-1"})
    assert not client.get("/admin/").wsgi_request.user.is_authenticated


def test_groups_and_permissions_are_not_edited_behind_the_roles(admin):
    assert admin.get("/admin/auth/group/").status_code == 404
    page = admin.get(
        f"/admin/identity/user/{User.objects.get(username='sales1').pk}/change/"
    ).content.decode()
    for field in ("is_superuser", "is_staff", "user_permissions", "groups", 'name="password"'):
        assert field not in page


def test_a_forged_form_gives_no_more_rights(admin, company):
    user = company.sales1
    form = {"name": "Lin", "role": user.role_id, "team": user.team_id, "is_superuser": "on", "is_staff": "on"}
    assert admin.post(f"/admin/identity/user/{user.pk}/change/", form).status_code == 302
    changed = fresh(user)
    assert changed.name == "Lin" and not changed.is_superuser and not changed.is_staff
    event = Event.objects.filter(name="user.updated").latest("pk")
    assert event.origin == "admin" and event.changes["name"] == ["Sales1", "Lin"]


def test_forged_list_editing_changes_nothing(admin, company):
    user = company.sales1
    before = Event.objects.count()
    form = {
        "form-TOTAL_FORMS": 1,
        "form-INITIAL_FORMS": 1,
        "form-0-id": user.pk,
        "form-0-role": 1,
        "_save": "Save",
    }
    admin.post("/admin/identity/user/", form)
    admin.post(
        "/admin/identity/user/", {"action": "delete_selected", "_selected_action": [user.pk], "post": "yes"}
    )
    assert fresh(user).role.slug == "salesperson" and Event.objects.count() == before


def test_an_administrator_cannot_change_the_own_role(admin, company):
    form = {"name": "Admin", "role": Role.objects.get(slug="finance").pk}
    admin.post(f"/admin/identity/user/{company.admin.pk}/change/", form)
    assert fresh(company.admin).role.slug == "admin"


def policies_form(role):
    form = {"name_zh": role.name_zh, "name_en": role.name_en, "export_cap": "77", "position": role.position}
    rows = list(role.policies.all())
    form |= {
        "policies-TOTAL_FORMS": len(rows) + 1,
        "policies-INITIAL_FORMS": len(rows),
        "policies-MIN_NUM_FORMS": 0,
        "field_rights-TOTAL_FORMS": 0,
        "field_rights-INITIAL_FORMS": 0,
        "policies-MAX_NUM_FORMS": 1000,
    }
    for number, row in enumerate(rows):
        form |= {
            f"policies-{number}-id": row.pk,
            f"policies-{number}-role": role.pk,
            f"policies-{number}-model": row.model,
            f"policies-{number}-verbs": row.verbs,
            f"policies-{number}-scope": row.scope,
        }
    form |= {
        f"policies-{len(rows)}-id": "",
        f"policies-{len(rows)}-model": "",
        f"policies-{len(rows)}-scope": "own",
    }
    return form


def test_fields_are_restricted_and_only_those_that_can_be(admin, company):
    role = Role.objects.get(slug="salesperson")
    row = {"id": "", "role": role.pk, "model": "accounts.customer", "field": "phone", "level": "masked"}
    form = policies_form(role) | {"field_rights-TOTAL_FORMS": 1}
    form |= {f"field_rights-0-{name}": value for name, value in row.items()}
    url = f"/admin/identity/role/{role.pk}/change/"
    assert admin.post(url, form | {"field_rights-0-field": "name"}).status_code == 200
    assert admin.post(url, form).status_code == 302
    assert [(r.field, r.level) for r in role.field_rights.all()] == [("phone", "masked")]


def test_rights_are_check_boxes_and_hold_at_once(admin, company):
    role = Role.objects.get(slug="salesperson")
    form = policies_form(role)
    number = [p.model for p in role.policies.all()].index("identity.team")
    form[f"policies-{number}-verbs"] = ["view", "change"]
    response = admin.post(f"/admin/identity/role/{role.pk}/change/", form)
    assert response.status_code == 302, response.context["errors"]
    assert fresh(company.sales1).has_perm("identity.change_team")
    assert Role.objects.get(pk=role.pk).export_cap == 77
    names = set(Event.objects.filter(origin="admin").values_list("name", flat=True))
    assert names == {"role.updated"}


def test_an_unknown_verb_is_refused(admin, company):
    role = Role.objects.get(slug="salesperson")
    form = policies_form(role)
    number = [p.model for p in role.policies.all()].index("identity.team")
    form[f"policies-{number}-verbs"] = ["view", "fly"]
    assert admin.post(f"/admin/identity/role/{role.pk}/change/", form).status_code == 200
    assert RolePolicy.objects.get(role=role, model="identity.team").verbs == ["view"]


def test_the_last_administrators_role_keeps_its_right(admin):
    role = Role.objects.get(slug="admin")
    form = policies_form(role)  # the box is not ticked
    admin.post(f"/admin/identity/role/{role.pk}/change/", form, follow=True)
    assert Role.objects.get(slug="admin").is_administrator


def test_the_tree_and_its_permissions_are_edited_through_the_services(admin, company):
    form = {
        "name": "East China",
        "parent": company.sales.pk,
        "leader": company.manager1.pk,
        "user_grants-TOTAL_FORMS": 1,
        "user_grants-INITIAL_FORMS": 0,
        "user_grants-MIN_NUM_FORMS": 0,
        "user_grants-MAX_NUM_FORMS": 1000,
        "user_grants-0-id": "",
        "user_grants-0-content_object": company.east.pk,
        "user_grants-0-user": company.sales3.pk,
        "user_grants-0-permission": TeamUserGrant._meta.get_field("permission")
        .related_model.objects.get(codename="view_records")
        .pk,
    }
    response = admin.post(f"/admin/identity/team/{company.east.pk}/change/", form)
    assert response.status_code == 302, response.context["errors"]
    assert TeamUserGrant.objects.get(user=company.sales3).source == "manual"
    names = set(Event.objects.filter(origin="admin").values_list("name", flat=True))
    assert names == {"team.updated", "team.access_granted"}


def test_a_team_cannot_be_put_below_itself(admin, company):
    form = {
        "name": "Sales",
        "parent": company.east.pk,
        "user_grants-TOTAL_FORMS": 0,
        "user_grants-INITIAL_FORMS": 0,
    }
    admin.post(f"/admin/identity/team/{company.sales.pk}/change/", form)
    company.sales.refresh_from_db()
    assert company.sales.parent == company.company


def test_the_theme_s_scripts_run_under_a_policy_of_their_own(admin):
    policy = admin.get("/admin/").headers["Content-Security-Policy"]
    assert "'unsafe-eval'" in policy and "default-src 'self'" in policy
    assert "'unsafe-eval'" not in admin.get("/settings/").headers["Content-Security-Policy"]


def test_reference_data_is_to_look_at(admin):
    assert admin.get("/admin/records/region/add/").status_code == 403


def test_deactivated_administrators_are_out(client, company):
    client.force_login(company.admin)
    services.create_user("second", name="Second", role=Role.objects.get(slug="admin"), actor=SYSTEM)
    services.deactivate_user(company.admin, actor=SYSTEM)
    assert client.get("/admin/").status_code == 302


def test_a_currency_is_there_once_it_has_a_rate(admin, company):
    add, usd = (
        "/admin/records/exchangerate/add/",
        {"currency": " usd", "valid_from_date": "2026-01-01", "rate": "7.1"},
    )
    assert admin.post(add, usd).status_code == 302
    assert currencies() == ["CNY", "USD"] and rate_on("USD", datetime.date(2026, 3, 1)) == Decimal("7.1")
    (row,) = ExchangeRate.objects.all()
    assert admin.post(f"/admin/records/exchangerate/{row.pk}/change/", {"rate": "7.05"}).status_code == 302
    assert rate_on("USD", datetime.date(2026, 3, 1)) == Decimal("7.05")
    told = Event.objects.filter(subject_type="records.exchangerate").order_by("pk")
    assert [(one.origin, one.payload["rate"]) for one in told] == [("admin", "7.1"), ("admin", "7.05")]
    assert "A rate is greater than 0." in admin.post(add, usd | {"rate": "-3"}).content.decode()
    for wrong in ({"currency": "CNY"}, {"rate": "0"}, {"currency": "dollar"}):
        admin.post(add, usd | wrong)
    assert ExchangeRate.objects.count() == 1 and rate_on("USD", datetime.date(2026, 3, 1)) == Decimal("7.05")
    assert "/admin/records/exchangerate/" in admin.get("/settings/").content.decode()


def test_rates_are_not_for_everybody(client, company):
    client.force_login(company.sales1)
    assert client.get("/admin/records/exchangerate/add/", follow=True).status_code == 403
