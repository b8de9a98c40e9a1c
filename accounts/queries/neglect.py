"""Customers nobody has followed up with in time, by the cadence of tiers and intents."""

from __future__ import annotations

import datetime

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When, Window
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from accounts.models import Customer
from accounts.rules.due import company_zone
from accounts.rules.followup import CADENCE_DAYS, cadence_days
from accounts.rules.lifecycle import CHURNED

GRADE = Case(
    When(first_deal_at__isnull=False, then=Coalesce("tier", Value(""))),
    default=Coalesce("intent", Value("")),
    output_field=CharField(),
)


def neglected_q() -> Q:
    """Customers nobody followed up with within the cadence of their tier or intent, counted from their go-live date."""
    found = Q()
    today = timezone.now().astimezone(company_zone()).date()
    for grade in ("", *CADENCE_DAYS):
        limit = today - datetime.timedelta(days=cadence_days(grade))
        moment = datetime.datetime.combine(limit, datetime.time(0), company_zone())
        silent = Q(neglect_from__lt=limit) & (
            Q(last_valid_follow_up_at__isnull=True) | Q(last_valid_follow_up_at__lt=moment)
        )
        deal = Q(first_deal_at__isnull=False)
        if grade:
            fits = (deal & Q(tier=grade)) | (~deal & Q(intent=grade))
        else:
            fits = (deal & Q(tier__isnull=True)) | (~deal & Q(intent__isnull=True))
        found |= fits & silent
    return found & Q(owner__isnull=False) & ~Q(lifecycle_stage=CHURNED)


def neglected(customers: QuerySet[Customer], limit: int = 6) -> tuple[list[Customer], int]:
    """Of some customers the neglected ones, the highest grade and the longest silence first, and how many there are."""
    rows = customers.filter(neglected_q()).select_related("owner")
    silent = Coalesce(TruncDate("last_valid_follow_up_at", tzinfo=company_zone()), F("neglect_from"))
    grade = Case(When(Q(grade_=""), then=Value("E")), default=F("grade_"), output_field=CharField())
    ordered = (
        rows.annotate(grade_=GRADE, silent_since=silent)
        .annotate(rank=grade, total=Window(Count("pk")))
        .order_by("rank", "silent_since", "pk")
    )
    found = list(ordered[:limit])
    return found, found[0].total if found else 0
