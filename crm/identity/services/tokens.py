"""API tokens: made once, shown once, kept as a digest."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.identity.events import TOKEN_CREATED, TOKEN_REVOKED
from crm.identity.models import ApiToken, User
from crm.identity.queries import with_policies

USE_NOTED_EVERY = timedelta(minutes=10)


@transaction.atomic
def create_token(
    user: User, *, name: str, read_only: bool = False, expires_at: datetime | None = None, actor: Actor
) -> tuple[ApiToken, str]:
    """Make a token; returns it with the secret text, which is never to be had again."""
    if not user.is_active:
        raise RuleBroken(_("%(name)s has left. Choose somebody else.") % {"name": user})
    secret = "yk_" + secrets.token_urlsafe(32)
    token = ApiToken._base_manager.create(
        user=user,
        name=name,
        prefix=secret[:8],
        digest=_digest(secret),
        read_only=read_only,
        expires_at=expires_at,
    )
    record_event(TOKEN_CREATED, token, actor=actor, payload={"name": name, "user": user.username})
    return token, secret


@transaction.atomic
def revoke_token(token: ApiToken, *, actor: Actor) -> None:
    """End a token at once."""
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        record_event(TOKEN_REVOKED, token, actor=actor, payload={"name": token.name})


def user_of_token(secret: str) -> tuple[User, ApiToken] | None:
    """Whose token this is, while it and its person are valid."""
    now = timezone.now()
    token = (
        ApiToken._base_manager.filter(user__is_active=True)
        .filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=now),
            digest=_digest(secret),
            revoked_at__isnull=True,
        )
        .first()
    )
    if token is None:
        return None
    if token.last_used_at is None or now - token.last_used_at > USE_NOTED_EVERY:
        ApiToken._base_manager.filter(pk=token.pk).update(last_used_at=now)
    people = with_policies(User._base_manager.select_related("role", "team"))
    return people.get(pk=token.user_id), token


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
