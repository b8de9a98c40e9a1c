"""The life cycle: one step at a time, each with its reason."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import CUSTOMER_STAGED
from accounts.models import Customer, LifecycleEvent
from accounts.rules.lifecycle import check_manual_move
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
    refused = check_manual_move(
        customer.lifecycle_stage, to, is_deal_customer=customer.is_deal, reason=reason
    )
    if refused == "same":
        return customer
    if refused:
        raise RuleBroken(_REFUSALS[refused], field="reason" if refused == "reason" else "to", code=refused)
    if len(reason) > 200:
        raise RuleBroken(_("At most 200 characters."), field="reason")
    enter_stage(customer, to, rule="manual", reason=reason, actor=actor)
    return customer


_REFUSALS = {
    "deal_customer": gettext_lazy("A customer that has had a deal does not become a prospect again."),
    "no_deal": gettext_lazy("Without a deal a customer stays a prospect."),
    "not_allowed": gettext_lazy("The life cycle does not lead from here to there."),
    "reason": gettext_lazy("Give a reason."),
}


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
