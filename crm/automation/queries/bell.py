"""Reading the bell, the preferences and the mail outbox."""

from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.apps import apps
from django.db.models import Q, QuerySet

from crm.automation.kinds import Kind, default_ways, ordered
from crm.automation.models import (
    Notification,
    NotificationPreference,
    NotificationRhythm,
    OutgoingEmail,
)
from crm.automation.queries.suppressions import is_suppressed
from crm.identity.access import is_administrator, may, visible
from crm.identity.models import User
from crm.identity.queries import leads_a_team

MOST_COUNTED = 100


def notifications(user: User) -> QuerySet[Notification]:
    """What one person's bell holds, newest first, without news about records they may no longer see."""
    return still_seen(user, visible(Notification, user).filter(in_bell=True)).order_by("-id")


def still_seen(user: User, own: QuerySet[Notification]) -> QuerySet[Notification]:
    """Of a person's news those about records they may still see."""
    types = sorted(set(own.exclude(about_type="").order_by().values_list("about_type", flat=True).distinct()))
    return own.filter(_still_visible(user, types))


def _still_visible(user: User, types: Iterable[str]) -> Q:
    pieces = [Q(about_type="")]
    for label in types:
        try:
            model = apps.get_model(label)
        except LookupError:
            continue
        pieces.append(Q(about_type=label, about_id__in=visible(model, user).values("pk")))
    return reduce(or_, pieces)


def unread_count(user: User) -> int:
    """How many unread notifications one may still see, counted up to a hundred."""
    unread = visible(Notification, user).filter(read_at__isnull=True, in_bell=True)
    found = list(unread.order_by().values_list("pk", "about_type", "about_id")[: MOST_COUNTED * 2])
    total = sum(1 for _pk, label, _id in found if not label)
    for label in {label for _pk, label, _id in found if label}:
        ids = [about for _pk, found_label, about in found if found_label == label]
        try:
            model = apps.get_model(label)
        except LookupError:
            continue
        seen = set(visible(model, user).filter(pk__in=ids).values_list("pk", flat=True))
        total += sum(1 for about in ids if about in seen)
    return min(total, MOST_COUNTED)


Ways = tuple[bool, bool, bool]  # in the bell, by e-mail at once, in the daily digest


def ways(users: Iterable[User], kind: Kind) -> dict[int, Ways]:
    """For each person how this kind of news reaches them."""
    users = list(users)
    rows = NotificationPreference._base_manager.filter(user__in=users, kind=kind.key)
    chosen = {p.user_id: (p.in_app, p.email, p.digest) for p in rows}
    return {u.pk: chosen.get(u.pk) or default_ways(kind, _role(u)) for u in users}


def preferences(user: User) -> list[tuple[Kind, Ways]]:
    """Every kind of news that can reach this person, with how it does."""
    rows = visible(NotificationPreference, user)
    chosen = {p.kind: (p.in_app, p.email, p.digest) for p in rows}
    reached = [k for k in ordered() if _reaches(user, k)]
    return [(k, chosen.get(k.key) or default_ways(k, _role(user))) for k in reached]


def _reaches(user: User, kind: Kind) -> bool:
    if kind.audience == "administrators":
        return is_administrator(user)
    if kind.audience == "leaders":
        return leads_a_team(user)
    return not kind.audience


def _role(user: User) -> str:
    return user.role.slug if user.role_id else ""


def rhythm(user: User) -> NotificationRhythm:
    """When somebody wants to hear; what holds for everybody until they choose."""
    return visible(NotificationRhythm, user).first() or NotificationRhythm(user=user)


def may_still_receive(email: OutgoingEmail) -> bool:
    """Whether the person a mail is for is still here and may still see what it is about; who opted out gets no more."""
    if email.unsubscribe_url and email.user_id is None and is_suppressed(email.to):
        return False
    if email.user_id is None:
        return True
    user = User._base_manager.filter(pk=email.user_id, is_active=True).first()
    if user is None:
        return False
    if not email.about_type:
        return True
    try:
        model = apps.get_model(email.about_type)
    except LookupError:
        return False
    record = model._default_manager.filter(pk=email.about_id).first()
    return record is not None and may(user, "view", record)
