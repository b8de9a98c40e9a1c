"""Opportunities by the stages they have been in: what the numbers of a funnel lead to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from crm.core.clock import company_midnight, company_today
from crm.listing import periods
from crm.listing.filters import PeriodFilter, Records
from sales.models import StageHistory


def _stays(days: Any) -> QuerySet[StageHistory]:
    """The stays of the deal of the outer query that began in the days of a period filter, all where none are given."""
    rows = StageHistory.objects.filter(opportunity=OuterRef("pk"))
    name, after, before = days or (None, None, None)
    spans = [periods.Days(after, before), *([periods.days_of(name, company_today())] if name else [])]
    for span in spans:
        if span.first:
            rows = rows.filter(entered_at__gte=company_midnight(span.first))
        if span.last:
            rows = rows.filter(entered_at__lt=company_midnight(span.last + timedelta(1)))
    return rows


class EnteredStage(Records):
    """Deals that came into one of the stages, in the days of the filter `entered` where that is set."""

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        if not value:
            return qs
        days = self.parent.form.cleaned_data.get("entered")
        return qs.filter(Exists(_stays(days).filter(stage__in=[one.pk for one in value])))


class Entered(PeriodFilter):
    """When a deal came into the stage of the filter `entered_stage`, or into any."""

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        if not value or self.parent.form.cleaned_data.get("entered_stage"):
            return qs
        return qs.filter(Exists(_stays(value)))


class Reached(Records):
    """Deals that have ever been in one of the stages."""

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return qs.filter(Exists(_stays(None).filter(stage__in=[one.pk for one in value]))) if value else qs


class WithProduct(Records):
    """Deals one of whose lines is of the products."""

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        if not value:
            return qs
        lines = qs.model._meta.get_field("lines").related_model._base_manager
        return qs.filter(
            Exists(lines.filter(opportunity=OuterRef("pk"), product__in=[one.pk for one in value]))
        )
