"""People and teams for tests: one small company that every app's tests share."""

import io
from copy import deepcopy
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from crm.events.actor import Actor, system
from crm.identity import services
from crm.identity.models import Role, Team, User

PASSWORD = "a-good-password-1"
_numbers = count(1)
SYSTEM = system("test")


def make_team(name: str = "", parent: Team | None = None, **values: Any) -> Team:
    """A team, in the tree where `parent` says."""
    return services.create_team(name or f"Team {next(_numbers)}", parent=parent, actor=SYSTEM, **values)


def make_user(
    username: str = "", role: str | None = "salesperson", team: Team | None = None, **values: Any
) -> User:
    """Somebody who can sign in with `PASSWORD`; `role` is a seeded role's slug."""
    username = username or f"user{next(_numbers)}"
    values.setdefault("name", username.capitalize())
    user = services.create_user(
        username,
        role=Role._base_manager.get(slug=role) if role else None,
        team=team,
        password=PASSWORD,
        actor=SYSTEM,
        **values,
    )
    return fresh(user)


def fresh(user: User) -> User:
    """The same person as a new request would load them, with nothing remembered of their rights."""
    return User._base_manager.get(pk=user.pk)


def actor(user: User) -> Actor:
    """The person as the actor of a service call."""
    return Actor.of(user)


@dataclass
class Company:
    """The demo company's shape: two regions of sales under one director, and the other desks."""

    company: Team
    sales: Team
    east: Team
    south: Team
    marketing: Team
    service: Team
    finance: Team
    people: dict[str, User]

    def __getattr__(self, name: str) -> User:
        """`company.sales1` is the person of that user name, freshly loaded."""
        try:
            return fresh(self.__dict__["people"][name])
        except KeyError as error:
            raise AttributeError(name) from error


PEOPLE = [
    ("admin", "admin", "company"),
    ("exec", "executive", "company"),
    ("director", "sales_manager", "sales"),
    ("manager1", "sales_manager", "east"),
    ("sales1", "salesperson", "east"),
    ("sales2", "salesperson", "east"),
    ("manager2", "sales_manager", "south"),
    ("sales3", "salesperson", "south"),
    ("sales4", "salesperson", "south"),
    ("marketing1", "marketing_manager", "marketing"),
    ("marketing2", "marketing_member", "marketing"),
    ("service1", "service_rep", "service"),
    ("servicemanager1", "service_manager", "service"),
    ("finance1", "finance", "finance"),
]


def make_company() -> Company:
    """The whole company, with the user names and roles of the demo company."""
    if not _kept:
        return _built()
    with transaction.atomic(), connection.cursor() as cursor:
        for table, rows in _kept.items():
            cursor.copy_expert(f'COPY "{table}" FROM STDIN', io.StringIO(rows))
    return deepcopy(_company[0])


def keep_company() -> None:
    """Remember the rows of the company: tests that ask for one get them put back, many times as fast as made anew."""
    before = _keys()
    with transaction.atomic():
        _company.append(_built())
        for model, known in _keys().items():
            if new := known - before[model]:
                _kept[model._meta.db_table] = _rows(model._meta.db_table, model._meta.pk.column, list(new))
        transaction.set_rollback(True)


_company: list[Company] = []
_kept: dict[str, str] = {}


def _rows(table: str, key: str, keys: list[Any]) -> str:
    rows = io.StringIO()
    with connection.cursor() as cursor:
        chosen = cursor.mogrify(
            f'SELECT * FROM "{table}" WHERE "{key}" = ANY(%s) ORDER BY 1', [keys]
        ).decode()
        cursor.copy_expert(f"COPY ({chosen}) TO STDOUT", rows)
    return rows.getvalue()


def _keys() -> dict[type[models.Model], set[Any]]:
    every = (model for model in apps.get_models(include_auto_created=True) if model._meta.managed)
    return {
        model: set(model._base_manager.values_list("pk", flat=True))
        for model in every
        if not model._meta.proxy
    }


def _built() -> Company:
    company = make_team("Company")
    sales = make_team("Sales", company)
    teams = {
        "company": company,
        "sales": sales,
        "east": make_team("East", sales),
        "south": make_team("South", sales),
        "marketing": make_team("Marketing", company),
        "service": make_team("Service", company),
        "finance": make_team("Finance", company),
    }
    people = {name: make_user(name, role, teams[team]) for name, role, team in PEOPLE}
    return Company(**teams, people=people)
