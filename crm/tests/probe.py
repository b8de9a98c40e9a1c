"""A list page of customers as a new record type would declare it: what the tests of lists and API look at."""

import django_filters
from django import forms
from django.db import models
from django.urls import include, path
from django.utils import timezone
from rest_framework.routers import SimpleRouter

from accounts.models import Customer
from accounts.models.choices import Stage
from crm.core.writes import RuleBroken, check_version, lock, save_versioned
from crm.events.catalogue import event
from crm.events.recording import recording
from crm.listing.bulk import Assign, Bulk, Delete
from crm.listing.columns import Badge, Date, FollowUp, Link, Person, Related, Tags
from crm.listing.declare import ListPage, View
from crm.listing.filters import Choices, Filters, Flag, OwnerFilter, PeriodFilter
from crm.listing.forms import CrmForm
from crm.listing.rest.serializers import RecordSerializer
from crm.listing.rest.viewsets import Creates, Deletes, RecordViewSet, Updates

PROBED = event("probe.changed", "probed")


def customers() -> models.QuerySet:
    return Customer.objects.select_related("owner", "industry", "region")


def rename(customer, *, actor, name, expected=None):
    customer = lock(customer)
    check_version(customer, expected)
    if name == "forbidden":
        raise RuleBroken("This name is not allowed.", field="name")
    with recording(PROBED, customer, actor=actor):
        customer.name = name
        save_versioned(customer, ["name"])
    return customer


def mark(customer, *, actor, note):
    if customer.name.startswith("bad"):
        raise RuleBroken("A bad one.")
    return rename(customer, actor=actor, name=f"{customer.name} {note}")


def remove(customer, *, actor, expected=None):
    customer = lock(customer)
    check_version(customer, expected)
    with recording(PROBED, customer, actor=actor):
        customer.deleted_at = timezone.now()
        save_versioned(customer, ["deleted_at"])


def restore(customer, *, actor):
    customer = lock(customer)
    with recording(PROBED, customer, actor=actor):
        customer.deleted_at = None
        save_versioned(customer, ["deleted_at"])


class MarkForm(CrmForm):
    note = forms.CharField(max_length=20)


class ProbeFilters(Filters):
    owner = OwnerFilter()
    tier = Choices(choices=[(letter, letter) for letter in "ABCD"])
    lifecycle_stage = Choices(choices=Stage.choices)
    next_follow_up_at = PeriodFilter(all_day="next_follow_up_all_day", names=("overdue", "today", "next_14"))
    last_activity_at = PeriodFilter()
    size = django_filters.RangeFilter()
    deal = Flag(condition=lambda user: models.Q(first_deal_at__isnull=False))

    class Meta:
        model = Customer
        fields: list[str] = []


PROBE = ListPage(
    model=Customer,
    name="probe",
    title="Probe",
    queryset=customers,
    filters=ProbeFilters,
    columns=[
        Link("name", sort="name_sort", sub="industry"),
        Badge("tier", sort=True, card="badge"),
        Badge("lifecycle_stage", card="meta"),
        Related("region", shown=False),
        FollowUp("next_follow_up_at", sort=True, all_day="next_follow_up_all_day"),
        Date("last_activity_at", sort=True, card="subtitle"),
        Person("owner", sort="owner__name_sort"),
        Tags("tags", shown=False),
        Date("updated_at", sort=True, shown=False),
    ],
    views=[View("mine", "Mine", {"owner": "me"}, sort="next_follow_up_at")],
    bulk=[Assign(Customer), Bulk("mark", MarkForm, mark), Delete(remove, restore)],
    bulk_limit=5,
)


class ProbeSerializer(RecordSerializer):
    class Meta:
        model = Customer
        fields = ["id", "name", "tier", "owner", "parent", "version", "updated_at"]


class ProbeViewSet(Creates, Updates, Deletes, RecordViewSet):
    listing = PROBE
    serializer_class = ProbeSerializer

    def create_record(self, values):
        values.setdefault("owner", self.request.user)
        return Customer._base_manager.create(team=self.request.user.team, **values)

    def update_record(self, record, values, expected):
        return rename(record, actor=self.actor, name=values["name"], expected=expected)

    def delete_record(self, record, expected):
        remove(record, actor=self.actor, expected=expected)


router = SimpleRouter()
router.register("probes", ProbeViewSet, basename="api-probes")

urlpatterns = [
    *PROBE.urls("probe"),
    path("probe/<int:pk>/", lambda request, pk: None, name="customer_detail"),
    path("api/probe/", include(router.urls)),
    path("", include("crm.urls")),
]
