"""The kinds of events there are, each with the words people read in a timeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from crm.events.models import Event

CATALOGUE: dict[str, EventType] = {}


@dataclass(frozen=True)
class EventType:
    """A kind of event: its stable name, its title and, where the title is not enough, a sentence about one event."""

    name: str
    title: str | Promise
    sentence: Callable[[Event], str] | None = None
    timeline: bool = True  # False: audit log only
    repeats: Mapping[str, str] = field(default_factory=dict)  # fields its payload tells under another name

    def __str__(self) -> str:
        return self.name


def event(
    name: str,
    title: str | Promise,
    *,
    sentence: Callable[[Event], str] | None = None,
    timeline: bool = True,
    repeats: Mapping[str, str] | None = None,
) -> EventType:
    """Declare a kind of event, once; apps do so in their `events.py`."""
    if name in CATALOGUE:  # a second declaration would silently take the first one's words
        raise ValueError(f"the event {name} is declared twice")
    CATALOGUE[name] = EventType(name, title, sentence, timeline, repeats or {})
    return CATALOGUE[name]


def repeats_of(event: Event) -> Mapping[str, str]:
    """What an event's payload tells of the record's fields under other names: `{"before": "amount"}`."""
    kind = CATALOGUE.get(event.name)
    return kind.repeats if kind else {}


def sentence_of(event: Event) -> str:
    """The event in words; one whose kind is no longer declared reads as its bare name."""
    kind = CATALOGUE.get(event.name)
    if kind is None:
        return event.name
    said = kind.sentence(event) if kind.sentence else str(kind.title)
    away = event.payload.get("standing_in_for")
    return _("%(what)s (standing in for %(name)s)") % {"what": said, "name": away} if away else said
