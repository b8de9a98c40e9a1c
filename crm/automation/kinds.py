"""The kinds of news there are: what each is called, how it reads, and how it travels unless people choose otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.core.languages import in_reader_language

KINDS: dict[str, Kind] = {}


@dataclass(frozen=True)
class Kind:
    """A kind of news; `many` is the sentence for several of the same within a short time.

    `why` tells people why they hear of it. `group` is what a robot says of it in a group chat: only who, when and how
    many; `group_label` is its name there. `audience` names who can come to hear of it at all: "administrators" or "leaders", else everybody.
    """

    key: str
    label: str | Promise
    title: str | Promise
    many: str | Promise | None = None
    prepare: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = (
        None  # from what is stored to what is shown
    )
    why: str | Promise = ""
    group_label: str | Promise = ""
    group: str | Promise = ""
    group_many: str | Promise = ""
    icon: str = "bell"
    in_app: bool = True
    email: bool = False
    digest: bool = False
    audience: str = ""
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


def for_groups() -> list[Kind]:
    """The kinds a robot can tell a group of."""
    return [kind for kind in ordered() if kind.group]


def default_ways(kind: Kind, role: str) -> tuple[bool, bool, bool]:
    """How a kind reaches people of a role who chose nothing: (in the bell, by e-mail, in the digest).

    Who leads the company reads the day in one mail instead of many: nothing by itself but what asks for an answer.
    """
    if role in READS_ONCE_A_DAY and kind.key not in ASKS:
        return kind.in_app, False, kind.digest or kind.email
    return kind.in_app, kind.email, kind.digest


READS_ONCE_A_DAY = {"executive"}
ASKS = {"mentioned", "calendar", "approval_waiting", "approval_nudged"}


def title_of(key: str, params: Mapping[str, Any], count: int = 1) -> str:
    """The sentence for one piece of news; one whose kind is no longer declared reads as its bare key."""
    found = KINDS.get(key)
    if found is None:
        return key
    values = {**(found.prepare(params) if found.prepare else params), "count": count}
    return str(found.many if count > 1 and found.many else found.title) % values


def why_of(key: str) -> str:
    """Why somebody hears of this kind of news."""
    found = KINDS.get(key)
    return str(found.why) if found else ""


def group_text(key: str, params: Mapping[str, Any], count: int = 1) -> str:
    """What a group chat reads of it; empty where the kind is not for groups."""
    found = KINDS.get(key)
    if found is None or not found.group:
        return ""
    values = {**(found.prepare(params) if found.prepare else params), "count": count}
    return str(found.group_many if count > 1 and found.group_many else found.group) % values


def group_label_of(key: str) -> str:
    """What this kind of news is called where group chats are set up."""
    found = KINDS.get(key)
    return str(found.group_label or found.label) if found else key


def icon_of(key: str) -> str:
    found = KINDS.get(key)
    return found.icon if found else "bell"


TRANSFERRED = kind(
    "transferred",
    _("Records transferred to me"),
    _("%(actor)s transferred %(record)s to you"),
    many=_("%(actor)s transferred %(count)s records to you, the last one %(record)s"),
    why=_("You are the new owner."),
    group_label=_("Records transferred"),
    group=_("%(actor)s transferred a record to %(person)s"),
    group_many=_("%(actor)s transferred %(count)s records to %(person)s"),
    icon="arrows-exchange",
    email=True,
    digest=True,
    position=40,
)
SHARED = kind(
    "shared",
    _("Records shared with me"),
    _("%(actor)s shared %(record)s with you"),
    many=_("%(actor)s shared %(count)s records with you, the last one %(record)s"),
    why=_("It was shared with you or with your team."),
    icon="users",
    digest=True,
    position=50,
)
ENDED = {"failed": _("Failed: %(what)s"), "stopped": _("Stopped: %(what)s")}


def _ended(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """How background work ended, in words; news from before that was kept are of work that is done."""
    words = ENDED.get(params.get("state", ""), _("Finished: %(what)s"))
    return {"said": str(words) % {**params, "what": in_reader_language(params.get("what", ""))}}


JOB_DONE = kind(
    "job_done",
    _("Background work finished"),
    "%(said)s",
    prepare=_ended,
    why=_("You started it."),
    icon="circle-check",
    position=60,
)
IMPORT_DONE = kind(
    "import_done",
    _("Imports finished"),
    _("Import finished: %(what)s"),
    why=_("You started it."),
    icon="file-import",
    position=70,
)
CALENDAR = kind(
    "calendar",
    _("Holidays missing in the calendar"),
    _("The calendar has no holidays for %(year)s yet: working days will be wrong"),
    why=_("You administer the installation."),
    icon="calendar-off",
    email=True,
    audience="administrators",
    position=80,
)
