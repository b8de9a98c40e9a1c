"""What the list of targets can be narrowed by."""

import django_filters
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.identity.models import Team
from crm.listing.filters import Choices, Filters, OwnerFilter, PeriodFilter, Records
from reports.models import Metric, PeriodKind, Quota

PERIODS = ("last_month", "this_month", "next_month", "this_quarter", "this_year")


class QuotaFilters(Filters):
    """The filters of targets."""

    user = OwnerFilter(label=_("Person"))
    team = Records(model=Team, field_name="team", label=_("Team"))
    kind = Choices(choices=PeriodKind.choices, label=pgettext_lazy("target", "Period"))
    metric = Choices(choices=Metric.choices, label=_("Counts"))
    first_date = PeriodFilter(names=PERIODS, label=_("Begins"))
    amount_from = django_filters.NumberFilter(
        field_name="amount", lookup_expr="gte", min_value=0, label=_("Amount from")
    )

    class Meta:
        model = Quota
        fields: list[str] = []
