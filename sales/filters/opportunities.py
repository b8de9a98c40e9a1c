"""What the lists of opportunities can be narrowed by."""

import django_filters
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.filters import FOLLOW_UPS, PAST, PlaceFilter
from accounts.models import Customer
from accounts.models.choices import Source
from crm.identity.models import Team, User
from crm.listing.filters import Choices, Filters, Flag, OwnerFilter, PeriodFilter, Records
from crm.records.models import Industry
from sales.filters.blanks import Without, may_tell_by
from sales.filters.stays import Entered, EnteredStage, Reached, WithProduct
from sales.models import (
    CloseReason,
    ForecastCategory,
    Opportunity,
    OpportunityStatus,
    Pipeline,
    Product,
    Stage,
)
from sales.queries.opportunities import rotting_q

CLOSING = ("overdue", "this_week", "this_month", "next_month", "this_quarter", "next_30", "next_90", "none")


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
    region = PlaceFilter(field_name="customer__region", label=_("Region"))
    industry = Records(model=Industry, field_name="customer__industry", label=_("Industry"))
    product = WithProduct(model=Product, label=_("Product"))
    entered_stage = EnteredStage(model=Stage, label=_("Entered stage"))
    entered = Entered(names=PAST, label=_("Entered in"))
    reached = Reached(model=Stage, label=_("Ever reached"))
    without = Without()
    created_at = PeriodFilter(names=PAST, label=pgettext_lazy("date", "Created"))

    class Meta:
        model = Opportunity
        fields: list[str] = []

    @classmethod
    def barred(cls, user: User) -> set[str]:
        unread = set() if may_tell_by(user, "lines__product") else {"product"}
        return super().barred(user) | unread
