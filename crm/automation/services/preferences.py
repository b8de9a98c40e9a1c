"""How each person wants to be told, and when."""

import datetime
from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from crm.automation import kinds
from crm.automation.models import NotificationPreference, NotificationRhythm
from crm.automation.queries.bell import Ways
from crm.core.writes import RuleBroken
from crm.identity.models import User


@transaction.atomic
def save_preferences(user: User, ways: Mapping[str, Ways]) -> None:
    """Set for each kind of news named whether it reaches the person (in the bell, by e-mail at once, in the digest)."""
    for key, (in_app, email, digest) in ways.items():
        if key in kinds.KINDS:
            NotificationPreference._base_manager.update_or_create(
                user=user, kind=key, defaults={"in_app": in_app, "email": email, "digest": digest}
            )


@transaction.atomic
def save_rhythm(
    user: User,
    *,
    digest_in_app: bool,
    digest_email: bool,
    digest_at: datetime.time,
    quiet_from: datetime.time | None,
    quiet_to: datetime.time | None,
) -> None:
    """Set when the daily digest comes and in which hours no mail does."""
    if (quiet_from is None) != (quiet_to is None):
        raise RuleBroken(_("Quiet hours need a beginning and an end."), field="quiet_to")
    NotificationRhythm._base_manager.update_or_create(
        user=user,
        defaults={
            "digest_in_app": digest_in_app,
            "digest_email": digest_email,
            "digest_at": digest_at,
            "quiet_from": quiet_from,
            "quiet_to": quiet_to,
        },
    )
