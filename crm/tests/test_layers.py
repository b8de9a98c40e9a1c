"""Knowledge goes down the tower also where import-linter cannot see it: foreign keys and templates."""

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

from crm.tests.source import ROOT, heights, may_know, owner_of, package_of, template_files

NAMED = re.compile(r"""\{%-?\s*(include|extends|url)\s+["']([^"'{}]+)["']""")


def test_foreign_keys_point_down() -> None:
    wrong = []
    for model in apps.get_models(include_auto_created=True):
        upper = package_of(model.__module__)
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            if not field.concrete or target is None or isinstance(target, str):
                continue
            lower = package_of(target.__module__)
            if upper and lower and not may_know(upper, lower):
                wrong.append(f"{model._meta.label}.{field.name} → {target._meta.label}")
    assert not wrong, "foreign keys that point up or across: " + ", ".join(wrong)


def test_models_that_may_be_missing_are_ours_to_place() -> None:
    ours = {package_of(model.__module__) for model in apps.get_models()} - {""}
    assert ours <= set(heights())


def _routes(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every route's name and the module of its view."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            space = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from _routes(pattern, space)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{prefix}{pattern.name}", _module(pattern)


def _module(pattern: URLPattern) -> str:
    """Where a view is declared: declared list pages say so themselves, others by their function."""
    callback = pattern.callback
    return getattr(callback, "declared_in", "") or getattr(callback, "__module__", "")


TEMPLATES = {path.relative_to(ROOT / "templates").as_posix(): path for path in template_files()}


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_name_only_what_lies_below(name: str) -> None:
    path = TEMPLATES[name]
    upper = owner_of(name)
    routes = dict(_routes(get_resolver()))
    wrong = []
    for kind, target in NAMED.findall(path.read_text(encoding="utf-8")):
        if kind == "url":
            lower = package_of(routes.get(target, ""))
        else:
            lower = owner_of(target) if (ROOT / "templates" / target).exists() else ""
        if lower and not may_know(upper, lower):
            wrong.append(f"{kind} “{target}” of {lower}")
    assert not wrong, f"{name} belongs to {upper} and names " + ", ".join(wrong)


def test_every_named_template_exists() -> None:
    missing = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in template_files()
        for kind, target in NAMED.findall(path.read_text(encoding="utf-8"))
        if kind != "url" and not target.startswith("django/") and not (ROOT / "templates" / target).exists()
    ]
    assert not missing
