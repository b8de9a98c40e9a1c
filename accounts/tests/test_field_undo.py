"""Editing one field of the record page, and taking that back."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.models import Customer
from accounts.tests.custom_tools import OPTIONS, field
from accounts.tests.factories import SYSTEM, make_customer
from crm.events.models import Event
from crm.identity.models import User

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def customer(company):
    User._base_manager.update(language="en")
    return make_customer(company.sales1, "Ningbo Optics", size=50, phone="0574-88001234")


def edit(client, customer, name, /, **values):
    version = Customer.objects.get(pk=customer.pk).version
    url = reverse("customer_field", args=[customer.pk, name])
    answer = client.post(url, {**values, "version": version}, headers=HTMX)
    assert answer.status_code == 200
    return json.loads(answer["HX-Trigger"])["toast"]["undo_url"] if "HX-Trigger" in answer else ""


def undo(client, url):
    answer = client.post(url, headers=HTMX)
    assert answer.status_code == 204
    return json.loads(answer["HX-Trigger"])["toast"]


def fresh(customer):
    return Customer.objects.get(pk=customer.pk)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", "320"),
        ("size", ""),
        ("name", "Ningbo Lenses"),
        ("phone", "0574-88005678"),
        ("region", "310000"),
        ("industry", "C39"),
        ("source", "referral"),
        ("website", "https://optics.example"),
        ("address", "Harbour Road 1"),
        ("kind", "person"),
    ],
)
def test_every_kind_of_field_is_put_back(client, company, customer, name, value):
    client.force_login(company.sales1)
    before = getattr(customer, name)
    url = edit(client, customer, name, **{name: value})
    assert getattr(fresh(customer), name) != before
    assert undo(client, url)["kind"] == "ok"
    assert getattr(fresh(customer), name) == before


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("text", {"": "new"}),
        ("boolean", {"": "true"}),
        ("multi_choice", {"": ["gold", "iron"]}),
        ("date", {"": "2026-05-01"}),
    ],
)
def test_custom_fields_are_put_back_too(client, company, customer, kind, values):
    name = field(kind, **({"options": OPTIONS} if kind == "multi_choice" else {})).name
    client.force_login(company.sales1)
    before = fresh(customer).custom
    url = edit(client, customer, name, **{f"{name}{suffix}": value for suffix, value in values.items()})
    assert fresh(customer).custom != before
    assert undo(client, url)["kind"] == "ok"
    assert fresh(customer).custom == before


def test_putting_back_is_written_down_like_any_change(client, company, customer):
    client.force_login(company.sales1)
    url = edit(client, customer, "size", size="320")
    undo(client, url)
    last = Event.objects.filter(name="customer.updated").order_by("-pk").first()
    assert last.changes["size"] == [320, 50] and last.actor_name == company.sales1.name


def test_another_field_changed_meanwhile_does_not_matter_the_same_one_does(client, company, customer):
    client.force_login(company.sales1)
    url = edit(client, customer, "size", size="320")
    services.update_customer(fresh(customer), actor=SYSTEM, address="Elsewhere 2")
    assert undo(client, url)["kind"] == "ok" and fresh(customer).address == "Elsewhere 2"
    url = edit(client, customer, "size", size="400")
    services.update_customer(fresh(customer), actor=SYSTEM, size=500)
    assert undo(client, url)["kind"] == "bad" and fresh(customer).size == 500


def test_what_is_undone_is_undone_once(client, company, customer):
    client.force_login(company.sales1)
    url = edit(client, customer, "size", size="320")
    undo(client, url)
    assert client.post(url, headers=HTMX).status_code == 404


def test_nothing_changed_offers_no_undo(client, company, customer):
    client.force_login(company.sales1)
    assert edit(client, customer, "size", size="50") == ""


def test_undo_is_ones_own_and_ends_after_a_day(client, company, customer):
    client.force_login(company.sales1)
    url = edit(client, customer, "size", size="320")
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1), tick=False):
        assert undo(client, url)["kind"] == "bad"
    client.force_login(company.manager1)
    assert client.post(url, headers=HTMX).status_code == 404
    client.force_login(company.sales3)
    assert client.post(url, headers=HTMX).status_code == 404
    assert fresh(customer).size == 320


def test_without_scripts_it_goes_back_to_the_record(client, company, customer):
    client.force_login(company.sales1)
    url = edit(client, customer, "size", size="320")
    assert client.post(url).url == customer.get_absolute_url()
    assert fresh(customer).size == 50


@pytest.mark.parametrize("edit_id", ["", "x", "a" * 300])
def test_invented_edits_are_not_found(client, company, customer, edit_id):
    client.force_login(company.sales1)
    url = reverse("customer_field_undo", args=[customer.pk, "size"])
    assert client.post(f"{url}?edit={edit_id}", headers=HTMX).status_code == 404
