"""Everybody's own settings, and the pages only administrators open."""

import pytest
from django.utils import timezone

from crm.console.models import RecentRecord
from crm.events.models import Event
from crm.identity import services
from crm.identity.models import ApiToken
from crm.identity.tests.factories import SYSTEM, actor, fresh

pytestmark = pytest.mark.django_db

OWN = [
    "/settings/",
    "/settings/password/",
    "/settings/display/",
    "/settings/tokens/",
    "/settings/notifications/",
]
ADMINISTRATORS = [
    "/settings/start/",
    "/settings/organisation/",
    "/settings/organisation/template/",
    "/settings/organisation/import/",
    "/settings/organisation/members/add/",
    "/settings/organisation/teams/add/",
    "/settings/roles/",
    "/settings/roles/add/",
    "/settings/roles/salesperson/",
    "/settings/company/",
    "/settings/calendar/",
    "/settings/tags/",
    "/settings/tags/add/",
    "/settings/events/",
    "/admin/",
    "/admin/identity/role/",
    "/admin/identity/user/",
    "/admin/identity/team/",
    "/admin/identity/teamusergrant/",
    "/admin/records/tag/",
]


@pytest.mark.parametrize("path", OWN)
def test_everybody_opens_their_own_settings(login, company, path):
    assert login(company.sales1).get(path).status_code == 200


@pytest.mark.parametrize("path", ADMINISTRATORS)
def test_administrators_open_everything_and_others_nothing(client, company, path):
    client.force_login(company.admin)
    assert client.get(path).status_code == 200
    for user in (company.exec, company.manager1, company.sales1):
        client.force_login(user)
        assert client.get(path).status_code in (302, 403)  # the administration sends to its own refusal
        assert client.get(path, follow=True).status_code == 403
    client.logout()
    assert client.get(path, follow=True).redirect_chain[-1][0].startswith("/auth/login/")


def test_the_sections_are_those_one_may_open(login, company):
    page = login(company.sales1).get("/settings/").content.decode()
    assert "/settings/tokens/" in page and "/settings/roles/" not in page and "/admin/" not in page
    page = login(company.admin).get("/settings/").content.decode()
    assert "/settings/roles/" in page and "/admin/" in page


def test_sections_are_found_by_what_they_are_about(login, company):
    client = login(company.admin)
    client.post("/i18n/setlang/", {"language": "en"})
    body = client.get("/settings/sections/?section=holidays").content.decode()
    assert "/settings/calendar/" in body and "/settings/tokens/" not in body


def test_the_profile_changes_contact_data_and_nothing_else(login, company):
    client = login(company.sales1)
    form = {
        "name": "林晓雯",
        "email": "LIN@example.com",
        "phone": "138 0571 6620",
        "role": "1",
        "is_staff": "1",
    }
    assert client.post("/settings/", form).status_code == 302
    user = fresh(company.sales1)
    assert (user.name, user.email, user.phone) == ("林晓雯", "lin@example.com", "+8613805716620")
    assert user.role.slug == "salesperson" and not user.is_staff
    assert Event.objects.filter(name="user.updated", actor_id=str(user.pk)).exists()


def test_an_address_somebody_else_has_is_refused(login, company):
    services.update_user(company.sales2, email="taken@example.com", actor=SYSTEM)
    response = login(company.sales1).post("/settings/", {"name": "x", "email": "Taken@example.com"})
    assert response.status_code == 422


def test_display_choices_hold_at_once(login, company):
    client = login(company.sales1)
    form = {"language": "en", "time_zone": "Europe/Berlin", "theme": "dark"}
    assert client.post("/settings/display/", form).status_code == 302
    page = client.get("/settings/display/").content.decode()
    assert 'data-theme="dark"' in page and 'lang="en"' in page and 'data-shortcuts="off"' in page


@pytest.mark.parametrize("form", [{"theme": "neon"}, {"theme": "dark", "time_zone": "Mars/Olympus"}])
def test_nonsense_display_choices_are_refused(login, company, form):
    assert login(company.sales1).post("/settings/display/", form).status_code == 422


def test_a_token_is_shown_once(login, company):
    client = login(company.sales1)
    page = client.post("/settings/tokens/", {"name": "ERP", "read_only": "on", "days": "30"})
    secret = page.context["secret"]
    assert secret and secret in page.content.decode()
    assert services.user_of_token(secret)[1].read_only
    assert secret not in client.get("/settings/tokens/").content.decode()


def test_nobody_revokes_somebody_elses_token(login, company):
    token, secret = services.create_token(company.sales2, name="theirs", actor=actor(company.sales2))
    for user in (company.sales1, company.admin):
        assert login(user).post(f"/settings/tokens/{token.pk}/revoke/").status_code == 404
    assert services.user_of_token(secret)
    assert login(company.sales2).post(f"/settings/tokens/{token.pk}/revoke/").status_code == 302
    assert services.user_of_token(secret) is None and ApiToken.objects.get().revoked_at


def test_changing_the_password_keeps_this_device_and_ends_others(client, company):
    from django.test import Client

    other = Client()
    for browser in (client, other):
        browser.force_login(company.sales1)
    form = {"current": "a-good-password-1", "password": "my-own-secret-7", "again": "my-own-secret-7"}
    assert client.post("/settings/password/", {**form, "again": "else"}).status_code == 422
    assert client.post("/settings/password/", form).status_code == 302
    assert client.get("/settings/").status_code == 200
    assert other.get("/settings/").status_code == 302


def test_the_present_password_cannot_be_guessed_without_end(login, company):
    client = login(company.sales1)
    form = {"current": "wrong", "password": "my-own-secret-7", "again": "my-own-secret-7"}
    codes = [client.post("/settings/password/", form).status_code for _attempt in range(12)]
    assert codes[0] == 422 and codes[-1] == 429


def test_recent_records_are_remembered_only_if_visible(login, company):
    client = login(company.sales1)
    assert client.post("/recent/", {"model": "identity.user", "id": company.sales2.pk}).status_code == 204
    assert client.post("/recent/", {"model": "identity.user", "id": 10**9}).status_code == 404
    assert client.post("/recent/", {"model": "identity.apitoken", "id": 1}).status_code == 404
    assert "Sales2" in client.get("/settings/").content.decode()


def _star(client, user, on="1", **extra):
    return client.post("/starred/", {"model": "identity.user", "id": user.pk, "on": on}, **extra)


def test_a_starred_record_stays_in_the_side_bar_until_the_star_is_off(login, company):
    client = login(company.sales1)
    answer = _star(client, company.sales2, headers={"HX-Request": "true"}).content.decode()
    assert 'aria-pressed="true"' in answer and 'id="side-records"' in answer
    shell = client.get("/settings/").context["shell"]
    assert [one["label"] for one in shell["starred"]] == [str(company.sales2)] and not shell["recent"]
    _star(client, company.sales2, on="0")
    assert not client.get("/settings/").context["shell"]["starred"]


def test_stars_are_everybodys_own_and_only_on_what_one_sees(login, company):
    assert _star(login(company.sales1), company.sales2).status_code == 302
    other = login(company.sales3)
    assert not other.get("/settings/").context["shell"]["starred"]
    assert other.post("/starred/", {"model": "identity.user", "id": 10**9, "on": "1"}).status_code == 404
    assert other.post("/starred/", {"model": "identity.apitoken", "id": 1, "on": "1"}).status_code == 404


def test_a_star_outlives_what_is_only_remembered(login, company):
    client = login(company.sales1)
    _star(client, company.sales2)
    RecentRecord.objects.bulk_create(
        RecentRecord(user=company.sales1, model="accounts.customer", object_id=pk) for pk in range(1, 40)
    )
    client.post("/recent/", {"model": "identity.user", "id": company.sales3.pk})
    left = RecentRecord.objects.filter(user=company.sales1)
    assert left.filter(starred_at__isnull=False).count() == 1 and left.filter(starred_at=None).count() <= 20


def test_fifty_stars_are_enough(login, company):
    RecentRecord.objects.bulk_create(
        RecentRecord(user=company.sales1, model="accounts.customer", object_id=pk, starred_at=timezone.now())
        for pk in range(1, 51)
    )
    answer = _star(login(company.sales1), company.sales2, headers={"HX-Request": "true"})
    assert 'aria-pressed="false"' in answer.content.decode() and "50" in answer["HX-Trigger"]


def test_the_frame_costs_few_queries(login, company, django_assert_max_num_queries):
    client = login(company.sales1)
    client.get("/settings/display/")
    with django_assert_max_num_queries(12):
        client.get("/settings/display/")


def test_the_company_s_name_stands_on_every_page(login, company):
    assert (
        login(company.admin)
        .post("/settings/company/", {"name": "澄川智能装备有限公司", "short_name": "澄川"})
        .status_code
        == 302
    )
    assert "澄川" in login(company.sales1).get("/settings/").content.decode()


def test_a_role_s_rights_are_edited_in_the_matrix(login, company):
    client = login(company.admin)
    page = client.get("/settings/roles/salesperson/")
    form = {"name_zh": "销售", "name_en": "Salesperson", "export_cap": "100"}
    for policy in page.context["policies"]:
        form[f"{policy.kind.label}-verbs"] = list(policy.initial.get("verbs", []))
        form[f"{policy.kind.label}-scope"] = policy.initial["scope"]
    form["identity.team-verbs"] = ["view", "change"]
    assert client.post("/settings/roles/salesperson/", form).status_code == 302
    user = fresh(company.sales1)
    assert user.has_perm("identity.change_team") and user.role.export_cap == 100
    form["identity.team-verbs"] = ["view", "fly"]
    assert client.post("/settings/roles/salesperson/", form).status_code == 422
    assert not fresh(company.sales1).has_perm("identity.fly_team")


def test_the_calendar_takes_days_one_by_one_and_a_year_at_once(login, company):
    client = login(company.admin)
    client.post("/settings/calendar/day/", {"date": "2031-05-01", "kind": "holiday", "name": "劳动节"})
    assert "劳动节" in client.get("/settings/calendar/?year=2031").content.decode()
    client.post("/settings/calendar/day/", {"remove": "1", "from": "2031-05-01", "to": "2031-05-01"})
    assert "劳动节" not in client.get("/settings/calendar/?year=2031").content.decode()
    text = "from,to,kind,name\n2031-01-01,2031-01-03,holiday,元旦\n"
    client.post("/settings/calendar/import/", {"text": text})
    spans = client.get("/settings/calendar/?year=2031").context["spans"]
    assert [(s["name"], s["days"]) for s in spans] == [("元旦", 3)]
    answer = client.post(
        "/settings/calendar/import/", {"text": "from,to,kind,name\nsoon,,holiday,x\n"}, follow=True
    )
    assert any("2" in str(m) for m in answer.context["messages"])


def test_tags_are_added_changed_and_deleted(login, company):
    client = login(company.admin)
    form = {"name": "VIP", "group": "Value", "colour": "red", "is_active": "on"}
    assert client.post("/settings/tags/add/", form).status_code == 302
    assert client.post("/settings/tags/add/", {**form, "name": "vip"}).status_code == 422
    tag = client.get("/settings/tags/").context["tags"][0]
    assert client.post(f"/settings/tags/{tag.pk}/", {**form, "name": "Key account"}).status_code == 302
    assert client.post(f"/settings/tags/{tag.pk}/delete/").status_code == 302
    assert client.get("/settings/tags/").context["tags"] == []


def test_the_first_steps_are_for_administrators(login, company):
    from crm.console.queries import first_run_steps

    assert first_run_steps(company.sales1) == []
    steps = {step.key: step.done for step in first_run_steps(company.admin)}
    assert steps["people"] and not steps["company"]


def test_contact_data_of_colleagues_is_for_administrators(login, company):
    services.update_user(company.sales2, phone="13800000000", email="s2@example.com", actor=SYSTEM)
    page = login(company.sales1).get("/settings/users/").content.decode()
    assert "Sales2" in page and "13800000000" not in page.replace(" ", "") and "s2@example.com" not in page
    assert "Sales2" not in login(company.sales1).get("/settings/users/?q=13800000000").content.decode()
    assert "s2@example.com" in login(company.admin).get("/settings/users/").content.decode()


@pytest.mark.django_db
def test_the_tour_shows_the_steps_of_the_set_up_to_administrators_alone(client, company):
    for person, shown in ((company.admin, True), (company.sales1, False)):
        client.force_login(person)
        assert ("Set it up from here" in client.get("/").content.decode()) is shown, person
