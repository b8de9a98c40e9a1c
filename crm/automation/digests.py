"""What a daily digest is made of: parts that the apps above declare, each answering for one person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.automation.kinds import kind
from crm.identity.models import User

MOST_LINES = 8  # more is no digest; the page it leads to has the rest

PARTS: dict[str, Part] = {}


@dataclass(frozen=True)
class Line:
    """One thing, where it is found, and what stands beside it."""

    text: str
    url: str = ""
    note: str = ""


@dataclass
class Found:
    """What a part has to say to somebody today; `total` counts what `lines` does not show, too."""

    lines: list[Line] = field(default_factory=list)
    total: int = 0
    url: str = ""
    label: str | Promise = ""

    @property
    def rest(self) -> int:
        """How many things are not shown."""
        return max(0, self.total - len(self.lines))


@dataclass(frozen=True)
class Part:
    """A part of the digest: its heading, how its number reads in the subject, and who answers for one person."""

    key: str
    label: str | Promise
    counted: Callable[[int], str]
    load: Callable[[User], Found | None]
    position: int


def part(
    key: str,
    label: str | Promise,
    counted: Callable[[int], str],
    load: Callable[[User], Found | None],
    *,
    position: int = 100,
) -> None:
    """Declare a part of the digest; apps do so when Django starts."""
    PARTS[key] = Part(key, label, counted, load, position)


def ordered() -> list[Part]:
    """All parts, as the digest shows them."""
    return sorted(PARTS.values(), key=lambda one: (one.position, one.key))


def summary(counts: Mapping[str, int]) -> str:
    """The digest in one line: 今天到期 3 件，逾期 2 件."""
    shown = [one.counted(counts[one.key]) for one in ordered() if counts.get(one.key)]
    return str(_(", ")).join(shown)


def _words(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"summary": summary(params.get("counts", {}))}


NEWS = _("New for you")


def count_of_news(n: int) -> str:
    return ngettext("%(n)d piece of news", "%(n)d pieces of news", n) % {"n": n}


DIGEST = kind(
    "digest",
    _("Daily digest"),
    _("Your day: %(summary)s"),
    prepare=_words,
    why=_("You have the daily digest switched on."),
    icon="sun",
    audience="rhythm",  # chosen with its hour, not in the table of kinds
    position=5,
)
