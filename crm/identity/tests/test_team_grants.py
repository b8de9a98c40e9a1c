"""Roles, membership and the tree decide whose records somebody works with."""

import pytest

from crm.identity import access, services
from crm.identity.models import Role, TeamUserGrant
from crm.identity.tests.factories import SYSTEM, fresh, make_team

pytestmark = pytest.mark.django_db


def teams_of(user, permission="view_records"):
    rows = TeamUserGrant.objects.filter(user=user, permission__codename=permission)
    return {row.content_object.name for row in rows.select_related("content_object")}


@pytest.fixture
def with_rights(company):
    for slug, scope in [("sales_manager", "below"), ("salesperson", "own")]:
        role = Role.objects.get(slug=slug)
        services.save_policies(role, {"identity.user": (["view"], scope)}, actor=SYSTEM)
    return company


def test_a_manager_works_with_the_own_team_and_those_below(with_rights):
    assert teams_of(with_rights.director) == {"Sales", "East", "South"}
    assert teams_of(with_rights.manager1) == {"East"}


def test_a_salesperson_works_with_no_team(with_rights):
    assert teams_of(with_rights.sales1) == set()


def test_a_team_moved_elsewhere_takes_its_visibility_along(with_rights):
    services.update_team(with_rights.east, parent=with_rights.south, actor=SYSTEM)
    assert teams_of(with_rights.manager2) == {"South", "East"}


def test_a_new_team_below_is_seen_at_once(with_rights):
    make_team("East 1", with_rights.east)
    assert teams_of(with_rights.manager1) == {"East", "East 1"}


def test_a_leader_works_with_the_team_whatever_the_role(with_rights):
    services.update_team(with_rights.east, leader=with_rights.sales1, actor=SYSTEM)
    assert teams_of(with_rights.sales1) == {"East"}
    services.update_team(with_rights.east, leader=None, actor=SYSTEM)
    assert teams_of(with_rights.sales1) == set()


def test_a_person_who_leaves_loses_every_team(with_rights):
    services.deactivate_user(with_rights.manager1, actor=SYSTEM)
    assert teams_of(with_rights.manager1) == set()
    assert not access.has_verb(fresh(with_rights.manager1), "view", type(with_rights.manager1))


def test_a_permission_given_by_hand_survives_every_renewal(with_rights):
    from guardian.shortcuts import assign_perm

    assign_perm("view_records", with_rights.sales1, with_rights.south)
    services.sync_roles()
    assert teams_of(with_rights.sales1) == {"South"}
