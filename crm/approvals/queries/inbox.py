"""The approvals somebody has to do with: what waits, what they asked for, what they decided, what they were told of."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import models
from django.db.models import Exists, F, OuterRef

from crm.approvals.models import ApprovalCopy, ApprovalDelegation, ApprovalFlow, ApprovalRequest, ApprovalTask
from crm.approvals.registry import KINDS
from crm.core.clock import company_today
from crm.core.money import BASE_CURRENCY
from crm.identity.access import visible
from crm.identity.models import User

Task = ApprovalTask.State


def requests() -> models.QuerySet[ApprovalRequest]:
    """Every request with what a list shows of it; whoever asks narrows it."""
    return ApprovalRequest.objects.select_related("submitter", "team", "flow")


def of_user(user: User) -> models.QuerySet[ApprovalRequest]:
    """The requests somebody may see."""
    return requests().filter(pk__in=visible(ApprovalRequest, user).values("pk"))


def waiting_for(user: User) -> models.QuerySet[ApprovalRequest]:
    """What waits for somebody's decision, the most urgent first: nudged ones, then the longest waiting."""
    mine = ApprovalTask.objects.filter(request=OuterRef("pk"), approver=user, state=Task.OPEN)
    rows = of_user(user).filter(Exists(mine), state=ApprovalRequest.State.PENDING)
    rows = rows.annotate(
        asked_at=models.Subquery(mine.order_by("opened_at").values("opened_at")[:1]),
        instead_of=models.Subquery(mine.order_by("opened_at").values("instead_of__name")[:1]),
    )
    return rows.order_by(F("nudged_at").asc(nulls_last=True), "asked_at", "pk")


def waiting_count(user: User) -> int:
    """How many approvals wait for somebody: the number in the navigation, by one query over an index."""
    rows = ApprovalTask.objects.filter(approver=user, state=Task.OPEN)
    return rows.filter(request__state=ApprovalRequest.State.PENDING).values("request").distinct().count()


def submitted_by(user: User) -> models.QuerySet[ApprovalRequest]:
    """What somebody asked approval for, what still waits first."""
    pending = models.Q(state=ApprovalRequest.State.PENDING)
    return (
        of_user(user)
        .filter(submitter=user)
        .order_by(models.Case(models.When(pending, then=0), default=1), "-submitted_at", "-pk")
    )


def decided_by(user: User) -> models.QuerySet[ApprovalRequest]:
    """What somebody approved or rejected, newest first."""
    mine = ApprovalTask.objects.filter(
        request=OuterRef("pk"), approver=user, state__in=(Task.APPROVED, Task.REJECTED)
    )
    rows = of_user(user).filter(Exists(mine))
    newest = mine.order_by("-closed_at")
    return rows.annotate(
        own_decision=models.Subquery(newest.values("state")[:1]),
        own_decision_at=models.Subquery(newest.values("closed_at")[:1]),
    ).order_by("-own_decision_at", "-pk")


def copied_to(user: User) -> models.QuerySet[ApprovalRequest]:
    """What somebody was told of, newest first."""
    copies = ApprovalCopy.objects.filter(request=OuterRef("pk"), user=user)
    return of_user(user).filter(Exists(copies)).order_by("-submitted_at", "-pk")


def requests_for(record: models.Model) -> models.QuerySet[ApprovalRequest]:
    """The requests about one record, newest first."""
    rows = requests().filter(subject_type=record._meta.label_lower, subject_id=record.pk)
    return rows.order_by("-pk")


def delegations(user: User) -> models.QuerySet[ApprovalDelegation]:
    """Delegations somebody is part of, those to come and of today."""
    rows = ApprovalDelegation.objects.filter(models.Q(user=user) | models.Q(to=user))
    return rows.filter(last_date__gte=company_today()).select_related("user", "to")


def flows() -> models.QuerySet[ApprovalFlow]:
    """Every flow with its steps, in the order in which those of a kind are tried."""
    return ApprovalFlow.objects.prefetch_related("steps")


def kinds_there_are() -> list[tuple[str, str]]:
    """What can be approved in this installation: key and name."""
    return [(kind.key, str(kind.label)) for kind in KINDS.values()]


@dataclass(frozen=True)
class Waiting:
    """What waits for somebody, in one line: how many, the largest amount, and how often it was nudged."""

    count: int = 0
    largest: Decimal | None = None
    currency: str = ""
    nudged: int = 0
    nudges: int = 0


def waiting_summary(user: User) -> Waiting:
    """What waits for somebody, for the page they open first; amounts in other currencies are not compared."""
    rows = list(waiting_for(user).order_by().values_list("amount", "currency", "nudges"))
    if not rows:
        return Waiting()
    amounts = [amount for amount, currency, _n in rows if amount is not None and currency == BASE_CURRENCY]
    nudges = [n for _amount, _currency, n in rows if n]
    return Waiting(len(rows), max(amounts, default=None), BASE_CURRENCY, len(nudges), max(nudges, default=0))
