"""What the lists of leads can be narrowed by."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.filters import FOLLOW_UPS, PAST, IndustryFilter, PlaceFilter
from accounts.models.choices import Source
from crm.identity.models import Team
from crm.listing.filters import Choices, Filters, Flag, OwnerFilter, PeriodFilter, Records
from crm.records.models import Industry
from sales.models import (
    DisqualifyReason,
    Lead,
    LeadStatus,
)
from sales.models.lead import OPEN_STATUSES


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
