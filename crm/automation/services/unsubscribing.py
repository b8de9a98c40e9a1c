"""Leaving a kind of mail by a link in it, without signing in."""

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from crm.automation import kinds
from crm.automation.digests import DIGEST
from crm.automation.models import NotificationPreference, NotificationRhythm
from crm.automation.queries import ways
from crm.identity.models import User

SALT = "unsubscribe"


def unsubscribe_url(user: User, kind: str) -> str:
    """The address that ends one kind of mail to one person: good for nothing else, so that it need not run out."""
    token = signing.dumps([user.pk, kind], salt=SALT, compress=False)
    return f"{settings.BASE_URL}{reverse('unsubscribe', args=[token])}"


def read_token(token: str) -> tuple[User, str] | None:
    """Whose mail of which kind a token ends; None where it is not one of ours or the person is gone."""
    try:
        pk, kind = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    user = User._base_manager.select_related("role").filter(pk=pk, is_active=True).first()
    return (user, kind) if user and kind in kinds.KINDS else None


@transaction.atomic
def unsubscribe(user: User, kind: str) -> None:
    """Send this person no more mail of this kind; the bell stays as it was."""
    if kind == DIGEST.key:
        NotificationRhythm._base_manager.update_or_create(user=user, defaults={"digest_email": False})
        return
    in_app, _email, digest = ways([user], kinds.KINDS[kind])[user.pk]
    NotificationPreference._base_manager.update_or_create(
        user=user, kind=kind, defaults={"in_app": in_app, "email": False, "digest": digest}
    )
