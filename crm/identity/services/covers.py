"""Temporary cover: a colleague works with somebody's records while they are away."""

import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm.core.clock import company_today
from crm.core.writes import RuleBroken, lock
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.identity.events import COVER_ENDED, COVER_SET
from crm.identity.models import Cover, User

LONGEST = datetime.timedelta(days=366)


@transaction.atomic
def set_cover(
    user: User, *, by: User, first_date: datetime.date, last_date: datetime.date, actor: Actor
) -> Cover:
    """Let a colleague see and edit what somebody owns between two days, both included."""
    lock(user)  # two covers at once come one after the other
    if by.pk == user.pk or not by.is_active:
        raise RuleBroken(_("%(name)s cannot cover. Choose somebody else.") % {"name": by}, field="by")
    if last_date < first_date:
        raise RuleBroken(_("The last day lies before the first."), field="last_date")
    if last_date < company_today():
        raise RuleBroken(_("The end lies in the past."), field="last_date")
    if last_date - first_date > LONGEST:
        raise RuleBroken(_("A cover lasts a year at most; transfer the records instead."), field="last_date")
    if Cover.objects.filter(user=user, by=by, first_date__lte=last_date, last_date__gte=first_date).exists():
        raise RuleBroken(_("%(name)s covers already in these days.") % {"name": by}, field="by")
    cover = Cover(user=user, by=by, first_date=first_date, last_date=last_date)
    cover.save()
    payload = {"by": str(by), "by_id": by.pk, "from": first_date.isoformat(), "to": last_date.isoformat()}
    record_event(COVER_SET, user, actor=actor, payload=payload)
    return cover


@transaction.atomic
def end_cover(cover: Cover, *, actor: Actor) -> None:
    """End a cover before its time."""
    payload = {"by": str(cover.by), "by_id": cover.by_id}
    cover.delete()
    record_event(COVER_ENDED, cover.user, actor=actor, payload=payload)
