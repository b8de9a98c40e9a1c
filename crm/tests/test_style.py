"""The habits of the house that no linter knows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

from crm.tests.source import ROOT, package_of, python_files, template_files

LONGEST_FILE = 500
# Entry points see only what access.visible() gives them.
ENTRY_FILES = {"views", "listings", "forms", "api", "templatetags"}
MANAGERS = {"objects", "_default_manager", "_base_manager"}
# Where one finds a docstring on everything public: the ways in and out of the domain.
EXPLAINED = {"services", "queries", "tasks", "rules", "models"}


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _is_in(path: Path, folders: set[str]) -> bool:
    """Whether a file is `views.py` or lies in `views/`."""
    parts = path.relative_to(ROOT).parts
    return bool(folders & {*parts[:-1], path.stem})


def test_no_file_grows_too_long() -> None:
    files = [*python_files(tests=True), *template_files(), *sorted((ROOT / "static").rglob("*.js"))]
    long = [
        f"{_relative(path)}: {lines}"
        for path in files
        if "vendor" not in path.parts
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    ]
    assert not long, "split these: " + ", ".join(long)


# Fields that narrow what they are declared with to what the person may see.
NARROWING = ("ModelChoiceField", "ModelMultipleChoiceField", "VisibleRelatedField")


def _managers_used(tree: ast.Module) -> Iterator[int]:
    """Lines that use a manager, except where nothing can be had by it: `objects.none()`, and fields that narrow."""
    harmless = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name == "none" and isinstance(node.func, ast.Attribute):
            harmless.add(node.func.value)
        elif name in NARROWING:
            harmless |= {
                part for keyword in node.keywords if keyword.arg == "queryset" for part in ast.walk(keyword)
            }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in MANAGERS and node not in harmless:
            yield node.lineno


@pytest.mark.parametrize("path", [p for p in python_files() if _is_in(p, ENTRY_FILES)], ids=_relative)
def test_entry_points_never_reach_around_visibility(path: Path) -> None:
    lines = list(_managers_used(_tree(path)))
    assert not lines, (
        f"{_relative(path)} asks the database directly in lines {lines}: start from access.visible()"
    )


def test_no_form_writes_into_its_class() -> None:
    """What a class holds all threads share: one person's choices would stand in another person's form."""
    wrong = [
        f"{_relative(path)}:{node.lineno}"
        for path in python_files(tests=True)
        for node in ast.walk(_tree(path))
        for target in getattr(node, "targets", [getattr(node, "target", None)])
        if isinstance(target, ast.Attribute | ast.Subscript)
        and any(getattr(part, "attr", "") in {"base_fields", "declared_fields"} for part in ast.walk(target))
    ]
    assert not wrong


def test_rules_are_pure() -> None:
    wrong = []
    for path in python_files():
        if not _is_in(path, {"rules"}):
            continue
        for node in ast.walk(_tree(path)):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                if name.startswith(("django.db", "django.utils.timezone", "celery")) or ".models" in name:
                    wrong.append(f"{_relative(path)}: {name}")
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Attribute) and called.attr in {"now", "today", "utcnow"}:
                wrong.append(f"{_relative(path)}:{called.lineno} reads the clock")
    assert not wrong


def _public(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in tree.body:
        if isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        ) and not node.name.startswith("_"):
            yield node


def test_everything_public_in_the_domain_says_what_it_does() -> None:
    bare = [
        f"{_relative(path)}:{node.lineno} {node.name}"
        for path in python_files()
        if _is_in(path, EXPLAINED)
        for node in _public(_tree(path))
        if not ast.get_docstring(node)
    ]
    assert not bare, "without a docstring: " + ", ".join(bare)


def test_every_model_says_what_it_is() -> None:
    bare = [
        model._meta.label
        for model in apps.get_models()
        if package_of(model.__module__) and (model.__doc__ or "").startswith(f"{model.__name__}(")
    ]
    assert not bare, "without a docstring: " + ", ".join(bare)


def test_every_model_of_people_declares_its_access() -> None:
    """A model without `access` cannot be listed or fetched at all; only link tables and logs may do without."""
    undeclared = [
        model._meta.label
        for model in apps.get_models()
        if package_of(model.__module__) in {"accounts", "sales", "service", "marketing"}
        and not hasattr(model, "access")
        and not _is_grant(model)
    ]
    assert not undeclared, "declare `access` on: " + ", ".join(undeclared)


def _is_grant(model: type) -> bool:
    return any(base.__name__ in {"RecordUserGrant", "RecordGroupGrant"} for base in model.__mro__)


def test_nothing_is_left_undone() -> None:
    marks = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b")
    left = [
        f"{_relative(path)}:{number}"
        for path in [*python_files(tests=True), *template_files()]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if marks.search(line)
    ]
    assert not left


def test_no_handler_or_style_stands_in_markup() -> None:
    """The content security policy would drop them."""
    inline = re.compile(r"""<[^>]*\s(?:on[a-z]+|style)\s*=\s*["']""")
    wrong = [
        f"{_relative(path)}:{number}"
        for path in template_files()
        if "email" not in path.as_posix() and "print" not in path.name
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if inline.search(line)
    ]
    assert not wrong
