"""Delegating one's approvals for some days."""

import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm.approvals.events import DELEGATED, DELEGATION_ENDED
from crm.approvals.models import ApprovalDelegation, ApprovalRequest, ApprovalTask
from crm.approvals.queries.people import Chart
from crm.approvals.rules.conditions import leads_back
from crm.approvals.services.deciding import open_task
from crm.approvals.services.handling import transfer
from crm.core.clock import company_today
from crm.core.locks import hold
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.identity.models import User

LONGEST = datetime.timedelta(days=366)


@transaction.atomic
def delegate(
    user: User, *, to: User, first_date: datetime.date, last_date: datetime.date, actor: Actor
) -> ApprovalDelegation:
    """Let somebody else decide between two days, both included; what waits already is handed over when it begins today."""
    hold("approval delegations")  # two that close a loop come one after the other
    today, chart = company_today(), Chart()
    if to.pk == user.pk or to.pk not in chart.able:
        raise RuleBroken(_("%(name)s may not approve. Choose somebody else.") % {"name": to}, field="to")
    if last_date < first_date or last_date < today:
        raise RuleBroken(_("The end lies in the past."), field="last_date")
    if last_date - first_date > LONGEST:
        raise RuleBroken(_("A delegation lasts a year at most."), field="last_date")
    same_days = ApprovalDelegation.objects.filter(first_date__lte=last_date, last_date__gte=first_date)
    if same_days.filter(user=user).exists():
        raise RuleBroken(_("These days are delegated already."), field="first_date")
    if leads_back(same_days.values_list("user_id", "to_id"), user.pk, to.pk):
        raise RuleBroken(
            _("%(name)s delegates back to you in these days. Choose somebody else.") % {"name": to},
            field="to",
            code="loop",
        )
    made = ApprovalDelegation(user=user, to=to, first_date=first_date, last_date=last_date)
    made.save()
    payload = {
        "to": str(to), "to_id": to.pk, "from": first_date.isoformat(), "until": last_date.isoformat(),
    }  # fmt: skip
    record_event(DELEGATED, user, actor=actor, payload=payload)
    if first_date <= today:
        _hand_over(user, to, actor)
    return made


@transaction.atomic
def end_delegation(delegation: ApprovalDelegation, *, actor: Actor) -> None:
    """End a delegation before its time; what was handed over stays with who has it. Twice is once."""
    held = ApprovalDelegation.objects.select_for_update().filter(pk=delegation.pk).first()
    if held is not None:
        payload = {"to": str(held.to), "to_id": held.to_id}
        record_event(DELEGATION_ENDED, held.user, actor=actor, payload=payload)
        held.delete()


def _hand_over(user: User, to: User, actor: Actor) -> None:
    """What waits for somebody already waits for the other from now on."""
    waiting = ApprovalTask.objects.filter(approver=user, state=ApprovalTask.State.OPEN).values("request")
    taken = ApprovalTask.objects.filter(
        approver=to, state__in=(ApprovalTask.State.OPEN, ApprovalTask.State.WAITING)
    ).values("request")
    requests = ApprovalRequest.objects.select_for_update().filter(
        pk__in=waiting, state=ApprovalRequest.State.PENDING
    )
    for request in requests.exclude(submitter=to).exclude(pk__in=taken).order_by("pk"):
        if open_task(request, user) is not None:  # they may have answered before the lock was had
            transfer(request, user=user, to=to, actor=actor)
