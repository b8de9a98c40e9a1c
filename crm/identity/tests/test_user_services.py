"""People join, change and leave; their rights follow at once."""

import pytest

from crm.core.writes import RuleBroken
from crm.events.models import Event
from crm.identity import access, services
from crm.identity.models import Role, Team, TeamUserGrant, User
from crm.identity.tests.factories import PASSWORD, SYSTEM, actor, fresh, make_team, make_user

pytestmark = pytest.mark.django_db


def role(slug):
    return Role.objects.get(slug=slug)


def test_user_names_and_addresses_are_taken_whatever_their_case():
    make_user("Lin", email="Lin@example.com")
    with pytest.raises(RuleBroken) as taken:
        make_user("lin")
    assert taken.value.field == "username"
    with pytest.raises(RuleBroken) as taken:
        make_user("other", email="LIN@example.com")
    assert taken.value.field == "email"


def test_only_known_fields_change_so_that_a_forged_form_gains_nothing():
    user = make_user()
    for field in ("is_superuser", "is_staff", "is_active", "password", "username"):
        with pytest.raises(TypeError):
            services.update_user(user, actor=SYSTEM, **{field: True})
    assert not fresh(user).is_superuser


def test_nobody_changes_their_own_role(company):
    with pytest.raises(RuleBroken):
        services.update_user(company.sales1, role=role("admin"), actor=actor(company.sales1))
    with pytest.raises(RuleBroken):
        services.update_user(company.admin, role=role("executive"), actor=actor(company.admin))
    assert fresh(company.sales1).role.slug == "salesperson"


def test_the_same_role_again_is_no_change(company):
    services.update_user(company.admin, role=role("admin"), name="Root", actor=actor(company.admin))
    assert fresh(company.admin).name == "Root"


def test_a_new_role_moves_the_person_into_its_group_and_opens_the_administration(company):
    services.update_user(company.sales1, role=role("admin"), actor=actor(company.admin))
    user = fresh(company.sales1)
    assert user.is_staff
    assert set(user.groups.all()) == {role("admin").group, company.east.group}
    assert access.has_verb(user, "change", User)


def test_somebody_stays_administrator(company):
    with pytest.raises(RuleBroken):
        services.update_user(company.admin, role=role("salesperson"), actor=SYSTEM)
    with pytest.raises(RuleBroken):
        services.deactivate_user(company.admin, actor=SYSTEM)
    make_user("admin2", "admin")
    services.deactivate_user(company.admin, actor=SYSTEM)
    assert not fresh(company.admin).is_active


def test_the_last_administrators_role_cannot_lose_its_right(company):
    with pytest.raises(RuleBroken):
        services.update_role(role("admin"), is_administrator=False, actor=SYSTEM)


def test_whoever_leaves_keeps_nothing(company, client):
    _token, secret = services.create_token(company.manager1, name="sheet", actor=actor(company.manager1))
    client.force_login(company.manager1)
    assert services.user_of_token(secret)
    services.deactivate_user(company.manager1, successor=company.director, actor=actor(company.admin))
    left = fresh(company.manager1)
    assert services.user_of_token(secret) is None
    assert not left.groups.exists()
    assert not TeamUserGrant.objects.filter(user=left).exists()
    assert not access.visible(User, left).exists()
    assert not client.get("/").wsgi_request.user.is_authenticated  # the session is dead at once
    assert left.successor == company.director


def test_a_successor_is_somebody_else_who_is_still_here(company):
    with pytest.raises(RuleBroken):
        services.deactivate_user(company.sales1, successor=company.sales1, actor=SYSTEM)
    services.deactivate_user(company.sales2, actor=SYSTEM)
    with pytest.raises(RuleBroken):
        services.deactivate_user(company.sales1, successor=company.sales2, actor=SYSTEM)


def test_nobody_deactivates_themselves(company):
    make_user("admin2", "admin")
    with pytest.raises(RuleBroken):
        services.deactivate_user(company.admin, actor=actor(company.admin))


def test_coming_back_restores_rights_but_no_token(company):
    _token, secret = services.create_token(company.sales1, name="sheet", actor=SYSTEM)
    services.deactivate_user(company.sales1, actor=SYSTEM)
    services.reactivate_user(company.sales1, actor=SYSTEM)
    assert access.has_verb(fresh(company.sales1), "view", User)
    assert services.user_of_token(secret) is None


def test_a_new_password_ends_the_other_sessions(company, client):
    client.force_login(company.sales1)
    services.set_password(company.sales1, "another-good-one-2", actor=SYSTEM)
    assert not client.get("/").wsgi_request.user.is_authenticated


def test_a_password_never_reaches_the_log(company):
    services.set_password(company.sales1, "another-good-one-2", must_change=True, actor=SYSTEM)
    event = Event.objects.filter(name="user.password_changed").get()
    hashed = fresh(company.sales1).password
    assert "another-good-one-2" not in str(vars(event)) and hashed not in str(vars(event))
    with pytest.raises(RuleBroken):
        services.set_password(company.sales1, "12345678", actor=SYSTEM)


def test_contact_data_stands_apart_in_the_log(company):
    services.update_user(company.sales1, phone="13800000000", title="Rep", actor=SYSTEM)
    event = Event.objects.filter(name="user.updated").latest("pk")
    assert event.private == {"phone": ["", "+8613800000000"]}
    assert event.changes == {"title": ["", "Rep"]}


def test_signing_in_by_user_name_or_address_in_any_case(client):
    make_user("Lin", email="lin@example.com")
    for name in ("Lin", "lin@example.com", "LIN@example.com"):
        assert client.login(username=name, password=PASSWORD), name
    assert not client.login(username="Lin", password="wrong")


def test_a_tree_cannot_bite_its_tail(company):
    with pytest.raises(RuleBroken):
        services.update_team(company.sales, parent=company.east, actor=SYSTEM)
    with pytest.raises(RuleBroken):
        services.update_team(company.sales, parent=company.sales, actor=SYSTEM)


def test_team_names_are_unique_under_one_parent(company):
    with pytest.raises(RuleBroken):
        make_team("East", company.sales)
    assert make_team("East", company.service).parent == company.service


def test_only_an_empty_team_is_deleted(company):
    with pytest.raises(RuleBroken):
        services.delete_team(company.sales, actor=SYSTEM)
    empty = make_team("Empty", company.sales)
    group = empty.group_id
    services.delete_team(empty, actor=SYSTEM)
    assert not Team.objects.filter(name="Empty").exists()
    assert not type(company.sales.group).objects.filter(pk=group).exists()


def test_access_to_a_team_by_hand_outlives_a_change_of_role(company):
    grant = services.grant_team_access(company.south, company.sales1, "view_records", actor=SYSTEM)
    services.update_user(company.sales1, role=role("marketing_member"), actor=SYSTEM)
    assert TeamUserGrant.objects.filter(pk=grant.pk).exists()
    services.withdraw_team_access(grant, actor=SYSTEM)
    assert not TeamUserGrant.objects.filter(user=company.sales1).exists()


def test_what_follows_from_leadership_is_not_withdrawn_by_hand(company):
    services.update_team(company.east, leader=company.sales1, actor=SYSTEM)
    grant = TeamUserGrant.objects.filter(user=company.sales1).first()
    with pytest.raises(RuleBroken):
        services.withdraw_team_access(grant, actor=SYSTEM)


def test_a_hand_made_grant_that_role_gives_too_survives_as_the_role_s(company):
    services.save_policies(role("sales_manager"), {"identity.user": (["view"], "below")}, actor=SYSTEM)
    grant = services.grant_team_access(company.east, company.manager1, "view_records", actor=SYSTEM)
    services.withdraw_team_access(grant, actor=SYSTEM)
    left = TeamUserGrant.objects.get(user=company.manager1, permission__codename="view_records")
    assert left.source == "role"
