"""The life cycle: one step at a time, each with its reason."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import CUSTOMER_STAGED
from accounts.models import Customer, LifecycleEvent
from accounts.models.choices import Stage
from crm.core.text import tidy
from crm.core.writes import RuleBroken, check_version, lock, save_versioned
from crm.events.actor import Actor
from crm.events.recording import recording


@transaction.atomic
def change_lifecycle(
    customer: Customer, *, to: str, reason: str, actor: Actor, expected: int | None = None
) -> Customer:
    """Move a customer to another stage by hand, with a reason; a deal customer never becomes a lead again."""
    customer = lock(customer)
    check_version(customer, expected)
    reason = tidy(reason)
    if to not in Stage.values:
        raise RuleBroken(_("Choose one of the values offered."), field="to")
    if to == customer.lifecycle_stage:
        return customer
    if not reason:
        raise RuleBroken(_("Give a reason."), field="reason")
    if len(reason) > 200:
        raise RuleBroken(_("At most 200 characters."), field="reason")
    enter_stage(customer, to, rule="manual", reason=reason, actor=actor)
    return customer


def enter_stage(customer: Customer, to: str, *, rule: str, actor: Actor, reason: str = "") -> None:
    """Write a step of the (locked) customer's life cycle: the field, the history, the event."""
    before = customer.lifecycle_stage
    payload = {"from": before, "to": str(to), "rule": rule, "reason": reason}
    with recording(CUSTOMER_STAGED, customer, actor=actor, payload=payload):
        customer.lifecycle_stage = to
        save_versioned(customer, ["lifecycle_stage"])
    LifecycleEvent(
        customer=customer,
        from_stage=before,
        to_stage=to,
        rule=rule,
        reason=reason,
        actor_id=actor.id,
        actor_name=actor.name,
    ).save()
