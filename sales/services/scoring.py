"""The score of leads, renewed when their facts change, when they do something, and every night as touches fade."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from crm.core.email import is_free_mail
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.records.models import Industry, Region
from sales.events.leads import LEAD_TOUCHED
from sales.models import Lead, LeadTouch
from sales.models.choices import TouchKind
from sales.models.lead import OPEN
from sales.rules.leads import Facts, Target, fit_of, negatives_of
from sales.rules.scoring import BEHAVIOUR, Score, Touch, lead_score

BATCH = 1000


def score_of(lead: Lead, touches: Iterable[LeadTouch], now: datetime.datetime) -> Score:
    """A lead's score with its parts, from what is known of it and what it did."""
    facts = Facts(
        industries=_with_parents(lead.industry),
        regions=_with_parents(lead.region),
        size=lead.size,
        title=lead.title,
        free_mail=is_free_mail(lead.email),
    )
    lived = [Touch(one.kind, one.points, _age(one.at, now)) for one in touches]
    return lead_score(fit_of(facts, Target()), lived, negatives_of(facts))


def rescore(lead: Lead) -> Score:
    """Renew one lead's score; it is arithmetic on its facts, so nothing is recorded."""
    now = timezone.now()
    score = score_of(lead, lead.touches.all(), now)
    _put(lead, score, now)
    Lead._base_manager.filter(pk=lead.pk).update(
        score=lead.score, fit_score=lead.fit_score, engagement_score=lead.engagement_score, scored_at=now
    )
    return score


@transaction.atomic
def touch_lead(lead: Lead, kind: str, *, note: str = "", actor: Actor) -> LeadTouch:
    """Note that a lead did something by itself; its points begin to fade from now on."""
    touch = LeadTouch(lead=lead, kind=kind, points=BEHAVIOUR[kind], note=note[:200])
    touch.save()
    record_event(
        LEAD_TOUCHED, lead, actor=actor, payload={"kind": str(TouchKind(kind).value), "note": touch.note}
    )
    if kind in (TouchKind.FORM, TouchKind.MEETING):
        lead.hand_raised_at = touch.at
        Lead._base_manager.filter(pk=lead.pk).update(hand_raised_at=touch.at)
    rescore(lead)
    return touch


def rescore_all(*, after: int = 0) -> int:
    """Renew the scores of all open leads, a batch at a time; returns how many there were.

    They are reckoned as of the full hour, so that several runs of one night agree.
    """
    done, hour = 0, timezone.now().replace(minute=0, second=0, microsecond=0)
    while True:
        rows = Lead._base_manager.filter(OPEN, pk__gt=after).select_related("industry__parent")
        batch = list(rows.select_related("industry", "region__parent").order_by("pk")[:BATCH])
        if not batch:
            return done
        _rescore(batch, hour)
        done += len(batch)
        after = batch[-1].pk


def rescore_some(ids: Iterable[int]) -> None:
    """Renew the scores of these leads, set-based."""
    rows = Lead._base_manager.filter(pk__in=list(ids)).select_related("industry__parent", "region__parent")
    if leads := list(rows):
        _rescore(leads, timezone.now())


def _rescore(leads: Sequence[Lead], now: datetime.datetime) -> None:
    touches: dict[int, list[LeadTouch]] = defaultdict(list)
    for touch in LeadTouch._base_manager.filter(lead__in=leads):
        touches[touch.lead_id].append(touch)
    for lead in leads:
        _put(lead, score_of(lead, touches[lead.pk], now), now)
    Lead._base_manager.bulk_update(leads, ["score", "fit_score", "engagement_score", "scored_at"])


def _put(lead: Lead, score: Score, now: datetime.datetime) -> None:
    lead.score, lead.fit_score, lead.engagement_score = score.total, score.fit, score.engagement
    lead.scored_at = now


def _with_parents(place: Industry | Region | None) -> tuple[str, ...]:
    """The code with those of what it lies in."""
    codes = []
    while place is not None:
        codes.append(place.pk)
        place = place.parent
    return tuple(codes)


def _age(at: datetime.datetime, now: datetime.datetime) -> Decimal:
    return max(Decimal(0), Decimal((now - at).total_seconds()) / 86400)
