"""Idempotency keys: one request, sent as often as a shaky line makes it, has one effect."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from crm.identity.models import User
from crm.records.models import IdempotencyKey

KEPT_FOR = timedelta(hours=24)


def take_key(
    user: User, key: str, fingerprint: str, kept_for: timedelta = KEPT_FOR
) -> tuple[IdempotencyKey, bool]:
    """The key's row locked, and whether this request is the first in that time; call inside the request's transaction.

    A second request with the same key waits here until the first is committed, then finds its answer; one that was
    rolled back leaves no row.
    """
    fresh = IdempotencyKey(user=user, key=key, fingerprint=fingerprint)
    IdempotencyKey._base_manager.bulk_create([fresh], ignore_conflicts=True)
    row = IdempotencyKey._base_manager.select_for_update().get(user=user, key=key)
    if row.created_at < timezone.now() - kept_for:
        row.fingerprint, row.status, row.body, row.location = fingerprint, None, None, ""
        row.created_at = timezone.now()
        row.save()
    return row, row.status is None


def keep_answer(row: IdempotencyKey, *, status: int, body: Any, location: str = "") -> None:
    """Remember what the request answered."""
    row.status, row.body, row.location = status, body, location
    row.save(update_fields=["status", "body", "location"])


@transaction.atomic
def forget_old_keys() -> int:
    """Delete the keys of requests older than a day."""
    deleted, _by_model = IdempotencyKey._base_manager.filter(
        created_at__lt=timezone.now() - KEPT_FOR
    ).delete()
    return deleted
