"""Take away one visibility call after the other, and see that some test notices.

`bin/mutations` runs this as a pytest plugin. A site is one call, in the code of the product, of a function of
`crm.identity.access`. Every test of the selection runs once and tells which sites it passes; then each site in turn lets
everything through, and the tests that pass it run until one fails. A site that no test misses is a missing test or a
superfluous call.
"""

import ast
import inspect
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
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
    "crm/identity/explain.py",
    "crm/listing/testing.py",
    "crm/tests",
    "crm/demo",
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
    if site.path.startswith("crm/console/views/"):
        return "every row is everybody's, and the guard of the administrators' pages stands before it"
    return "every role sees every row of it"


def everybodys() -> set[str]:
    """The kinds of record that are reached by everybody whose role has the verb."""
    policies = {model.__name__: getattr(model, "access", None) for model in apps.get_models()}
    return {name for name, policy in policies.items() if isinstance(policy, Everyone)}


def sites() -> list[Site]:
    """Every call of a gate in the product, found in its source."""
    names = [str(path.relative_to(ROOT)) for app in APPS for path in sorted((ROOT / app).rglob("*.py"))]
    product = [
        n for n in names if "/tests/" not in n and "/migrations/" not in n and not n.startswith(UNTRIED)
    ]
    return [site for name in product for site in sites_of(name)]


def sites_of(path: str) -> list[Site]:
    """The sites of one module."""
    found = list(_sites_of(path, ast.parse((ROOT / path).read_text())))
    alike: dict[str, int] = {}
    for number, site in enumerate(found):
        alike[site.key] = alike.get(site.key, 0) + 1
        found[number] = replace(site, ordinal=alike[site.key])
    return found


def _sites_of(path: str, tree: ast.Module) -> Iterator[Site]:
    direct: dict[str, str] = {}  # names that are gates themselves
    modules = {"access"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == ACCESS:
            direct |= {alias.asname or alias.name: alias.name for alias in node.names}
    yield from _calls(path, tree, "", direct, modules)


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


OPEN: dict[str, Callable[..., Any]] = {
    "visible": lambda model, user, action="view": model._default_manager.all(),
    "narrow": lambda rows, user, action="view": rows,
    "narrow_joined": lambda rows, user, action="view": rows,
    "noting": lambda rows, user, action, name: rows.annotate(**{name: Value(True)}),
    "branches": lambda model, user, action="view": [Q(pk__isnull=False)],
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
        "--kept", default="", help="a file that remembers which sites are caught, to go on from there"
    )
    group.addoption("--most", type=int, default=40, help="how many tests are tried on a site at most")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    if session.testsfailed or session.config.option.collectonly:
        return False
    option = session.config.option
    kept = Path(option.kept) if option.kept else None
    caught: dict[str, str] = json.loads(kept.read_text()) if kept and kept.exists() else {}
    everything = sites()
    wanted = [s for s in everything if option.sites in str(s) and s.key not in caught and not excuse(s)]
    gates = Gates(everything)
    gates.install()
    runner = Runner(session, gates)
    by_site = runner.trace(set(wanted))
    for site in wanted:
        names = sorted(by_site.get(site, {}).items(), key=lambda one: one[1])[: option.most]
        notices = runner.first_failure(site, [name for name, _time in names])
        if notices:
            caught[site.key] = notices
        said = f"caught by {notices}" if notices else f"MISSED by {len(names)} tests that pass it"
        print(f"{site}: {said}", flush=True)  # noqa: T201 - a command's output
        if kept:
            kept.write_text(json.dumps(caught, indent=1))
    missed = [s for s in wanted if s.key not in caught]
    excused = [s for s in everything if excuse(s)]
    for site in excused:
        print(f"nothing to miss: {site}: {excuse(site)}")  # noqa: T201
    held = sum(s.key in caught and not excuse(s) for s in everything)
    print(  # noqa: T201
        f"{len(everything)} sites: {held} caught, {len(excused)} with nothing to miss, {len(missed)} missed"
    )
    for site in missed:
        print(f"missed: {site}")  # noqa: T201
    session.testsfailed += len(missed)
    return True


class Runner:
    """Runs single tests of the session, as often as needed."""

    def __init__(self, session: pytest.Session, gates: Gates) -> None:
        self.items = {item.nodeid: item for item in session.items}
        self.gates = gates

    def trace(self, wanted: set[Site]) -> dict[Site, dict[str, float]]:
        """Which tests pass which sites, and how long each took. A test that fails by itself says nothing."""
        found: dict[Site, dict[str, float]] = {}
        for item in self.items.values():
            self.gates.passed.clear()
            good, took = self.run(item)
            if not good:
                print(f"fails by itself: {item.nodeid}")  # noqa: T201
                continue
            for site in self.gates.passed & wanted:
                found.setdefault(site, {})[item.nodeid] = took
        return found

    def first_failure(self, site: Site, names: list[str]) -> str:
        """The test that fails while the site lets everything through."""
        self.gates.open_site = site
        try:
            return next((name for name in names if not self.run(self.items[name])[0]), "")
        finally:
            self.gates.open_site = None

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
