"""What keeps a customer or lead with its owner although it lies idle, said by the apps that know.

A deal, a lock or a protection period are the pool's own business. An open complaint is the service desk's, a pending
approval the engine's: each declares in its `hooks.py` under which condition a record stays.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import models
from django.db.models import Q
from django.utils.functional import Promise


@dataclass(frozen=True)
class Keep:
    """A reason for which records of a kind stay with their owner; `condition` is asked of each, set-based."""

    model: type[models.Model]
    key: str
    label: str | Promise
    condition: Callable[[], Q]


_keeps: dict[tuple[type[models.Model], str], Keep] = {}


def keeps(model: type[models.Model], key: str, label: str | Promise, condition: Callable[[], Q]) -> None:
    """Declare that records of a kind stay with their owner while a condition holds."""
    _keeps[model, key] = Keep(model, key, label, condition)


def what_keeps(model: type[models.Model]) -> list[Keep]:
    """Everything that was declared to keep records of a kind."""
    return [keep for (kind, _key), keep in _keeps.items() if kind is model]
