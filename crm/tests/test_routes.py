"""Every route × every role × every relation to the record: who gets in, and that a refusal writes nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from crm.tests.routes import ROUTES, Route
from crm.tests.world import AUTHORS, RELATIONS, ROLES, SEEN_BY_KIND, World, make_world

pytestmark = pytest.mark.django_db

NEVER_USED = 987_654_321
# Bookkeeping that may follow any request, refused or not.
UNCOUNTED = ("django_session", "cache")


def names(resolver: URLResolver, space: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            if pattern.name:
                yield space + pattern.name
        else:
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from names(pattern, inner)


def test_every_route_stands_in_the_table():
    """Django admin is one door with one key: test_admin holds it."""
    present = {name for name in names(get_resolver()) if not name.startswith("admin:")}
    assert present - set(ROUTES) == set(), "add these routes to crm/tests/routes.py"
    assert set(ROUTES) - present == set(), "these routes are gone"


def test_a_route_held_elsewhere_names_a_test_that_exists():
    tests = {path.stem for path in settings.BASE_DIR.glob("*/**/tests/**/test_*.py")}
    named = {route.elsewhere.rpartition(": ")[2] for route in ROUTES.values() if route.elsewhere}
    assert named - tests == set()


@pytest.fixture
def world() -> World:
    return make_world()


def writes() -> int:
    """Rows written since the transaction began."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables "
            "WHERE relname <> ALL(%s)",
            [list(UNCOUNTED)],
        )
        return cursor.fetchone()[0]


def call(client: Client, name: str, route: Route, pk: int | None = None) -> Any:
    kwargs = {**route.kwargs, **({"pk": pk} if pk is not None else {})}
    address = reverse(name, kwargs=kwargs)
    return getattr(client, route.method)(address, route.data)


def expected(route: Route, role: str, relation: str | None) -> str:
    if relation is None:
        return "in" if role in route.who else "forbidden"
    if relation not in SEEN_BY_KIND[route.kind][role]:
        return "hidden"
    if role not in route.who:
        return "forbidden"
    if route.author:
        return "in" if AUTHORS[relation] == role else "forbidden"
    if relation == "shared" and role == "sales1" and not route.reading:
        return "forbidden"
    return "in"


def outcome(response: Any) -> str:
    if response.status_code == 404:
        return "hidden"
    if response.status_code == 403:
        return "forbidden"
    if response.status_code >= 500:
        return "broken"
    return "in"


def group(name: str) -> str:
    """Routes are tried in groups, each with a company of its own."""
    if name.startswith("api-"):
        return "api"
    first = name.split("_")[0]
    return first if first in ("customer", "contact", "activity", "user", "team", "event") else "other"


MATRIX = {name: route for name, route in ROUTES.items() if not route.public and not route.elsewhere}
GROUPS = sorted({group(name) for name in MATRIX})


def members(wanted: str) -> list[tuple[str, Route]]:
    return [(name, route) for name, route in MATRIX.items() if group(name) == wanted]


def tried(route: Route, role: str, world: World) -> list[str | None]:
    """The relations worth a request: shares concern one person, the bin its owner and the administrator."""
    if not route.kind:
        return [None]
    special = {"shared": {"sales1", "sales3"}, "deleted": {"sales1", "admin"}}
    return [r for r in RELATIONS if r in world.records[route.kind] and role in special.get(r, ROLES)]


@pytest.mark.parametrize("wanted", GROUPS)
def test_who_gets_in(wanted: str, world: World):
    wrong = []
    for role in ROLES:
        client = Client(raise_request_exception=False)
        client.force_login(getattr(world.company, role))
        for name, route in members(wanted):
            for relation in tried(route, role, world):
                pk = world.records[route.kind][relation].pk if relation else None
                with savepoint():
                    before = writes()
                    response = call(client, name, route, pk)
                    expects, got = expected(route, role, relation), outcome(response)
                    # Who has no right to this kind of record at all learns nothing from 403: all ids answer it.
                    if expects == "hidden" and not SEEN_BY_KIND[route.kind][role] and got == "forbidden":
                        got = "hidden"
                    if got != expects:
                        wrong.append(
                            f"{name}: {role} on {relation} is {got} ({response.status_code}), not {expects}"
                        )
                    elif got != "in" and writes() != before:
                        wrong.append(f"{name}: {role} on {relation} is refused, but something was written")
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("wanted", GROUPS)
def test_nobody_gets_in_without_signing_in(wanted: str, world: World):
    wrong = []
    before = writes()
    for name, route in members(wanted):
        response = call(Client(), name, route, world.records[route.kind]["own"].pk if route.kind else None)
        to_sign_in = response.status_code == 302 and response.url.startswith("/auth/login/")
        if response.status_code != 401 if name.startswith("api-") else not to_sign_in:
            wrong.append(f"{name}: {response.status_code}")
    assert not wrong, "\n" + "\n".join(wrong)
    assert writes() == before


@pytest.mark.parametrize("wanted", [g for g in GROUPS if any(r.kind for _n, r in members(g))])
def test_a_hidden_record_answers_like_one_that_never_was(wanted: str, world: World):
    client = Client()
    client.force_login(world.company.sales1)
    wrong = []
    for name, route in members(wanted):
        if route.kind and "other" in world.records[route.kind]:
            hidden = call(client, name, route, world.records[route.kind]["other"].pk)
            absent = call(client, name, route, NEVER_USED)
            if (404, hidden.content) != (absent.status_code, absent.content) or hidden.status_code != 404:
                wrong.append(name)
    assert not wrong, wrong


class savepoint:  # noqa: N801 - reads as a statement
    """What one request wrote does not reach the next."""

    def __enter__(self) -> None:
        from django.db import transaction

        self.sid = transaction.savepoint()

    def __exit__(self, *_error: object) -> None:
        from django.db import transaction

        transaction.savepoint_rollback(self.sid)
