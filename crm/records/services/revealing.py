"""Looking at a masked value once, with a reason."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.text import tidy
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.models import Event
from crm.events.recording import record_event
from crm.identity.events import FIELD_REVEALED
from crm.identity.models import FieldLevel, User
from crm.records.field_access import level_of
from crm.records.models.custom_field import PREFIX

SHORTEST_REASON = 4
MANY, MOST = 10, 60  # an hour: from then on people confirm that it is them; from then on nobody sees more


def revealed_lately(user: User) -> int:
    """How many masked values somebody has looked at within the last hour, at the browser and by their tokens."""
    since = timezone.now() - timedelta(hours=1)
    return Event._base_manager.filter(
        name=str(FIELD_REVEALED), at__gt=since, payload__user_id=user.pk
    ).count()


@transaction.atomic
def reveal(record: models.Model, name: str, *, user: User, reason: str, actor: Actor) -> Any:
    """The whole value of a field somebody sees masked; who looked, at what and why goes into the audit log."""
    model = type(record)
    if level_of(user, model, name) != FieldLevel.MASKED:
        raise PermissionDenied
    if len(tidy(reason)) < SHORTEST_REASON:
        raise RuleBroken(_("Say why you need it."), field="reason")
    if revealed_lately(user) >= MOST:
        raise RuleBroken(
            _("You have looked at %(count)s masked values within an hour. Go on later.") % {"count": MOST}
        )
    payload = {"field": name, "reason": tidy(reason)[:200], "user_id": user.pk}
    record_event(FIELD_REVEALED, record, actor=actor, payload=payload)
    if name.startswith(PREFIX):
        held = model._base_manager.values_list("custom", flat=True).get(pk=record.pk)
        return (held or {}).get(name.removeprefix(PREFIX))
    return model._base_manager.values_list(name, flat=True).get(pk=record.pk)
