"""Customers change hands: with what is still open, and with or without a way back for the previous owner."""

from collections.abc import Iterable

from django.db import models, transaction
from django.utils import timezone

from accounts.models import Customer
from accounts.services.activity_bulk import hand_over_open
from crm.events.actor import Actor
from crm.identity import services as identity
from crm.identity.models import Team, User


@transaction.atomic
def transfer_customers(
    customers: models.QuerySet[Customer] | Iterable[Customer],
    *,
    owner: User | None,
    team: Team | None = None,
    keep_reader: bool = False,
    actor: Actor,
) -> list[int]:
    """Give customers to another owner, with the follow-ups the previous owner still had planned there.

    Set-based; returns the ids that changed hands. The caller has authorised each transfer.
    """
    began = timezone.now()
    moved = identity.assign(customers, owner=owner, team=team, actor=actor, keep_reader=keep_reader)
    # Where only the team changed, the plans of an earlier owner are nobody else's business.
    given = Customer._base_manager.filter(pk__in=moved, owner_since__gte=began)
    hand_over_open(given.values_list("pk", flat=True), new_owner=owner, actor=actor)
    return moved
