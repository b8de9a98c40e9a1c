"""Roles: verbs become Django permissions, scopes become permissions on teams."""

import pytest

from crm.core.writes import RuleBroken
from crm.events.models import Event
from crm.identity import access, services
from crm.identity.models import Role, RolePolicy, Team, User
from crm.identity.tests.factories import SYSTEM, fresh, make_user

pytestmark = pytest.mark.django_db


def role(slug="salesperson"):
    return Role.objects.get(slug=slug)


def test_everybody_looks_up_colleagues_but_only_administrators_change_them(company):
    for slug in Role.objects.values_list("slug", flat=True):
        user = make_user(role=slug)
        assert access.has_verb(user, "view", User) and access.has_verb(user, "view", Team)
        assert access.has_verb(user, "change", User) == (slug == "admin")
        assert access.has_verb(user, "change", Role) == (slug == "admin")


def test_a_verb_given_and_taken_bites_at_once(company):
    services.save_policies(role(), {"identity.team": (["view", "change"], "all")}, actor=SYSTEM)
    assert access.has_verb(fresh(company.sales1), "change", Team)
    services.save_policies(role(), {"identity.team": (["view"], "all")}, actor=SYSTEM)
    assert not access.has_verb(fresh(company.sales1), "change", Team)


def test_every_change_of_rights_is_recorded_with_both_values():
    services.save_policies(role(), {"identity.team": ([], "own")}, actor=SYSTEM)
    event = Event.objects.filter(name="role.updated").latest("pk")
    assert event.changes == {"identity.team": [[["view"], "all"], [[], "own"]]}
    before = Event.objects.count()
    services.save_policies(role(), {"identity.team": ([], "own")}, actor=SYSTEM)
    assert Event.objects.count() == before


def test_an_unknown_scope_is_refused():
    with pytest.raises(RuleBroken):
        services.save_policies(role(), {"identity.team": (["view"], "universe")}, actor=SYSTEM)
    assert RolePolicy.objects.get(role=role(), model="identity.team").scope == "all"


def test_a_new_role_starts_like_another():
    made = services.create_role(
        "intern", name_en="Intern", name_zh="实习", like=role("finance"), actor=SYSTEM
    )
    copied = {p.model: (p.verbs, p.scope) for p in role("finance").policies.all()}
    assert {p.model: (p.verbs, p.scope) for p in made.policies.all()} == copied
    with pytest.raises(RuleBroken):
        services.create_role("intern", name_en="Again", name_zh="再来", actor=SYSTEM)


def test_a_role_in_use_is_not_deleted():
    made = services.create_role("intern", name_en="Intern", name_zh="实习", actor=SYSTEM)
    user = make_user(role="intern")
    with pytest.raises(RuleBroken):
        services.delete_role(made, actor=SYSTEM)
    services.update_user(user, role=None, actor=SYSTEM)
    services.delete_role(made, actor=SYSTEM)
    assert not Role.objects.filter(slug="intern").exists()


def test_the_right_to_administer_comes_and_goes_with_the_role(company):
    services.update_role(role("executive"), is_administrator=True, actor=SYSTEM)
    assert fresh(company.exec).is_staff
    services.update_role(role("executive"), is_administrator=False, actor=SYSTEM)
    assert not fresh(company.exec).is_staff
    assert not access.has_verb(fresh(company.exec), "change", User)


def test_inactive_people_have_no_verb_even_as_superusers(company):
    user = company.admin
    user.is_superuser, user.is_active = True, False
    assert not access.has_verb(user, "view", User)
