"""Remembering what somebody opened or starred, for the side bar."""

from datetime import timedelta

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.console.models import RecentRecord
from crm.core.writes import RuleBroken
from crm.identity.models import User

KEPT = 20
STARS = 50
AGAIN_AFTER = timedelta(minutes=1)


def remember_opened(user: User, record: models.Model) -> None:
    """Note that somebody opened a record; reloading within a minute writes nothing."""
    rows = RecentRecord._base_manager.filter(user=user)
    key = {"model": record._meta.label_lower, "object_id": record.pk}
    now = timezone.now()
    latest = rows.order_by("-opened_at").first()
    if (
        latest
        and (latest.model, latest.object_id) == tuple(key.values())
        and now - latest.opened_at < AGAIN_AFTER
    ):
        return
    _row, created = RecentRecord._base_manager.update_or_create(user=user, **key, defaults={"opened_at": now})
    if created:
        keep = rows.order_by("-opened_at").values("pk")[:KEPT]
        rows.filter(starred_at=None).exclude(pk__in=list(keep.values_list("pk", flat=True))).delete()


@transaction.atomic
def star(user: User, record: models.Model, *, on: bool) -> None:
    """Keep a record at hand in the side bar, or no longer; at most fifty for one person."""
    User._base_manager.select_for_update().get(pk=user.pk)  # two clicks at once count one after the other
    rows = RecentRecord._base_manager.filter(user=user)
    key = {"model": record._meta.label_lower, "object_id": record.pk}
    if not on:
        rows.filter(**key).update(starred_at=None)
        return
    if rows.filter(starred_at__isnull=False).exclude(**key).count() >= STARS:
        raise RuleBroken(_("You have starred 50 records. Take the star off one you no longer need."))
    RecentRecord._base_manager.update_or_create(user=user, **key, defaults={"starred_at": timezone.now()})
