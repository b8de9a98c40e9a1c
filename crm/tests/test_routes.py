"""Every route × every role × every relation to the record × every method: who gets in, and that a refusal writes nothing."""

import inspect
import re
from collections.abc import Iterator

import pytest
import time_machine
from django.conf import settings
from django.urls import get_resolver
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from crm.identity import access
from crm.tests.matrix import (
    MATRIX,
    METHODS,
    NEVER,
    READ_ONLY,
    SAFE,
    Door,
    expected,
    kinds,
    names,
    outcome,
    people,
    quiet_templates,
    refused_offers,
    relations,
    savepoint,
    writes,
)
from crm.tests.mutating import OPEN, Gates, sites_of
from crm.tests.routes import ROUTES
from crm.tests.world import FACTS_BY_KIND, World, holders

pytestmark = pytest.mark.django_db
API = "/api/v1/"
# Whose pages are read: those who may do less than they see.
LOOKED_AT = [
    ("sales1", "shared"),
    ("sales1", "edited"),
    ("exec", "own"),
    ("service1", "own"),
    ("finance1", "deal"),
]
LOOKED_AT += [("sales1", None), ("exec", None), ("service1", None)]


@pytest.fixture(scope="module")
def door(made_world: World) -> Iterator[Door]:
    """The people of one world before its doors, while time stands still; what a request writes is undone at once.

    Time passing would write too: that a device is still in use, for example.
    """
    with time_machine.travel(timezone.now(), tick=False):
        yield Door(made_world)


def test_every_route_stands_in_the_table():
    """Django admin is one door with one key: test_admin holds it."""
    present = {name for name in names() if not name.startswith("admin:")}
    assert present - set(ROUTES) == set(), "add these routes to crm/tests/routes.py"
    assert set(ROUTES) - present == set(), "these routes are gone"


def test_a_route_held_elsewhere_names_a_test_that_exists():
    tests = {path.stem for path in settings.BASE_DIR.glob("*/**/tests/**/test_*.py")}
    named = {route.elsewhere.rpartition(": ")[2] for route in ROUTES.values() if route.elsewhere}
    assert named - tests == set()


def test_every_operation_of_the_api_is_documented_and_the_other_way_round():
    """What the OpenAPI schema lists is exactly what the resolver answers, method by method."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    documented = {
        (re.sub(r"{\w+}", "#", path), method)
        for path, methods in schema["paths"].items()
        for method in methods
    }
    answered = set(operations())
    assert len(answered) > 60
    assert answered - documented == set(), "the schema does not tell of these"
    assert documented - answered == set(), "nothing answers these"


def operations() -> Iterator[tuple[str, str]]:
    """Each path and method of the API's viewsets, as the resolver knows them."""
    for pattern in get_resolver().url_patterns:
        if str(pattern.pattern) != API.lstrip("/"):
            continue
        for one in pattern.url_patterns:
            actions = getattr(one.callback, "actions", None)
            path = re.sub(r"\(\?P<\w+>.*?\)|<[\w:]+>", "#", str(one.pattern)).strip("^$")
            yield from ((API + path, method) for method in actions or () if method in METHODS)


@pytest.mark.parametrize("name", sorted(MATRIX))
def test_who_gets_in(name: str, door: Door):
    route, wrong = MATRIX[name], []
    offered = door.methods(name, route)
    assert route.method in offered
    with quiet_templates():
        for person in people(name):
            refused = []
            for relation in relations(route, person, door.world):
                for method in offered:
                    expects = expected(name, route, method, person, relation)
                    if expects != "in":
                        refused.append((relation, method, expects))
                    elif outcome(response := door.ask(name, route, person, relation, method)) != "in":
                        wrong.append(f"{person} {method} {relation}: {response.status_code}, not in")
            before = writes()
            for relation, method, expects in refused:
                response = door.ask(name, route, person, relation, method)
                if outcome(response) != expects:
                    wrong.append(f"{person} {method} {relation}: {response.status_code}, not {expects}")
            if refused and writes() != before:
                wrong.append(f"{person} was refused, but something was written")
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("name", [name for name, route in sorted(MATRIX.items()) if "other" in kinds(route)])
def test_a_hidden_record_answers_like_one_that_never_was(name: str, door: Door):
    """To the byte, as a page and as a part of one."""
    route, wrong = MATRIX[name], []
    page, part = {}, {"HX-Request": "true"}
    for person, relation, headers in (
        ("sales1", "other", page),
        ("sales1", "other", part),
        ("admin", "deleted", page),
    ):
        if relation in kinds(route):
            hidden, absent = (
                (answer.status_code, answer.content)
                for answer in (
                    door.ask(name, route, person, one, route.method, **headers) for one in (relation, NEVER)
                )
            )
            if hidden != absent or hidden[0] != 404:
                wrong.append(f"{person} {headers}: {hidden[0]} and {absent[0]}")
    assert not wrong, wrong


@pytest.mark.parametrize("name", [name for name, route in sorted(MATRIX.items()) if route.method == "get"])
def test_a_page_offers_nothing_that_is_refused(name: str, door: Door):
    """Every link, form and button of a page leads where the rule lets this person do that."""
    route, wrong = MATRIX[name], []
    for person, relation in LOOKED_AT:
        if relation not in kinds(route) or expected(name, route, "get", person, relation) != "in":
            continue
        response = door.ask(name, route, person, relation, "get")
        if "html" in response.get("Content-Type", ""):
            offers = refused_offers(door.world, person, response.content.decode())
            wrong += [f"{person} on {relation} is offered {one}" for one in sorted(offers)]
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("name", sorted(MATRIX))
def test_nobody_gets_in_without_signing_in(name: str, door: Door):
    route, wrong = MATRIX[name], []
    before = writes()
    for method in METHODS:
        response = door.ask(name, route, "", "own" if route.kind else None, method)
        to_sign_in = response.status_code == 302 and response.url.startswith("/auth/login/")
        right = response.status_code == 401 if name.startswith("api-") else to_sign_in
        if not right and (response.status_code != 405 or method == route.method):
            wrong.append(f"{method}: {response.status_code}")
    assert not wrong, wrong
    assert writes() == before


@pytest.mark.parametrize("kind", sorted(FACTS_BY_KIND))
def test_who_stands_in_the_table_is_who_the_roles_say(kind: str):
    """The people written beside a route that asks for a verb are those whose role has it."""
    for name, route in MATRIX.items():
        if route.kind == kind and route.verb:
            assert route.who == holders(route.verb, kind), name


def test_a_refusal_that_wrote_would_be_seen(door: Door):
    before = writes()
    with savepoint():
        door.world.company.sales2.save(update_fields=["name"])
    assert writes() == before + 1, "even what was undone, and what changed nothing"


def test_a_token_that_reads_is_refused_every_change(door: Door):
    """The table would be silent if it had no such person or no such method."""
    routes = [name for name in MATRIX if name.startswith("api-")]
    changing = [(name, m) for name in routes for m in door.methods(name, MATRIX[name]) if m not in SAFE]
    assert len(changing) > 20
    assert {expected(name, MATRIX[name], m, READ_ONLY, None) for name, m in changing} == {"forbidden"}


@pytest.mark.parametrize(
    ("path", "within", "name"),
    [
        ("crm/listing/record/declare.py", "RecordPage.record", "customer_position"),
        ("crm/listing/rest/viewsets.py", "Creates.create", "api-tags-list"),
        ("accounts/views/timeline.py", "share_mentioned", "customer_share_mentioned"),
    ],
)
def test_a_visibility_call_taken_away_is_noticed(path: str, within: str, name: str, door: Door):
    """A sample; `bin/mutations` tries every call there is."""
    gates = Gates(sites_of(path))
    gates.open_site = next(site for site in gates.by_place.values() if site.within == within)
    gates.install()
    try:
        with pytest.raises(AssertionError, match=r"not hidden|not forbidden"):
            test_who_gets_in(name, door)
    finally:
        gates.remove()


def test_every_question_to_the_one_place_can_be_taken_away():
    """A new function of `crm.identity.access` that decides has to be told to `bin/mutations`."""
    deciding = {
        name
        for name, value in vars(access).items()
        if inspect.isfunction(value) and value.__module__ == access.__name__ and not name.startswith("_")
        if "user" in inspect.signature(value).parameters
    }
    assert deciding - set(OPEN) == set()
