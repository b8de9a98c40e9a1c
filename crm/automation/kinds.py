"""The kinds of news there are: what each is called, how it reads, and how it travels unless people choose otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

KINDS: dict[str, Kind] = {}


@dataclass(frozen=True)
class Kind:
    """A kind of news; `many` is the sentence for several of the same within a short time."""

    key: str
    label: str | Promise
    title: str | Promise
    many: str | Promise | None = None
    prepare: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = (
        None  # from what is stored to what is shown
    )
    icon: str = "bell"
    in_app: bool = True
    email: bool = False
    position: int = 100

    def __str__(self) -> str:
        return self.key


def kind(key: str, label: str | Promise, title: str | Promise, **options: Any) -> Kind:
    """Declare a kind of news; apps do so where they send it."""
    KINDS[key] = Kind(key, label, title, **options)
    return KINDS[key]


def ordered() -> list[Kind]:
    """All kinds in the order in which the preferences show them."""
    return sorted(KINDS.values(), key=lambda k: (k.position, k.key))


def title_of(key: str, params: Mapping[str, Any], count: int = 1) -> str:
    """The sentence for one piece of news; one whose kind is no longer declared reads as its bare key."""
    found = KINDS.get(key)
    if found is None:
        return key
    values = {**(found.prepare(params) if found.prepare else params), "count": count}
    return str(found.many if count > 1 and found.many else found.title) % values


def icon_of(key: str) -> str:
    found = KINDS.get(key)
    return found.icon if found else "bell"


TRANSFERRED = kind(
    "transferred",
    _("Records transferred to me"),
    _("%(actor)s transferred %(record)s to you"),
    many=_("%(actor)s transferred %(count)s records to you, the last one %(record)s"),
    icon="arrows-exchange",
    email=True,
    position=40,
)
SHARED = kind(
    "shared",
    _("Records shared with me"),
    _("%(actor)s shared %(record)s with you"),
    many=_("%(actor)s shared %(count)s records with you, the last one %(record)s"),
    icon="users",
    position=50,
)
JOB_DONE = kind(
    "job_done", _("Background work finished"), _("Finished: %(what)s"), icon="circle-check", position=60
)
IMPORT_DONE = kind(
    "import_done", _("Imports finished"), _("Import finished: %(what)s"), icon="file-import", position=70
)
CALENDAR = kind(
    "calendar",
    _("Holidays missing in the calendar"),
    _("The calendar has no holidays for %(year)s yet: working days will be wrong"),
    icon="calendar-off",
    email=True,
    position=80,
)
