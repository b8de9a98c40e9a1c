"""The lists of people and teams keep to the contract of every list; everybody may look."""

from typing import Any

from crm.console.listings import TEAMS, USERS
from crm.identity.models import User
from crm.identity.tests.factories import make_team, make_user
from crm.listing.testing import ListPageContract


class TestUserList(ListPageContract):
    listing = USERS
    insider = superior = "admin"
    outsider = forbidden = None

    def make(self, owner: User, number: int) -> Any:
        return make_user(f"person{number}", name=f"成员{number}")


class TestTeamList(ListPageContract):
    listing = TEAMS
    insider = superior = "admin"
    outsider = forbidden = None

    def make(self, owner: User, number: int) -> Any:
        return make_team(f"部门{number}")
