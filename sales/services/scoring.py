"""The score of leads, renewed when their facts change, when they do something, and every night as touches fade."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.email import is_free_mail
from crm.core.writes import RuleBroken, check_version, lock, save_versioned
from crm.events.actor import Actor
from crm.events.recording import record_event, recording
from crm.records.models import Industry, Region
from sales.events.leads import LEAD_SCORING_CHANGED, LEAD_TOUCHED
from sales.models import Lead, LeadScoring, LeadTouch
from sales.models.choices import TouchKind
from sales.models.lead import OPEN
from sales.queries.chances import facts_of, first_day_of, model_in_use
from sales.queries.scoring import Scoring, scoring
from sales.rules.chances import Model, chance_of
from sales.rules.leads import Facts, fit_of, negatives_of
from sales.rules.scoring import DEFAULT, Score, Touch, lead_score

BATCH = 1000
PLACES = ("industry__parent", "region__parent__parent")
MOST_POINTS, MOST_HALF_LIFE, MOST_SIZE = 50, 365, 10_000_000
PUT = ["score", "fit_score", "engagement_score", "chance", "scored_at"]


@transaction.atomic
def set_lead_scoring(
    *,
    actor: Actor,
    points: Mapping[str, int],
    half_life_days: int,
    industries: Iterable[str] = (),
    regions: Iterable[str] = (),
    size_from: int | None = None,
    size_to: int | None = None,
    expected: int | None = None,
) -> LeadScoring:
    """Say what the score of leads adds up; the caller lets it be reckoned anew. What leads did keeps the points of its day."""
    LeadScoring.objects.get_or_create(pk=1)
    row = lock(LeadScoring(pk=1))
    check_version(row, expected)
    if set(points) - set(DEFAULT.most):
        raise TypeError(f"no such points: {sorted(set(points) - set(DEFAULT.most))}")
    for name, value in points.items():
        if not 0 <= value <= MOST_POINTS:
            message = _("Points lie between 0 and %(most)s.") % {"most": MOST_POINTS}
            raise RuleBroken(message, field=name)
    if not 1 <= half_life_days <= MOST_HALF_LIFE:
        message = _("Between 1 and %(most)s days.") % {"most": MOST_HALF_LIFE}
        raise RuleBroken(message, field="half_life_days")
    if size_from is not None and size_to is not None and size_to < size_from:
        raise RuleBroken(_("It would end before it begins."), field="size_to")
    with recording(LEAD_SCORING_CHANGED, row, actor=actor):
        row.points, row.half_life_days = {**row.points, **points}, half_life_days
        row.industries, row.regions = sorted(set(industries)), sorted(set(regions))
        row.size_from, row.size_to = size_from, size_to
        save_versioned(row, ["points", "half_life_days", "industries", "regions", "size_from", "size_to"])
    return row


def score_of(
    lead: Lead, touches: Iterable[LeadTouch], now: datetime.datetime, held: Scoring | None = None
) -> Score:
    """A lead's score with its parts, from what is known of it and what it did."""
    held = held or scoring()
    facts = Facts(
        industries=_with_parents(lead.industry),
        regions=_with_parents(lead.region),
        size=lead.size,
        title=lead.title,
        free_mail=is_free_mail(lead.email),
    )
    lived = [Touch(one.kind, one.points, _age(one.at, now)) for one in touches]
    points = held.points
    return lead_score(
        fit_of(facts, held.target, points), lived, negatives_of(facts, points), points.half_life
    )


def rescore(lead: Lead) -> Score:
    """Renew one lead's score; it is arithmetic on its facts, so nothing is recorded."""
    now, touches = timezone.now(), list(lead.touches.all())
    score = score_of(lead, touches, now)
    _put(lead, score, now, _chance(lead, touches, model_in_use()))
    Lead._base_manager.filter(pk=lead.pk).update(**{name: getattr(lead, name) for name in PUT})
    return score


@transaction.atomic
def touch_lead(lead: Lead, kind: str, *, note: str = "", actor: Actor) -> LeadTouch:
    """Note that a lead did something by itself; its points begin to fade from now on."""
    touch = LeadTouch(lead=lead, kind=kind, points=scoring().points.behaviour[kind], note=note[:200])
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
        rows = Lead._base_manager.filter(OPEN, pk__gt=after).select_related(*PLACES)
        batch = list(rows.order_by("pk")[:BATCH])
        if not batch:
            return done
        _rescore(batch, hour)
        done += len(batch)
        after = batch[-1].pk


def rescore_some(ids: Iterable[int]) -> None:
    """Renew the scores of these leads, set-based."""
    rows = Lead._base_manager.filter(pk__in=list(ids)).select_related(*PLACES)
    if leads := list(rows):
        _rescore(leads, timezone.now())


def _rescore(leads: Sequence[Lead], now: datetime.datetime) -> None:
    touches: dict[int, list[LeadTouch]] = defaultdict(list)
    for touch in LeadTouch._base_manager.filter(lead__in=leads):
        touches[touch.lead_id].append(touch)
    held, model = scoring(), model_in_use()
    for lead in leads:
        did = touches[lead.pk]
        _put(lead, score_of(lead, did, now, held), now, _chance(lead, did, model))
    Lead._base_manager.bulk_update(leads, PUT)


def _put(lead: Lead, score: Score, now: datetime.datetime, chance: Decimal | None) -> None:
    lead.score, lead.fit_score, lead.engagement_score = score.total, score.fit, score.engagement
    lead.scored_at, lead.chance = now, chance


def _chance(lead: Lead, touches: Iterable[LeadTouch], model: Model | None) -> Decimal | None:
    """The learned chance of an open lead; none while only the rules count."""
    if model is None or not lead.is_open:
        return None
    lead.first_day = first_day_of(lead, touches)
    return Decimal(chance_of(model, facts_of(lead)).probability).quantize(Decimal("0.0001"))


def _with_parents(place: Industry | Region | None) -> tuple[str, ...]:
    """The code with those of what it lies in."""
    codes = []
    while place is not None:
        codes.append(place.pk)
        place = place.parent
    return tuple(codes)


def _age(at: datetime.datetime, now: datetime.datetime) -> Decimal:
    return max(Decimal(0), Decimal((now - at).total_seconds()) / 86400)
