"""Every route × person × record × method: what is asked, what the naive rule expects, and what came back."""

import json
from collections.abc import Iterator
from copy import copy
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from django.db import connection, transaction
from django.http import HttpResponse
from django.template.backends.django import Template
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve, reverse

from crm.identity.services import create_token
from crm.identity.tests.factories import actor
from crm.tests.oracle import ASKS
from crm.tests.routes import ROUTES
from crm.tests.routing import Route
from crm.tests.world import FACTS_BY_KIND, PERSONS, PRIVATE, ROLES, RULE, World, holders, may

METHODS = ("get", "post", "put", "patch", "delete")
SAFE = ("get",)
NEVER = "never"
NEVER_USED = 987_654_321
READ_ONLY = "token"  # sales1, speaking to the API with a token that only reads
VERB_OF_METHOD = {"get": "view", "post": "add", "put": "change", "patch": "change", "delete": "delete"}
# Bookkeeping that may follow any request, refused or not.
UNCOUNTED = ("django_session", "cache")
PLATFORM = (
    "user", "team", "role", "tag", "field", "section", "robot", "event", "pipeline", "stage", "numberrule", "taxrate",
    "webform",
)  # fmt: skip
MATRIX = {name: route for name, route in ROUTES.items() if not route.public and not route.elsewhere}
# What each relation says something new about; one's own (as sales1) is tried by everybody.
TRIED: dict[str, tuple[str, ...]] = {
    "other": ("sales1", "manager1"),
    "deal": ("finance1",),
    "shared": ("sales1", READ_ONLY),
    "edited": ("sales1",),
    "deleted": ("sales1", "admin"),
    NEVER: ("sales1", "admin", "marketing2"),
}


def names(resolver: URLResolver | None = None, space: str = "") -> Iterator[str]:
    """Every URL name there is."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            if pattern.name:
                yield space + pattern.name
        else:
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from names(pattern, inner)


# --- What the rule expects -------------------------------------------------------------------------------------------


def verb_of(name: str, route: Route, method: str) -> str:
    """What a method of a route asks for."""
    if route.of and method != "get":
        return VERB_OF_METHOD[method]
    return route.verb or ("view" if route.reading else "change")


def who_may(route: Route, method: str, verb: str) -> frozenset[str]:
    """Whose role has the right a method of a route asks for."""
    if route.posting is not None and method == "post":
        return route.posting
    return holders(verb, route.of) if route.of and method != "get" else route.who


def expected(name: str, route: Route, method: str, person: str, relation: str | None) -> str:
    """What the rule says: in, forbidden (403) or hidden (404)."""
    if person == READ_ONLY:
        if method not in SAFE:
            return "forbidden"
        person = "sales1"
    verb = verb_of(name, route, method)
    who = who_may(route, method, verb)
    if relation is None:
        return "in" if person in who else "forbidden"
    if name.startswith("api-") and not may(person, "view", route.kind):
        return "forbidden"  # who may see nothing of a kind is told so whatever the number
    if not name.startswith("api-") and route.kind in PLATFORM and person not in who:
        return "forbidden"  # an administrator's page asks who comes before what they ask for
    if relation == NEVER or not may(person, "view", route.kind, relation):
        return "hidden"
    if person not in who:
        return "forbidden"
    fact = FACTS_BY_KIND.get(route.kind, {}).get(relation)
    if route.author and fact and fact.author != person:
        return "forbidden"
    return "in" if route.author or may_on(person, verb, route, relation) else "forbidden"


def may_on(person: str, verb: str, route: Route, relation: str) -> bool:
    """Whether the record lets somebody do it whose role has the right `who` says: rows only, not verbs."""
    fact = FACTS_BY_KIND.get(route.kind, {}).get(relation)
    if fact is None:
        return True
    if route.of == "activity" and verb == "delete" and person not in (fact.author, fact.owner):
        return False
    if route.above and fact.above and RULE.reaches(PERSONS[person], "customer", fact.above, "change"):
        return True
    return RULE.reaches(PERSONS[person], route.kind, fact, ASKS.get(verb, "view"))


def kinds(route: Route) -> set[str | None]:
    """The relations a route's record can have to somebody."""
    return set(FACTS_BY_KIND.get(route.kind, ["own"])) if route.kind else {None}


def relations(route: Route, person: str, world: World) -> list[str | None]:
    """The relations worth a request, and a number nobody ever had."""
    if not route.kind:
        return [None]
    there = (*world.records[route.kind], NEVER)
    return [r for r in there if r == "own" or person in TRIED[r]]


def outcome(response: HttpResponse) -> str:
    """What an answer means."""
    if response.status_code >= 500:
        return "broken"
    return {404: "hidden", 403: "forbidden", 405: "no such method"}.get(response.status_code, "in")


# --- Asking ----------------------------------------------------------------------------------------------------------


class quiet_templates:  # noqa: N801 - reads as a statement
    """Nothing is drawn: who gets in is decided before."""

    def __enter__(self) -> None:
        self.render = Template.render
        Template.render = lambda *args, **kwargs: ""  # type: ignore[method-assign]

    def __exit__(self, *_error: object) -> None:
        Template.render = self.render  # type: ignore[method-assign]


class savepoint:  # noqa: N801 - reads as a statement
    """What one request wrote does not reach the next."""

    def __enter__(self) -> None:
        self.sid = transaction.savepoint()

    def __exit__(self, *_error: object) -> None:
        transaction.savepoint_rollback(self.sid)


def writes() -> int:
    """Rows written since the transaction began, even those undone again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid) "
            "+ pg_stat_get_xact_tuples_deleted(oid)) FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> ALL(%s)",
            [list(UNCOUNTED)],
        )
        return cursor.fetchone()[0]


class Door:
    """The world with somebody signed in for each role, and nobody."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clients: dict[str, Client] = {"": Client(raise_request_exception=False)}
        for person in ROLES:
            client = self.clients[person] = Client(raise_request_exception=False)
            client.force_login(getattr(world.company, person), "crm.identity.backends.CrmBackend")
        reader = world.company.sales1
        secret = create_token(reader, name="reads", read_only=True, actor=actor(reader))[1]
        self.clients[READ_ONLY] = Client(raise_request_exception=False, HTTP_AUTHORIZATION=f"Bearer {secret}")
        for person, client in self.clients.items():  # what is remembered of a first visit is written once
            client.get("/api/v1/tags/" if person == READ_ONLY else "/settings/")

    def address(self, name: str, route: Route, relation: str | None) -> str:
        kwargs = dict(route.kwargs)
        if relation is not None:
            kwargs["pk"] = NEVER_USED if relation == NEVER else self.world.records[route.kind][relation].pk
        return reverse(name, kwargs=kwargs)

    def ask(
        self, name: str, route: Route, person: str, relation: str | None, method: str, **headers: str
    ) -> Any:
        """One request; what it writes is undone, and no message waits in a cookie for the next page."""
        client, address = copy(self.clients[person]), self.address(name, route, relation)
        client.cookies = copy(client.cookies)
        with savepoint():
            if name.startswith("api-") and method not in SAFE:
                return client.generic(
                    method.upper(), address, json.dumps(route.data), "application/json", headers=headers
                )
            data = route.data if method in ("get", "post") else ""
            return getattr(client, method)(address, data, headers=headers)

    def methods(self, name: str, route: Route) -> list[str]:
        """The methods the route answers at all: the API says so, a page is asked as somebody it lets in.

        A page has no more than two.
        """
        relation = "own" if route.kind else None
        if name.startswith("api-"):
            view = resolve(self.address(name, route, relation)).func
            answered = getattr(view, "actions", None) or dir(view.cls)
            return [method for method in METHODS if method in answered]
        insider = "sales1" if "sales1" in route.who else sorted(route.who)[0]
        with quiet_templates():
            return [
                method
                for method in METHODS[:2]
                if self.ask(name, route, insider, relation, method).status_code != 405
            ]


def people(name: str) -> list[str]:
    """Who tries a route: everybody where it is asked whose a record is, otherwise one of each role."""
    route, some = MATRIX[name], ROLES
    if route.kind not in (*FACTS_BY_KIND, *PRIVATE):
        some = list({PERSONS[person].role: person for person in reversed(ROLES)}.values())
    return [*some, READ_ONLY] if name.startswith("api-") else some


# --- What a page offers ----------------------------------------------------------------------------------------------


class Offers(HTMLParser):
    """The addresses of a page with the method each is asked by."""

    HTMX = {f"hx-{method}": method for method in METHODS}

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: set[tuple[str, str]] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "a" and values.get("href"):
            self.found.add(("get", values["href"] or ""))
        if tag == "form" and "action" in values:
            self.found.add(((values.get("method") or "get").lower(), values["action"] or ""))
        for name, method in self.HTMX.items():
            if values.get(name):
                self.found.add((method, values[name] or ""))
        if values.get("formaction"):
            self.found.add(("post", values["formaction"] or ""))


def refused_offers(world: World, person: str, html: str) -> set[str]:
    """What a page offers somebody whom the rule lets nothing do there."""
    numbers = {
        (kind, record.pk): relation
        for kind, records in world.records.items()
        for relation, record in records.items()
    }
    wrong = set()
    for method, address in Offers(html).found:
        try:
            match = resolve(urlsplit(address).path)
        except Resolver404:
            continue
        route = MATRIX.get(match.view_name)
        if route is None or match.kwargs.get("kind") != route.kwargs.get("kind"):
            continue  # the files of another kind of record
        if route.kind and (route.kind, match.kwargs.get("pk")) not in numbers:
            continue
        relation = numbers[route.kind, match.kwargs["pk"]] if route.kind else None
        if expected(match.view_name, route, method, person, relation) != "in":
            wrong.add(f"{method} {match.view_name} of {relation or 'all'}")
    return wrong
