"""How the table of routes says who gets in where."""

from dataclasses import dataclass, field
from typing import Any

from crm.tests.world import EVERYBODY, READERS, SALES


@dataclass(frozen=True)
class Route:
    """Who may use one route, and how to call it.

    `kind` names the record whose id the address takes; without it the route asks for a right alone. `reading` is False
    where reading the record is not enough, `verb` says what more than editing it asks for. Every other method the route
    answers is tried as well, and asks for the same. `of` is the kind of record an API collection holds: there each
    method asks for its own verb. `public` routes need no sign-in.
    """

    who: frozenset[str] = EVERYBODY
    kind: str = ""
    reading: bool = True
    verb: str = ""
    of: str = ""
    method: str = "get"
    data: dict[str, Any] = field(default_factory=dict)
    kwargs: dict[str, Any] = field(default_factory=dict)
    posting: frozenset[str] | None = None  # who may send something to a page that others read
    author: bool = False  # only who wrote it, whatever the role
    above: bool = False  # who may edit the customer may do it as well
    public: bool = False
    elsewhere: str = ""  # why the matrix does not fit, and the test that holds the route instead


def public() -> Route:
    return Route(public=True)


def listing(key: str, who: frozenset[str]) -> dict[str, Route]:
    """The eight routes of a declared list page."""
    return {
        f"{key}_list": Route(who),
        f"{key}_counts": Route(who),
        f"{key}_filters": Route(who),
        f"{key}_options": Route(who),
        f"{key}_columns": Route(who, method="post"),
        f"{key}_views": Route(who),
        f"{key}_view": Route(who, kwargs={"key": "all"}, elsewhere="views are private: test_list_pages"),
        f"{key}_bulk": Route(
            who, kwargs={"verb": "nothing"}, elsewhere="one route for all verbs: test_list_bulk"
        ),
    }


def resource(name: str, who: frozenset[str], kind: str) -> dict[str, Route]:
    """The collection and the records of an API resource."""
    return {f"api-{name}-list": Route(who, of=kind), f"api-{name}-detail": Route(who, kind, of=kind)}


def page(kind: str, who: frozenset[str] = READERS, *, reading: bool = True, **values: Any) -> Route:
    """A page or partial of one record."""
    return Route(who, kind, reading, **values)


def change(kind: str, who: frozenset[str] = SALES, verb: str = "", **data: Any) -> Route:
    """A write to one record; reading it is not enough."""
    return Route(who, kind, reading=False, verb=verb, method="post", data=data)


def written(method: str = "post", **data: Any) -> Route:
    """What only the author of a follow-up may do with it."""
    return Route(SALES | {"exec"}, "activity", reading=False, method=method, data=data, author=True)
