"""Who hears of a follow-up: colleagues mentioned in it, and the one it was given to."""

from django.db import transaction
from django.utils import timezone

from accounts.models import Activity, Customer
from accounts.news import ASSIGNED, MENTIONED
from accounts.rules.mentions import MARKS, mentioned
from crm.automation.services import notify
from crm.events.actor import Actor
from crm.identity import services as identity
from crm.identity.access import may
from crm.identity.held import forget
from crm.identity.models import User


def _found(text: str) -> dict[int, str]:
    """The ids of the colleagues called by @name in a text, in order, with their names as written."""
    if not any(mark in text for mark in MARKS):
        return {}
    active = User._base_manager.filter(is_active=True)
    return mentioned(text, active.values_list("pk", "name", "username"))


def people_mentioned(text: str) -> list[User]:
    """The colleagues called by @name in a text, in order."""
    ids = _found(text)
    found = User._base_manager.in_bulk(list(ids))
    return [found[pk] for pk in ids]


def unreached(text: str, customer: Customer, author: User) -> list[User]:
    """The colleagues mentioned in a text about a customer who may not read it: they would not be told."""
    people = people_mentioned(text)
    return [p for p in people if p.pk != author.pk and not may(p, "view", customer)]


def note_mentions(activity: Activity) -> list[str]:
    """Keep with a follow-up which names in its text are mentions, so that pages can mark them; returns what to save."""
    activity.mentions = list(_found(f"{activity.subject}\n{activity.body}").values())
    return ["mentions"]


def tell_mentioned(activity: Activity, actor: Actor, before: str = "") -> list[User]:
    """Tell the colleagues mentioned who may read it; returns those who may not, for whom the author decides.

    Whoever the text named already `before` it was edited has been told.
    """
    known = set(_found(before))
    people = [p for p in people_mentioned(f"{activity.subject}\n{activity.body}") if p.pk not in known]
    notify(
        people,
        MENTIONED,
        params=lambda seen: {"actor": actor.name, "record": str(seen.with_whom or seen.headline)},
        body=lambda seen: seen.body[:300],
        url=activity.get_absolute_url(),
        about=activity,
        actor=actor,
        dedupe=f"{activity.pk}",
    )
    return [p for p in people if p.pk != actor.user_id and not may(p, "view", activity)]


def tell_assigned(activity: Activity, actor: Actor) -> None:
    """Tell a colleague that somebody planned something for them."""
    if activity.owner is None or activity.owner_id == actor.user_id:
        return
    notify(
        [activity.owner],
        ASSIGNED,
        params=lambda seen: {
            "actor": actor.name,
            "what": seen.headline,
            "record": str(seen.with_whom or ""),
            "due_at": (seen.due_at or timezone.now()).isoformat(),
            "all_day": seen.all_day,
        },
        url=activity.get_absolute_url(),
        about=activity,
        actor=actor,
        dedupe=f"{activity.pk}",
    )


@transaction.atomic
def share_with_mentioned(customer: Customer, user: User, *, actor: Actor) -> None:
    """Let a colleague who was mentioned read the customer, and tell them of the latest follow-ups that name them."""
    identity.share(customer, user=user, actor=actor)
    forget(user)
    latest = Activity._base_manager.filter(customer=customer, deleted_at__isnull=True, author=actor.user_id)
    for activity in latest.order_by("-created_at", "-pk")[:10]:
        if user in people_mentioned(f"{activity.subject}\n{activity.body}"):
            tell_mentioned(activity, actor)
