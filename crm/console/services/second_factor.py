"""Second factors from outside: taking a lost one off somebody, and sealing all of them anew after a change of the key."""

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import QuerySet

from crm.core.sealing import CannotOpen, reseal
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.identity.events import USER_SECOND_FACTOR_REMOVED
from crm.identity.models import User
from crm.identity.services import end_sessions

SEALED_FOR = "second factor"


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


@transaction.atomic
def reseal_second_factors() -> tuple[int, int]:
    """Seal what second factors and recovery codes are made of with the present key; returns how many, and how many no
    key opens."""
    done = closed = 0
    for one in Authenticator.objects.select_for_update().exclude(type=Authenticator.Type.WEBAUTHN):
        try:
            one.data |= {
                name: reseal(one.data[name], SEALED_FOR) for name in ("secret", "seed") if name in one.data
            }
        except CannotOpen:
            closed += 1
            continue
        one.save(update_fields=["data"])
        done += 1
    return done, closed
