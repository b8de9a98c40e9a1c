"""What the lists of pools can be narrowed by."""

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.filters import PAST, IndustryFilter, PlaceFilter
from accounts.models import Customer
from accounts.models.choices import Intent, Source
from crm.identity.models import Team, User
from crm.listing.filters import Choices, Filters, PeriodFilter, Records, Words
from crm.records.models import Industry
from sales.models import Lead, PoolReason, PoolStay
from sales.queries.pools import kind_of


class PoolFilter(Records):
    """The pools somebody sees."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(model=Team, field_name="team", **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        return super().get_queryset(request).filter(kind=Team.Kind.POOL)

    @property
    def field(self) -> forms.Field:
        return super(Records, self).field  # few enough to list


class ReasonFilter(Choices):
    """Why a record lies in the pool."""

    def filter(self, qs: QuerySet, value: list[str]) -> QuerySet:
        if not value:
            return qs
        path = kind_of(qs.model)
        stays = PoolStay._base_manager.filter(**{path: OuterRef("pk")}, left_at__isnull=True)
        return qs.filter(Exists(stays.filter(reason__in=value)))


class PoolLeadFilters(Filters):
    """The filters of leads in pools."""

    pool = PoolFilter(label=_("Pool"))
    reason = ReasonFilter(choices=PoolReason.choices, label=_("Reason"))
    since = PeriodFilter(names=PAST, field_name="owner_since", label=_("In the pool since"))
    previous_owner = Records(model=User, label=_("Previous owner"))
    source = Choices(choices=Source.choices, label=_("Source"))
    region = PlaceFilter(label=_("Region"))
    industry = IndustryFilter(model=Industry, label=_("Industry"))
    created_at = PeriodFilter(names=PAST, label=pgettext_lazy("date", "Created"))

    class Meta:
        model = Lead
        fields: list[str] = []


class PoolCustomerFilters(Filters):
    """The filters of customers in pools."""

    pool = PoolFilter(label=_("Pool"))
    reason = ReasonFilter(choices=PoolReason.choices, label=_("Reason"))
    since = PeriodFilter(names=PAST, field_name="owner_since", label=_("In the pool since"))
    previous_owner = Records(model=User, label=_("Previous owner"))
    intent = Choices(choices=Intent.choices, label=_("Intent"))
    region = PlaceFilter(label=_("Region"))
    industry = IndustryFilter(model=Industry, label=_("Industry"))
    last_activity_at = PeriodFilter(names=PAST, label=_("Last follow-up"))
    name = Words(searched=True, label=_("Name"))

    class Meta:
        model = Customer
        fields: list[str] = []
