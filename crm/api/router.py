"""Which resource stands where: every app's `api.ROUTES` under /api/v1/."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from rest_framework.routers import SimpleRouter


def resources() -> Iterator[tuple[str, type[Any]]]:
    """(path, viewset) of every installed app that has an `api` module with `ROUTES`."""
    for config in apps.get_app_configs():
        if config.name != "crm.api" and find_spec(f"{config.name}.api") is not None:
            yield from getattr(import_module(f"{config.name}.api"), "ROUTES", ())


def files() -> Iterator[Any]:
    """Addresses that a router cannot make, such as those of files: every app's `api.URLS`."""
    for config in apps.get_app_configs():
        if config.name != "crm.api" and find_spec(f"{config.name}.api") is not None:
            yield from getattr(import_module(f"{config.name}.api"), "URLS", ())


def router() -> SimpleRouter:
    found = SimpleRouter()
    for path, viewset in resources():
        added = getattr(viewset, "adds", "")  # further actions of a resource that stands elsewhere
        found.register(path, viewset, basename=f"api-{path}-{added}" if added else f"api-{path}")
    return found
