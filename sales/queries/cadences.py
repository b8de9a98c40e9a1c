"""What is read of cadences and of those who are taken through them."""

from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.models import Contact
from crm.identity import access
from crm.identity.models import User
from sales.models import Cadence, CadenceStep, Enrolment, Lead, PersonalTemplate, StopReason
from sales.models.cadence import LIVE


def cadence_list() -> QuerySet[Cadence]:
    """Cadences with how many steps they have and how many people go through them."""
    return Cadence.objects.annotate(
        step_count=Count("steps", distinct=True),
        live_count=Count("enrolments", filter=Q(enrolments__state__in=("active", "paused")), distinct=True),
    )


def enrolment_list() -> QuerySet[Enrolment]:
    """Enrolments with what the columns of the list read."""
    return Enrolment.objects.select_related(
        "cadence", "contact__customer", "customer", "lead", "owner", "team", "next_step"
    )


def usable_cadences() -> QuerySet[Cadence]:
    """The cadences somebody can begin: in use, with at least one step."""
    return Cadence.objects.filter(is_active=True, steps__isnull=False).distinct()


def steps_of(cadence: Cadence, user: User) -> list[CadenceStep]:
    """The steps of a cadence in their order, each with the words somebody has of their own as `own`."""
    own = {one.step_id: one for one in access.visible(PersonalTemplate, user).filter(step__cadence=cadence)}
    steps = list(cadence.steps.order_by("position", "pk"))
    for step in steps:
        step.own = own.get(step.pk)
    return steps


def own_words(step: CadenceStep, user: User) -> PersonalTemplate | None:
    """What somebody's own mails of a step say, if they say something else than the company's."""
    return access.visible(PersonalTemplate, user).filter(step=step).first()


def outcome(cadence: Cadence, user: User) -> dict[str, Any]:
    """What came of a cadence, as far as somebody sees: how many went through it, answered, opted out, could not be reached."""
    rows = access.visible(Enrolment, user).filter(cadence=cadence)
    return rows.aggregate(
        all=Count("pk"),
        live=Count("pk", filter=LIVE),
        answered=Count("pk", filter=Q(reason__in=(StopReason.REPLY, StopReason.MEETING))),
        opted_out=Count("pk", filter=Q(reason=StopReason.OPTED_OUT)),
        bounced=Count("pk", filter=Q(reason=StopReason.BOUNCED)),
    )


def enrolments_of(who: Contact | Lead, user: User) -> QuerySet[Enrolment]:
    """The cadences a person is or was in, as far as somebody sees them, the running one first."""
    rows = access.visible(Enrolment, user).filter(**{"lead" if isinstance(who, Lead) else "contact": who.pk})
    return rows.select_related("cadence", "next_step", "owner", "contact", "lead").order_by(
        "-started_at", "-pk"
    )
