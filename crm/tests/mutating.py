"""Take away one visibility call after the other, and see that some test notices.

`bin/mutations` runs this as a pytest plugin. A site is one call, in the code of the product, of a function of
`crm.identity.access`. Every test of the selection runs once and tells which sites it passes; then each site in turn lets
everything through, and the tests that pass it run until one fails: first those beside it and the table of routes, and of
each those that noticed another site before, then those that pass few sites, for they are about one thing. A site that no
test misses is a missing test or a superfluous call.
"""

import ast
import hashlib
import inspect
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, zip_longest
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from django.apps import apps
from django.db.models import Q, Value
from django.http import Http404

from crm.identity.policies import Everyone

ROOT = Path(__file__).resolve().parents[2]
APPS = ("crm", "accounts", "sales", "service", "marketing", "reports")
ACCESS = "crm.identity.access"
# The rule itself, the test bench of lists, and what is no product.
UNTRIED = (
    "crm/identity/access.py",
    "crm/listing/testing.py",
    "crm/tests",
    "crm/demo",
)

# Where administrators alone come; who else may go to a page beside them is decided by a site of its own.
ADMINISTRATED = (
    "crm/console/views/",
    "crm/console/forms/members.py",
    "crm/console/queries/tags.py",
    "sales/views/pipelines.py",
    "sales/forms/pools.py",
    "sales/forms/webforms.py",
)


@dataclass(frozen=True)
class Site:
    """One call of the one place that decides."""

    path: str
    name: str
    within: str
    line: int
    column: int
    model: str = ""
    ordinal: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.name} in {self.within}"

    @property
    def key(self) -> str:
        """What names it when lines above it move."""
        return f"{self.path} {self.within} {self.name} {self.ordinal}"


def excuse(site: Site) -> str:
    """Why nobody can miss a site: it narrows nothing that is not decided before it. Empty where somebody must."""
    if site.name not in ("visible", "get_visible_or_404") or site.model not in everybodys():
        return ""
    from crm.console.rights import kinds
    from crm.identity.services.roles import PLATFORM_APPS

    if site.model not in {kind.model.__name__ for kind in kinds()}:
        return "every row is everybody's, and no role can be denied the right to see it"
    if everybodys()[site.model] in PLATFORM_APPS and site.path.startswith(ADMINISTRATED):
        return "every row is everybody's, and administrators, who alone come so far, have every right to it"
    return ""


def everybodys() -> dict[str, str]:
    """The kinds of record that are reached by everybody whose role has the verb, each with its app."""
    policies = {model: getattr(model, "access", None) for model in apps.get_models()}
    everyones = [model for model, policy in policies.items() if isinstance(policy, Everyone)]
    return {model.__name__: model._meta.app_label for model in everyones}


def sites() -> list[Site]:
    """Every call of a gate in the product, found in its source."""
    names = [str(path.relative_to(ROOT)) for app in APPS for path in sorted((ROOT / app).rglob("*.py"))]
    product = [
        n for n in names if "/tests/" not in n and "/migrations/" not in n and not n.startswith(UNTRIED)
    ]
    return [site for name in product for site in sites_of(name)]


def sites_of(path: str) -> list[Site]:
    """The sites of one module."""
    tree = ast.parse((ROOT / path).read_text())
    direct = _gates_of(tree)
    found = list(_calls(path, tree, "", direct, {"access"}))
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and direct.get(node.id) in OPEN and id(node) not in called:
            raise AssertionError(f"{path}:{node.lineno}: {node.id} is handed on; a call can be taken away")
    alike: dict[str, int] = {}
    for number, site in enumerate(found):
        alike[site.key] = alike.get(site.key, 0) + 1
        found[number] = replace(site, ordinal=alike[site.key])
    return found


def _gates_of(tree: ast.Module) -> dict[str, str]:
    """The names under which a module holds what `access` exports."""
    imports = [one for one in ast.walk(tree) if isinstance(one, ast.ImportFrom) and one.module == ACCESS]
    return {alias.asname or alias.name: alias.name for one in imports for alias in one.names}


def _calls(
    path: str, node: ast.AST, within: str, direct: dict[str, str], modules: set[str]
) -> Iterator[Site]:
    for child in ast.iter_child_nodes(node):
        inner = within
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            inner = f"{within}.{child.name}".strip(".")
        if isinstance(child, ast.Call):
            name = ""
            if isinstance(child.func, ast.Name):
                name = direct.get(child.func.id, "")
            elif isinstance(child.func, ast.Attribute) and isinstance(child.func.value, ast.Name):
                name = child.func.attr if child.func.value.id in modules else ""
            if name in OPEN:
                first = child.args[0] if child.args else None
                model = first.id if isinstance(first, ast.Name) else ""
                yield Site(path, name, within or "the module", child.lineno, child.col_offset, model)
        yield from _calls(path, child, inner, direct, modules)


# --- Letting everything through --------------------------------------------------------------------------------------


def _open_record(model: Any, user: Any, pk: Any, action: str = "view", queryset: Any = None) -> Any:
    rows = model._default_manager.all() if queryset is None else queryset
    try:
        return rows.get(pk=pk)
    except (model.DoesNotExist, ValueError, TypeError, OverflowError) as error:
        raise Http404 from error


def _every_team(user: Any, model: Any, action: str = "view") -> set[int]:
    from crm.identity.models import Team

    return set(Team._base_manager.values_list("pk", flat=True))


def _one_piece(model: Any, user: Any, action: str = "view") -> Any:
    from crm.identity.access import Pieces

    everything = [Q(pk__isnull=False)]
    return Pieces(everything, everything, [])


OPEN: dict[str, Callable[..., Any]] = {
    "visible": lambda model, user, action="view": model._default_manager.all(),
    "narrow": lambda rows, user, action="view": rows,
    "narrow_joined": lambda rows, user, action="view": rows,
    "noting": lambda rows, user, action, name: rows.annotate(**{name: Value(True)}),
    "branches": lambda model, user, action="view": [Q(pk__isnull=False)],
    "scope_pieces": _one_piece,
    "get_visible_or_404": _open_record,
    "may": lambda user, action, record: True,
    "allowed": lambda user, record, actions: set(actions),
    "may_add_to": lambda user, record: True,
    "hushed_pools": lambda user, model: frozenset(),
    "authorize": lambda user, action, record: None,
    "has_verb": lambda user, verb, model: True,
    "require_verb": lambda user, verb, model: None,
    "team_ids_of": _every_team,
    "reached_teams": lambda user, action, model: None,
    "reaches_team": lambda user, action, model, team_id: True,
    "scope_of": lambda model, user: "all",
    "is_administrator": lambda user: True,
}


class Gates:
    """Stand-ins for the gates that know who calls them; `open_site` is the one that lets everything through."""

    def __init__(self, known: list[Site]) -> None:
        self.by_place = {(str(ROOT / s.path), s.line, s.column): s for s in known}
        self.passed: set[Site] = set()
        self.open_site: Site | None = None
        self.seen: dict[tuple[CodeType, int], Site | None] = {}
        self.undo: list[tuple[ModuleType, str, Any]] = []

    def install(self) -> None:
        """Put a stand-in wherever a module holds a gate by name."""
        access = sys.modules[ACCESS]
        gates = {getattr(access, name): self._stand_in(name, getattr(access, name)) for name in OPEN}
        for module in list(sys.modules.values()):
            if module.__name__.split(".")[0] not in APPS or not isinstance(module, ModuleType):
                continue
            for name, value in list(vars(module).items()):
                if inspect.isfunction(value) and value in gates:
                    self.undo.append((module, name, value))
                    setattr(module, name, gates[value])

    def remove(self) -> None:
        for module, name, value in self.undo:
            setattr(module, name, value)
        self.undo.clear()

    def _stand_in(self, name: str, gate: Callable[..., Any]) -> Callable[..., Any]:
        def stand_in(*args: Any, **kwargs: Any) -> Any:
            frame = sys._getframe(1)
            place = (frame.f_code, frame.f_lasti)
            if place not in self.seen:
                self.seen[place] = self._site(frame.f_code, frame.f_lasti)
            site = self.seen[place]
            if site is not None:
                self.passed.add(site)
                if site is self.open_site:
                    return OPEN[name](*args, **kwargs)
            return gate(*args, **kwargs)

        return stand_in

    def _site(self, code: CodeType, instruction: int) -> Site | None:
        line, _end, column, _end_column = list(code.co_positions())[instruction // 2]
        return self.by_place.get((code.co_filename, line or 0, column or 0))


# --- The plugin ------------------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mutations")
    group.addoption("--sites", default="", help="only sites whose path or function contains this")
    group.addoption(
        "--kept",
        default="",
        help="a file that remembers what tests pass and who caught what, to go on from there",
    )
    group.addoption(
        "--again", action="store_true", help="try caught sites again, by the test that caught them"
    )
    group.addoption("--most", type=int, default=200, help="how many tests are tried on a site at most")
    group.addoption("--dear", action="store_true", help="tests with real transactions too, which are long")


class Kept:
    """What earlier rounds found: which sites a test passes, and who caught a site. One line for each, the last one counts."""

    def __init__(self, name: str) -> None:
        self.path = Path(name) if name else None
        self.caught: dict[str, str] = {}
        self.traced: dict[str, dict[str, Any]] = {}
        if self.path and self.path.exists():
            for line in self.path.read_text().splitlines():
                self._take(json.loads(line))

    def note(self, **line: Any) -> None:
        self._take(line)
        if self.path:
            with self.path.open("a") as file:
                file.write(json.dumps(line) + "\n")

    def _take(self, line: dict[str, Any]) -> None:
        if "site" in line:
            self.caught[line["site"]] = line["by"]
        else:
            self.traced[line["test"]] = line


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    if session.testsfailed or session.config.option.collectonly:
        return False
    option = session.config.option
    kept = Kept(option.kept)
    everything = sites()
    before = {} if option.again else kept.caught
    wanted = [s for s in everything if option.sites in str(s) and s.key not in before and not excuse(s)]
    gates = Gates(everything)
    gates.install()
    runner = Runner(session, gates, kept)
    if wanted and not option.again:
        runner.trace(dear=option.dear)
    missed = []
    for site in wanted:
        names = runner.candidates(site)[: option.most]
        if notices := runner.first_failure(site, names):
            kept.note(site=site.key, by=notices)
        else:
            missed.append(site)
        said = f"caught by {notices}" if notices else f"MISSED by {len(names)} tests that pass it"
        print(f"{site}: {said}", flush=True)  # noqa: T201 - a command's output
    excused = [s for s in everything if excuse(s)]
    for site in excused:
        print(f"nothing to miss: {site}: {excuse(site)}")  # noqa: T201
    held = sum(s.key in kept.caught and s not in missed and not excuse(s) for s in everything)
    print(  # noqa: T201
        f"{len(everything)} sites: {held} caught, {len(excused)} with nothing to miss, {len(missed)} missed"
    )
    for site in missed:
        print(f"missed: {site}")  # noqa: T201
    session.testsfailed += len(missed)
    return True


@cache
def stamp(path: str) -> str:
    """What changes with the file of a test, so that what it passes is found anew."""
    return hashlib.sha1((ROOT / path).read_bytes(), usedforsecurity=False).hexdigest()[:12]


def is_dear(item: pytest.Item) -> bool:
    """Whether a test needs real transactions: the database is emptied and filled again after it."""
    mark = item.get_closest_marker("django_db")
    return bool(mark and mark.kwargs.get("transaction"))


def nearness(site: Site, test: str) -> int:
    """How close a test stands to a site: its own, the table of routes, the same app, or somewhere."""
    path = test.split("::")[0]
    depth = 2 if site.path.startswith("crm/") else 1
    if Path(site.path).stem.rstrip("s") in Path(path).stem and path.split("/")[0] == site.path.split("/")[0]:
        return 0
    if path == "crm/tests/test_routes.py":
        return 1
    return 2 if path.split("/")[:depth] == site.path.split("/")[:depth] else 3


def in_turn(heaps: Iterable[list[str]]) -> list[str]:
    """One of each heap after the other."""
    return [name for name in chain.from_iterable(zip_longest(*heaps)) if name]


class Runner:
    """Runs single tests of the session, as often as needed."""

    def __init__(self, session: pytest.Session, gates: Gates, kept: Kept) -> None:
        self.items = {item.nodeid: item for item in session.items}
        self.gates = gates
        self.kept = kept

    def trace(self, *, dear: bool) -> None:
        """Which tests pass which sites, and how long each took. A test that fails by itself says nothing."""
        for name, item in self.items.items():
            of = stamp(name.split("::")[0])
            if self.kept.traced.get(name, {}).get("of") == of or (is_dear(item) and not dear):
                continue
            self.gates.passed.clear()
            good, seconds = self.run(item)
            if not good:
                print(f"fails by itself: {name}")  # noqa: T201
            passed = sorted(site.key for site in self.gates.passed) if good else []
            self.kept.note(test=name, of=of, seconds=round(seconds, 3), sites=passed)

    def candidates(self, site: Site) -> list[str]:
        """The tests that pass a site, those that will most likely and cheaply tell first."""
        heaps: list[list[str]] = [[], [], [], []]
        noticed = set(self.kept.caught.values())
        passed = {name: one for name, one in self.kept.traced.items() if site.key in one["sites"]}
        for name in sorted(
            passed.keys() & self.items.keys(),
            key=lambda name: (name not in noticed, len(passed[name]["sites"]), passed[name]["seconds"]),
        ):
            heaps[nearness(site, name)].append(name)
        before = self.kept.caught.get(site.key)
        return ([before] if before in self.items else []) + in_turn(heaps)

    def first_failure(self, site: Site, names: list[str]) -> str:
        """The test that fails while the site lets everything through, no longer when it does not, and then again: one
        that failed once for a reason of its own has noticed nothing."""
        for name in names:
            item = self.items[name]
            if not self.fails_without(site, item):
                continue
            if not self.run(item)[0]:
                print(f"fails by itself: {name}", flush=True)  # noqa: T201
            elif self.fails_without(site, item):
                return name
        return ""

    def fails_without(self, site: Site, item: pytest.Item) -> bool:
        """Whether a test fails while the site lets everything through."""
        self.gates.open_site = site
        good, _seconds = self.run(item)
        self.gates.open_site = None
        return not good

    def run(self, item: pytest.Item) -> tuple[bool, float]:
        """Whether a test passes, and its seconds; what its module set up stays for the next one."""
        if hasattr(item, "_initrequest"):
            item._initrequest()
        assert item.parent is not None
        item.session._setupstate.teardown_exact(item.parent)  # type: ignore[arg-type]
        reports = runtestprotocol(item, log=False, nextitem=item.parent)  # type: ignore[arg-type]
        good = all(not report.failed for report in reports) and any(
            r.passed for r in reports if r.when == "call"
        )
        return good, sum(report.duration for report in reports)
