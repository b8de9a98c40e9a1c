"""How each person wants to be told."""

from collections.abc import Mapping

from django.db import transaction

from crm.automation import kinds
from crm.automation.models import NotificationPreference
from crm.identity.models import User


@transaction.atomic
def save_preferences(user: User, ways: Mapping[str, tuple[bool, bool]]) -> None:
    """Set for each kind of news named whether it reaches the person (in the bell, by e-mail)."""
    for key, (in_app, email) in ways.items():
        if key in kinds.KINDS:
            NotificationPreference._base_manager.update_or_create(
                user=user, kind=key, defaults={"in_app": in_app, "email": email}
            )
