"""People, teams, roles, tags and the audit log through the API."""

import pytest

from crm.events.models import Event
from crm.identity import services
from crm.identity.models import Role, Team, User
from crm.identity.tests.factories import SYSTEM, actor, fresh

pytestmark = pytest.mark.django_db

API = "/api/v1"


def bearer(user, **values):
    _token, secret = services.create_token(user, name="test", actor=actor(user), **values)
    return {"HTTP_AUTHORIZATION": f"Bearer {secret}"}


def get(client, path, user):
    return client.get(f"{API}/{path}", **bearer(user))


def test_me_is_oneself(client, company):
    body = get(client, "users/?me=1", company.sales1).json()
    assert [row["username"] for row in body["results"]] == ["sales1"]
    assert body["results"][0]["role_slug"] == "salesperson"
    assert body["results"][0]["team"] == company.east.pk


def test_colleagues_are_found_by_name_without_their_contact_data(client, company):
    services.update_user(company.sales2, phone="13800000000", actor=SYSTEM)
    row = get(client, "users/?username=sales2", company.sales1).json()["results"][0]
    assert row["name"] == "Sales2" and "phone" not in row and "email" not in row
    row = get(client, "users/?username=sales2", company.admin).json()["results"][0]
    assert row["phone"] == "+8613800000000"


def test_no_answer_ever_holds_a_password(client, company):
    for path in ("users/", f"users/{company.sales1.pk}/"):
        assert "password" not in get(client, path, company.admin).content.decode()


@pytest.mark.parametrize("name", ["exec", "manager1", "sales1", "service1", "finance1", "marketing1"])
def test_low_roles_write_nothing(client, company, name):
    head = bearer(getattr(company, name))
    before = (User.objects.count(), Team.objects.count(), Event.objects.count())
    own = getattr(company, name)
    admin = Role.objects.get(slug="admin")
    tries = [
        client.post(
            f"{API}/users/", {"username": "x", "name": "x", "role": admin.pk}, "application/json", **head
        ),
        client.patch(f"{API}/users/{own.pk}/", {"role": admin.pk}, "application/json", **head),
        client.patch(f"{API}/users/{company.admin.pk}/", {"email": "x@y.zz"}, "application/json", **head),
        client.post(f"{API}/teams/", {"name": "Mine"}, "application/json", **head),
        client.patch(f"{API}/teams/{company.east.pk}/", {"leader": own.pk}, "application/json", **head),
    ]
    assert [t.status_code for t in tries] == [403] * 5
    assert client.post(f"{API}/roles/", {"slug": "x"}, "application/json", **head).status_code in (403, 405)
    assert client.get(f"{API}/events/", **head).status_code == 403
    assert (User.objects.count(), Team.objects.count(), Event.objects.count()) == before
    assert fresh(own).role.slug != "admin"


def test_an_administrator_adds_and_moves_people(client, company):
    head = bearer(company.admin)
    role = Role.objects.get(slug="salesperson")
    made = client.post(
        f"{API}/users/",
        {
            "username": "lin",
            "name": "林晓雯",
            "role": role.pk,
            "team": company.east.pk,
            "password": "good-pass-12",
        },
        "application/json",
        **head,
    )
    assert made.status_code == 201, made.content
    lin = User.objects.get(username="lin")
    assert lin.must_change_password and lin.check_password("good-pass-12")
    changed = client.patch(
        f"{API}/users/{lin.pk}/", {"team": company.south.pk, "is_active": False}, "application/json", **head
    )
    assert changed.json()["team"] == company.south.pk and changed.json()["is_active"]
    named = {"username": "lin", "title": "Key accounts"}
    assert client.patch(f"{API}/users/{lin.pk}/", named, "application/json", **head).status_code == 200
    renamed = client.patch(f"{API}/users/{lin.pk}/", {"username": "xiao"}, "application/json", **head)
    assert renamed.status_code == 400 and list(renamed.json()["errors"]) == ["username"]


def test_rights_fields_are_not_even_there_to_be_forged(client, company):
    head = bearer(company.admin)
    client.patch(
        f"{API}/users/{company.sales1.pk}/",
        {"is_superuser": True, "is_staff": True, "groups": [1], "user_permissions": [1]},
        "application/json",
        **head,
    )
    user = fresh(company.sales1)
    assert not user.is_superuser and not user.is_staff


def test_a_broken_rule_is_a_problem(client, company):
    head = bearer(company.admin)
    answer = client.post(f"{API}/users/", {"username": "SALES1", "name": "x"}, "application/json", **head)
    assert answer.status_code == 400 and "username" in answer.json()["errors"]
    answer = client.patch(
        f"{API}/users/{company.admin.pk}/",
        {"role": Role.objects.get(slug="finance").pk},
        "application/json",
        **head,
    )
    assert answer.status_code in (400, 409, 422), answer.content


@pytest.mark.parametrize(
    "query", ["sort=password", "owner__password__startswith=a", "is_superuser=1", "nonsense=1"]
)
def test_unknown_filters_and_sorts_are_refused(client, company, query):
    assert get(client, f"users/?{query}", company.admin).status_code == 400


def test_the_audit_log_is_for_administrators(client, company):
    services.update_user(company.sales1, phone="13900000000", title="Rep", actor=SYSTEM)
    body = get(client, "events/?name=user.updated", company.admin).json()
    assert body["results"][0]["changes"] == {"title": ["", "Rep"]}
    assert "13900000000" not in str(body)
    key = f"identity.user:{company.sales1.pk}"
    assert get(client, f"events/?subject={key}", company.admin).json()["results"]


def test_teams_roles_and_tags_can_be_read_by_everybody(client, company):
    assert len(get(client, "teams/", company.sales1).json()["results"]) == 7
    assert "salesperson" in str(get(client, "roles/", company.sales1).json())
    assert get(client, "tags/", company.sales1).status_code == 200


def test_a_read_only_token_changes_nothing(client, company):
    head = bearer(company.admin, read_only=True)
    assert client.post(f"{API}/teams/", {"name": "New"}, "application/json", **head).status_code == 403
    assert client.get(f"{API}/teams/", **head).status_code == 200


def test_a_dead_token_is_refused(client, company):
    head = bearer(company.sales1)
    services.deactivate_user(company.sales1, actor=SYSTEM)
    assert client.get(f"{API}/users/?me=1", **head).status_code == 401
