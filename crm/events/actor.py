"""Who did it: every write names its actor explicitly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext

if TYPE_CHECKING:
    from django.http import HttpRequest

SYSTEM_NAME = "Yuanke"


@dataclass(frozen=True)
class Actor:
    """A person, an API token of a person, or a named part of the system."""

    kind: str  # user, token, system
    id: str
    name: str
    user_id: int | None = None
    origin: str = "web"  # web, api, import, task, admin, cli
    request_id: str = ""
    covers_for: Mapping[int, str] = field(default_factory=dict, hash=False)  # colleagues who are away, by id

    @classmethod
    def of(cls, user: Any, origin: str = "web") -> Actor:
        """The actor for a signed-in user."""
        name = user.get_full_name() or user.get_username()
        return cls("user", str(user.pk), name, user.pk, origin, covers_for=covers_of(user))

    def via(self, origin: str) -> Actor:
        """The same actor acting through another door."""
        return replace(self, origin=origin)


def covers_of(user: Any) -> dict[int, str]:
    """The colleagues somebody stands in for today, as they came with the person."""
    return {one["id"]: one["name"] for one in getattr(user, "held_covers", None) or ()}


def system(part: str) -> Actor:
    """A part of the system, such as the nightly scoring: the log keeps which one, people read the system's name."""
    return Actor("system", part, SYSTEM_NAME, None, "task")


def shown_name(name: str) -> str:
    """A kept name as people read it: the system's own in their language."""
    return gettext("Yuanke") if name == SYSTEM_NAME else name


def actor_of(request: HttpRequest) -> Actor:
    """The actor behind a request: the signed-in user, or the API token that speaks for one."""
    request_id = request.headers.get("X-Request-Id", "")[:64]
    token = getattr(request, "auth", None)
    if token is not None and hasattr(token, "prefix"):
        user = token.user
        name = user.get_full_name() or user.get_username()
        return Actor("token", str(token.pk), name, user.pk, "api", request_id, covers_of(request.user))
    return replace(Actor.of(request.user), request_id=request_id)
