"""What the lists of customers and contacts can be narrowed by."""

from datetime import timedelta
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.choices import CallableChoiceIterator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from accounts.models import Contact, Customer, CustomerTag, Highlight
from accounts.models.choices import ContactRole, Intent, Kind, Source, Stage, Tier
from accounts.queries.customers import running_tags, shared_with
from accounts.queries.neglect import neglected_q
from crm.identity.access import visible
from crm.identity.models import Team
from crm.listing.filters import (
    Between,
    Choices,
    Filters,
    Flag,
    OwnerFilter,
    PeriodFilter,
    Records,
    Words,
    company_midnight,
    company_today,
    listed,
)
from crm.records.models import Industry, Region, Tag
from crm.records.queries import within

FOLLOW_UPS = (
    "overdue", "today", "tomorrow", "this_week", "next_3_workdays", "next_5_workdays", "next_7", "next_14", "next_30",
    "none",
)  # fmt: skip
PAST = (
    "today", "yesterday", "last_3_workdays", "last_5_workdays", "last_7", "last_30", "last_90", "this_month",
    "older_14", "older_30",
)  # fmt: skip
HEALTH = [
    ("green", pgettext_lazy("health", "Good")),
    ("yellow", pgettext_lazy("health", "Watch")),
    ("red", pgettext_lazy("health", "At risk")),
    ("grey", pgettext_lazy("health", "Too little data")),
]
DEALS = ("this_month", "last_month", "this_quarter", "this_year", "last_90", "any", "none")


class CodesField(forms.Field):
    """Codes of reference data; one that does not exist is refused."""

    widget = forms.SelectMultiple

    def __init__(self, *args: Any, rows: QuerySet | None = None, **kwargs: Any) -> None:
        self.rows = rows
        super().__init__(*args, **kwargs)

    def to_python(self, value: Any) -> list[str]:
        words = [value] if isinstance(value, str) else list(value or ())
        return list(dict.fromkeys(word.strip() for word in words if word.strip()))

    def validate(self, value: list[str]) -> None:
        super().validate(value)
        if value and self.rows is not None and self.rows.filter(pk__in=value).count() != len(value):
            raise ValidationError(_("Choose from the list."), code="invalid_choice")


class PlaceFilter(django_filters.Filter):
    """A province, a city or a district, with everything in it; provinces and cities are offered."""

    field_class = CodesField

    @property
    def field(self) -> forms.Field:
        if not hasattr(self, "_field"):
            self.extra["rows"] = visible(Region, self.parent.user)
            self._field = self.field_class(label=self.label, **self.extra)
            self._field.widget.choices = CallableChoiceIterator(self._choices)
        return self._field

    def _choices(self) -> list[tuple[str, str]]:
        offered = self.extra["rows"].exclude(level=Region.Level.DISTRICT)
        return [(one.pk, one.label) for one in offered]

    def filter(self, qs: QuerySet, value: list[str]) -> QuerySet:
        if not value:
            return qs
        found = Q(pk__in=[])
        for region in self.extra["rows"].filter(pk__in=value):
            found |= within(self.field_name, region)
        return qs.filter(found)

    def describe(self, value: list[str], filters: Filters) -> str:
        return listed([one.label for one in self.extra["rows"].filter(pk__in=value)])


class IndustryFilter(Records):
    """An industry, with the classes in it where it is a section."""

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        if not value:
            return qs
        codes = [one.pk for one in value]
        return qs.filter(Q(industry__in=codes) | Q(industry__parent__in=codes))


class TagFilter(Records):
    """Customers that carry one of the tags now."""

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        if not value:
            return qs
        tagged = CustomerTag._base_manager.filter(running_tags(), tag__in=[one.pk for one in value])
        return qs.filter(pk__in=tagged.values("customer"))


class SilentFilter(django_filters.NumberFilter):
    """No follow-up for so many days; customers that came by import count from their go-live date."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=1, max_value=3650, decimal_places=0, **kwargs)

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        if not value:
            return qs
        day = company_today() - timedelta(int(value))
        silent = Q(last_activity_at__lt=company_midnight(day + timedelta(1)))
        never = Q(last_activity_at__isnull=True, neglect_from__lte=day)
        return qs.filter(silent | never)

    def describe(self, value: Any, _filters: Filters) -> str:
        days = int(value)
        return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


class HealthFilter(Choices):
    """Customers by the band of their health; what was never measured has too little data."""

    def filter(self, qs: QuerySet, value: list[str]) -> QuerySet:
        return super().filter(qs, [*value, ""] if "grey" in value else value)


class HighlightFilter(Words):
    """Customers whose key information contains a text, or that have some at all."""

    def filter(self, qs: QuerySet, value: tuple[str, str] | None) -> QuerySet:
        if not value:
            return qs
        text, there = value
        found = Highlight._base_manager.filter(customer=OuterRef("pk"))
        if text:
            qs = qs.filter(Exists(found.filter(Q(text__icontains=text) | Q(label__icontains=text))))
        return qs.filter(~Exists(found) if there == "none" else Exists(found)) if there else qs


class CustomerFilters(Filters):
    """The filters of customers, in the order they are offered."""

    owner = OwnerFilter()
    team = Records(model=Team, field_name="team", label=_("Team"))
    shared = Flag(label=_("Shared with me"), condition=shared_with)
    tier = Choices(choices=Tier.choices, label=_("Tier"))
    intent = Choices(choices=Intent.choices, label=_("Intent"))
    lifecycle_stage = Choices(choices=Stage.choices, label=_("Life cycle"))
    next_follow_up_at = PeriodFilter(
        names=FOLLOW_UPS, all_day="next_follow_up_all_day", label=_("Next follow-up")
    )
    last_activity_at = PeriodFilter(names=PAST, label=_("Last follow-up"))
    silent_days = SilentFilter(label=_("No follow-up for days"))
    neglected = Flag(label=_("Neglected"), condition=lambda user: neglected_q())
    tags = TagFilter(model=Tag, label=_("Tags"))
    region = PlaceFilter(label=_("Region"))
    industry = IndustryFilter(model=Industry, label=_("Industry"))
    source = Choices(choices=Source.choices, label=_("Source"))
    kind = Choices(choices=Kind.choices, label=_("Kind"))
    deal = Flag(label=_("Has had a deal"), condition=lambda user: Q(first_deal_at__isnull=False))
    first_deal_at = PeriodFilter(names=DEALS, label=_("First deal"))
    health_band = HealthFilter(choices=HEALTH, label=_("Health"))
    highlights = HighlightFilter(label=_("Key information"))
    parent = Records(model=Customer, label=_("Parent company"))
    name = Words(searched=True, label=_("Name"))
    phone = Words(searched=True, phone=True, label=_("Phone"))
    email = Words(searched=True, label=_("E-mail"))
    website = Words(searched=True, label=_("Website"))
    uscc = Words(searched=True, label=_("Credit code"))
    external_id = Words(searched=True, label=_("External ID"))
    address = Words(label=_("Address"))
    source_detail = Words(label=_("Source detail"))
    size = Between(label=_("Employees"))
    created_at = PeriodFilter(names=PAST, label=pgettext_lazy("date", "Created"))
    updated_at = PeriodFilter(names=PAST, label=_("Changed"))

    class Meta:
        model = Customer
        fields: list[str] = []


class ContactFilters(Filters):
    """The filters of contacts, in the order they are offered."""

    customer = Records(model=Customer, label=_("Customer"))
    owner = OwnerFilter(field_name="customer__owner", label=_("Owner of the customer"))
    role = Choices(choices=ContactRole.choices, label=_("Role"))
    is_primary = Flag(label=_("Main contact"))
    name = Words(searched=True, label=_("Name"))
    title = Words(searched=True, label=_("Job title"))
    department = Words(label=_("Department"))
    phone = Words(searched=True, phone=True, label=_("Phone"))
    email = Words(searched=True, label=_("E-mail"))
    wechat = Words(searched=True, label=_("WeChat"))
    external_id = Words(searched=True, label=_("External ID"))
    last_activity_at = PeriodFilter(names=PAST, label=_("Last follow-up"))
    created_at = PeriodFilter(names=PAST, label=pgettext_lazy("date", "Created"))
    updated_at = PeriodFilter(names=PAST, label=_("Changed"))

    class Meta:
        model = Contact
        fields: list[str] = []
