"""Remembering what somebody opened, for the side bar."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

from crm.console.models import RecentRecord
from crm.identity.models import User

KEPT = 20
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
        rows.exclude(pk__in=list(keep.values_list("pk", flat=True))).delete()
