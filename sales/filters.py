"""What the lists of sales can be narrowed by."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.filters import FOLLOW_UPS, PAST, IndustryFilter, PlaceFilter
from accounts.models import Customer
from accounts.models.choices import Source
from crm.identity.models import Team
from crm.listing.filters import Choices, Filters, Flag, OwnerFilter, PeriodFilter, Records
from crm.records.models import Industry
from sales.models import (
    CloseReason,
    DisqualifyReason,
    ForecastCategory,
    Lead,
    LeadStatus,
    Opportunity,
    OpportunityStatus,
    Pipeline,
    Stage,
)
from sales.models.lead import OPEN_STATUSES
from sales.queries.opportunities import rotting_q

CLOSING = ("overdue", "this_week", "this_month", "next_month", "this_quarter", "next_30", "next_90", "none")


class LeadFilters(Filters):
    """The filters of leads, in the order they are offered."""

    owner = OwnerFilter()
    team = Records(model=Team, field_name="team", label=_("Team"))
    status = Choices(choices=LeadStatus.choices, label=_("Status"))
    open = Flag(label=_("Open"), condition=lambda user: Q(status__in=OPEN_STATUSES))
    score_from = django_filters.NumberFilter(
        field_name="score", lookup_expr="gte", min_value=0, max_value=100, label=_("Score from")
    )
    source = Choices(choices=Source.choices, label=_("Source"))
    reason = Choices(choices=DisqualifyReason.choices, label=_("Reason"))
    next_follow_up_at = PeriodFilter(
        names=FOLLOW_UPS, all_day="next_follow_up_all_day", label=_("Next follow-up")
    )
    last_activity_at = PeriodFilter(names=PAST, label=_("Last follow-up"))
    region = PlaceFilter(label=_("Region"))
    industry = IndustryFilter(model=Industry, label=_("Industry"))
    created_at = PeriodFilter(names=PAST, label=pgettext_lazy("date", "Created"))

    class Meta:
        model = Lead
        fields: list[str] = []


class OpportunityFilters(Filters):
    """The filters of opportunities, in the order they are offered."""

    owner = OwnerFilter()
    team = Records(model=Team, field_name="team", label=_("Team"))
    pipeline = Records(model=Pipeline, label=_("Pipeline"))
    stage = Records(model=Stage, label=_("Stage"))
    status = Choices(choices=OpportunityStatus.choices, label=_("Status"))
    forecast_category = Choices(choices=ForecastCategory.choices, label=_("Forecast"))
    expected_close_date = PeriodFilter(names=CLOSING, label=_("Expected to close"))
    amount_from = django_filters.NumberFilter(
        field_name="amount", lookup_expr="gte", min_value=0, label=_("Amount from")
    )
    amount_to = django_filters.NumberFilter(
        field_name="amount", lookup_expr="lte", min_value=0, label=_("Amount up to")
    )
    rotting = Flag(label=_("Rotting"), condition=lambda user: rotting_q())
    next_follow_up_at = PeriodFilter(
        names=FOLLOW_UPS, all_day="next_follow_up_all_day", label=_("Next follow-up")
    )
    closed_at = PeriodFilter(names=PAST, label=_("Closed"))
    reason = Choices(choices=CloseReason.choices, label=_("Reason"))
    source = Choices(choices=Source.choices, label=_("Source"))
    customer = Records(model=Customer, label=_("Customer"))
    created_at = PeriodFilter(names=PAST, label=pgettext_lazy("date", "Created"))

    class Meta:
        model = Opportunity
        fields: list[str] = []
