"""The list of the addresses that get no more mails; the API alone shows it."""

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crm.automation import queries
from crm.automation.models import Suppression
from crm.listing.columns import Badge, Date
from crm.listing.declare import ListPage
from crm.listing.filters import Choices, Filters


class SuppressionFilters(Filters):
    """By reason, or whether one address is among them."""

    email = django_filters.CharFilter(label=_("E-mail"), method="by_address")
    reason = Choices(choices=Suppression.Reason.choices)

    class Meta:
        model = Suppression
        fields: list[str] = []

    def by_address(self, rows: QuerySet, _name: str, address: str) -> QuerySet:
        return rows.filter(address_hash__in=queries.hashes_of(address))


SUPPRESSIONS = ListPage(
    model=Suppression,
    queryset=queries.suppression_list,
    title=_("Suppressed addresses"),
    filters=SuppressionFilters,
    columns=[Badge("reason"), Date("at", sort=True)],
    default_sort="-at",
    exportable=False,
    in_search=False,
)
