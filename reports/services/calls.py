"""What people say by judgement: their own word about a period, and their manager's."""

from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.money import BASE_CURRENCY, q2
from crm.core.writes import RuleBroken, save_versioned
from crm.events.actor import Actor
from crm.events.recording import recording
from crm.identity.models import User
from reports.events import FORECAST_CALLED
from reports.models import ForecastCall
from reports.rules.periods import Period
from reports.services.quotas import MOST


@transaction.atomic
def call_forecast(
    owner: User, period: Period, amount: Decimal, *, actor: Actor, kind: str, currency: str = BASE_CURRENCY
) -> ForecastCall:
    """Say what somebody will close in a period: one's own word, or a manager's about them; the log keeps what was said before."""
    if not Decimal(amount).is_finite() or not 0 <= amount < MOST:
        raise RuleBroken(_("Enter an amount from nothing to a hundred trillion."), field="amount")
    if kind == ForecastCall.Kind.OWN and actor.user_id != owner.pk:
        raise PermissionDenied
    amount = q2(amount)
    call, _made = ForecastCall.objects.select_for_update().get_or_create(
        owner=owner,
        kind=kind,
        period=period.kind,
        first_date=period.first,
        defaults={"amount": 0, "currency": currency, "team": owner.team, "by_id": actor.user_id},
    )
    payload = {"who": owner.name, "period": period.key, "kind": kind, "amount": str(amount)}
    with recording(FORECAST_CALLED, call, actor=actor, payload=payload):
        call.amount, call.currency, call.by_id = amount, currency, actor.user_id
        call.called_at = timezone.now()
        save_versioned(call, ["amount", "currency", "by_id", "called_at"])
    return call
