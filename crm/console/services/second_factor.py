"""Taking a lost second factor off somebody, so that they can set up another one."""

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import QuerySet

from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.identity.events import USER_SECOND_FACTOR_REMOVED
from crm.identity.models import User
from crm.identity.services import end_sessions


def second_factors(user: User) -> QuerySet[Authenticator]:
    """What somebody signs in with besides the password; recovery codes alone are none."""
    return Authenticator.objects.filter(user=user.pk).exclude(type=Authenticator.Type.RECOVERY_CODES)


@transaction.atomic
def reset_second_factor(user: User, *, actor: Actor) -> bool:
    """Delete somebody's authenticator and recovery codes and sign them out; returns whether there were any."""
    removed, _rows = Authenticator.objects.filter(user=user).delete()
    if removed:
        record_event(USER_SECOND_FACTOR_REMOVED, user, actor=actor, payload={"type": "all"})
        end_sessions(user, actor=actor)
    return bool(removed)
