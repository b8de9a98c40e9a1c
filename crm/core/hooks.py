"""The five registries through which knowledge goes up: each app's `hooks.py` fills them when Django starts.

`manage.py show_hooks` prints what is registered.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class HealthSignal:
    """One component of the customer health score; `measure` answers for many customers with one query."""

    key: str
    weight: int
    measure: Callable[[Iterable[int]], Mapping[int, Any]]


@dataclass(frozen=True)
class Panel:
    """A part of a record page that another app contributes; `load` returns its context, None to leave it out."""

    slot: str
    key: str
    template: str
    load: Callable[..., Mapping[str, Any] | None]
    order: int = 100


@dataclass(frozen=True)
class Consumer:
    """Somebody who wants to hear of events; `handle` must be safe to call twice for one event."""

    key: str
    names: frozenset[str]
    handle: Callable[[Any], None]


@dataclass
class Hooks:
    """What the installed apps have contributed."""

    health_signals: dict[str, HealthSignal] = field(default_factory=dict)
    panels: dict[tuple[str, str], Panel] = field(default_factory=dict)
    triggers: dict[str, Any] = field(default_factory=dict)
    actions: dict[str, Any] = field(default_factory=dict)
    list_pages: dict[str, Any] = field(default_factory=dict)
    consumers: dict[str, Consumer] = field(default_factory=dict)

    def add_health_signal(self, signal: HealthSignal) -> None:
        self.health_signals[signal.key] = signal

    def add_panel(self, panel: Panel) -> None:
        self.panels[(panel.slot, panel.key)] = panel

    def add_list_page(self, key: str, page: Any) -> None:
        self.list_pages[key] = page

    def add_consumer(self, key: str, names: Iterable[str], handle: Callable[[Any], None]) -> None:
        self.consumers[key] = Consumer(key, frozenset(names), handle)

    def panels_of(self, slot: str) -> list[Panel]:
        return sorted((p for p in self.panels.values() if p.slot == slot), key=lambda p: p.order)

    def consumers_of(self, name: str) -> list[Consumer]:
        return [c for c in self.consumers.values() if name in c.names]


hooks = Hooks()
