"""Idempotency keys: one request, sent as often as a shaky line makes it, has one effect."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.http.response import HttpResponseBase
from django.utils import timezone

from crm.identity.models import User
from crm.records.models import IdempotencyKey

KEPT_FOR = timedelta(hours=24)

R = TypeVar("R", bound=HttpResponseBase)


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


@transaction.atomic
def answer_once(
    user: User,
    key: str,
    fingerprint: str,
    *,
    answer: Callable[[], R],
    again: Callable[[IdempotencyKey], R],
    kept: Callable[[R], Any],
    kept_for: timedelta = KEPT_FOR,
) -> R:
    """Answer a request whose key is new and remember it (`kept` is its body); the others are answered from memory.

    A refusal takes back what was written and is not remembered: the request may come again.
    """
    row, first = take_key(user, key, fingerprint, kept_for)
    if not first:
        return again(row)
    response = answer()
    if response.status_code >= 400:
        transaction.set_rollback(True)
        return response
    row.status, row.body = response.status_code, kept(response)
    row.location = response.headers.get("Location", "")
    row.save(update_fields=["status", "body", "location"])
    return response


@transaction.atomic
def forget_old_keys() -> int:
    """Delete the keys of requests older than a day."""
    deleted, _by_model = IdempotencyKey._base_manager.filter(
        created_at__lt=timezone.now() - KEPT_FOR
    ).delete()
    return deleted
