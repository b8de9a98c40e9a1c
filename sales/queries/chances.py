"""What the learned chance of leads reads: what was known of a lead on its first day, and what became of it."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from crm.core.email import is_free_mail
from sales.models import Lead, LeadModel, LeadTouch
from sales.rules.chances import Chance, Model, Row, chance_of
from sales.rules.leads import decides

WITHIN = datetime.timedelta(days=90)
FIRST_DAY = datetime.timedelta(days=1)
MOST = 200_000


def history(now: datetime.datetime) -> list[tuple[Row, int]]:
    """Leads old enough to tell, each as it was on its first day, and whether it was converted within 90 days.

    What salespeople fill in later (need, budget, status, follow-ups) would tell the answer and is left out.
    """
    settled = Q(created_at__lte=now - WITHIN) | Q(converted_at__isnull=False)
    rows = Lead._base_manager.filter(settled, deleted_at__isnull=True)
    rows = (
        _with_first_day(rows)
        .select_related("industry__parent", "region__parent__parent")
        .order_by("-pk")[:MOST]
    )
    return [(facts_of(lead), _became(lead)) for lead in rows.iterator(2000)]


def chance(lead: Lead) -> tuple[LeadModel | None, Chance | None]:
    """The newest model, and what it says of a lead where it is used."""
    model = LeadModel.objects.first()
    if model is None or not model.is_used or not lead.is_open:
        return model, None
    known = _with_first_day(Lead._base_manager.filter(pk=lead.pk))
    first = known.select_related("industry__parent", "region__parent__parent").first()
    return (
        (model, chance_of(Model.of(model.weights), facts_of(first))) if first is not None else (model, None)
    )


def newest_model() -> LeadModel | None:
    """The newest model, used or not."""
    return LeadModel.objects.first()


def model_in_use() -> Model | None:
    """The newest model, where it is used; None while the rules alone count."""
    newest = newest_model()
    return Model.of(newest.weights) if newest is not None and newest.is_used else None


def first_day_of(lead: Lead, touches: Iterable[LeadTouch]) -> int:
    """The points of what a lead did on its first day."""
    return sum(one.points for one in touches if one.at <= lead.created_at + FIRST_DAY)


def facts_of(lead: Any) -> Row:
    """What was known of a lead when it came in."""
    return {
        "source": lead.source,
        "channel": lead.channel,
        "industry": _widest(lead.industry),
        "region": _widest(lead.region),
        "size": float(lead.size or 0),
        "role": bool(lead.title and decides(lead.title)),
        "title": bool(lead.title),
        "company": bool(lead.company),
        "phone": bool(lead.phone),
        "email": "" if not lead.email else "free" if is_free_mail(lead.email) else "own",
        "wechat": bool(lead.wechat),
        "website": bool(lead.website),
        "first_day": float(lead.first_day),
    }


def _with_first_day(rows: models.QuerySet[Lead]) -> models.QuerySet[Lead]:
    """With the points of what a lead did on its first day."""
    early = LeadTouch.objects.filter(lead=OuterRef("pk"), at__lte=OuterRef("created_at") + FIRST_DAY)
    points = early.order_by().values("lead").annotate(n=Sum("points")).values("n")
    return rows.annotate(first_day=Coalesce(Subquery(points), 0))


def _became(lead: Lead) -> int:
    return int(lead.converted_at is not None and lead.converted_at - lead.created_at <= WITHIN)


def _widest(place: Any) -> str:
    while place is not None and place.parent_id:
        place = place.parent
    return place.pk if place is not None else ""
