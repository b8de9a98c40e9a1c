"""The dispatcher: feeds each waiting event to its consumer, once."""

from datetime import timedelta

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.hooks import hooks
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.catalogue import event
from crm.events.models import Delivery, Event
from crm.events.recording import record_event

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 5
DELIVERY_RETRIED = event("delivery.retried", gettext_lazy("Delivery started again"), timeline=False)


def deliver_pending(limit: int = 500) -> int:
    """Deliver up to `limit` waiting events, oldest first; returns how many were taken. Safe to run side by side."""
    taken = 0
    while taken < limit and _deliver_one():
        taken += 1
    return taken


@transaction.atomic
def try_again(delivery: Delivery, *, actor: Actor) -> Delivery:
    """An administrator lets a consumer have another go at an event it had been given up for."""
    delivery = Delivery._base_manager.select_for_update().get(pk=delivery.pk)
    if delivery.state != Delivery.State.DEAD:
        raise RuleBroken(_("Only what has failed can be tried again."))
    delivery.state, delivery.attempts, delivery.next_at = Delivery.State.PENDING, 0, timezone.now()
    delivery.save(update_fields=["state", "attempts", "next_at"])
    record_event(DELIVERY_RETRIED, delivery, actor=actor, payload={"consumer": delivery.consumer})
    return delivery


def _deliver_one() -> bool:
    delivery = _claim()
    if delivery is None:
        return False
    if delivery.state == Delivery.State.PENDING:
        _hand_over(delivery)
    return True


@transaction.atomic
def _claim() -> Delivery | None:
    """Take the next waiting delivery and count the attempt before it is made: one that kills its worker counts too."""
    delivery = (
        Delivery._base_manager.select_for_update(skip_locked=True)
        .filter(state=Delivery.State.PENDING, next_at__lte=timezone.now())
        .order_by("next_at", "pk")
        .first()
    )
    if delivery is None:
        return None
    if delivery.attempts >= MAX_ATTEMPTS:  # every attempt ended with its worker
        delivery.state, delivery.error = Delivery.State.DEAD, "each attempt killed its worker"
    else:
        delivery.next_at = timezone.now() + timedelta(seconds=10 * 4**delivery.attempts)
        delivery.attempts += 1
    delivery.save(update_fields=["state", "error", "attempts", "next_at"])
    return delivery


@transaction.atomic
def _hand_over(claimed: Delivery) -> None:
    """Let the consumer have the event; what it writes and that it is done are one transaction."""
    # Waited for, not skipped: another dispatcher that looked for work may hold the row for a moment.
    delivery = (
        Delivery._base_manager.select_for_update()
        .filter(pk=claimed.pk, state=Delivery.State.PENDING, attempts=claimed.attempts)
        .first()
    )
    if delivery is None:  # somebody else has it by now
        return
    consumer = hooks.consumers.get(delivery.consumer)
    try:
        if consumer is not None:
            with transaction.atomic():
                consumer.handle(Event._base_manager.get(pk=delivery.event_id))
        delivery.state = Delivery.State.DONE
        delivery.error = "" if consumer else "no such consumer any more"
    except Exception as error:  # one poisonous event must not stop the others
        log.exception("delivery_failed", consumer=delivery.consumer, event_id=delivery.event_id)
        delivery.error = f"{type(error).__name__}: {error}"[:1000]
        if delivery.attempts >= MAX_ATTEMPTS:
            delivery.state = Delivery.State.DEAD
    delivery.save(update_fields=["state", "error"])
