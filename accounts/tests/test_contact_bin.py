"""The bin of contacts: what was deleted, the way back, and the end after thirty days."""

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.listings import CONTACT_BIN
from accounts.models import Activity, Contact
from accounts.tests.factories import SYSTEM, make_contact, make_customer
from crm.core.writes import RuleBroken
from crm.events.models import Event
from crm.identity import services as identity
from crm.listing.testing import ListPageContract
from crm.records.models import BackgroundJob

pytestmark = pytest.mark.django_db
BIN = "/contacts/bin/"
HTMX = {"HX-Request": "true", "HX-Target": "drawer"}


class TestContactBin(ListPageContract):
    listing = CONTACT_BIN
    queries = ("role=decision_maker", "owner=me")

    def make(self, owner, number):
        return services.delete_contact(make_contact(make_customer(owner), f"联系人{number}"), actor=SYSTEM)


def browser(user):
    client = Client()
    client.force_login(user)
    return client


def in_bin(user):
    return {record.pk for record in browser(user).get(BIN).context["page"].records}


@pytest.fixture
def customer(company):
    return make_customer(company.sales1, "杭州云栖精密机械有限公司", contact={"name": "沈立群"})


@pytest.fixture
def gone(customer):
    """A contact in the bin who was the main one."""
    main = customer.contacts.get()
    make_contact(customer, "吴倩")
    return services.delete_contact(main, actor=SYSTEM)


def restoring(contact):
    return reverse("contact_restore", args=[contact.pk])


def test_a_deleted_contact_comes_back_to_customer_and_list(company, customer):
    client, contact = browser(company.sales1), customer.contacts.get()
    delete = reverse("contact_delete", args=[contact.pk])
    assert "30 days" in client.get(delete).content.decode()
    assert "30 days" in client.post(delete, follow=True).content.decode()
    places = (customer.get_absolute_url(), reverse("contact_list"))
    assert all(contact.get_absolute_url() not in client.get(place).content.decode() for place in places)
    assert BIN in client.get(places[1]).content.decode()
    assert restoring(contact) in client.get(BIN).content.decode()
    assert client.get(restoring(contact)).status_code == 200
    answer = client.post(restoring(contact), headers=HTMX)
    assert answer["HX-Redirect"] == contact.get_absolute_url()
    for place in (*places, contact.get_absolute_url()):
        assert "沈立群" in client.get(place).content.decode(), place
    assert in_bin(company.sales1) == set() and client.get(restoring(contact)).status_code == 404
    told = Event.objects.get(name="contact.restored", subject_id=contact.pk)
    assert (told.actor_id, told.payload["name"]) == (str(company.sales1.pk), "沈立群")
    assert customer.contacts.get().is_primary


def test_who_comes_back_takes_nobodys_place(company, customer, gone):
    browser(company.sales1).post(restoring(gone))
    assert list(customer.contacts.filter(is_primary=True).values_list("name", flat=True)) == ["吴倩"]
    assert customer.contacts.count() == 2


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("sales1", 200),
        ("manager1", 200),
        ("admin", 200),
        ("sales2", 404),
        ("sales3", 404),
        ("manager2", 404),
        ("exec", 403),
        ("service1", 403),
        ("marketing2", 404),
    ],
)
def test_it_gives_back_to_those_who_may_delete(company, gone, who, status):
    person = browser(getattr(company, who))
    assert person.get(restoring(gone)).status_code == status
    person.post(restoring(gone))
    assert Contact.objects.filter(pk=gone.pk).exists() is (status == 200)


def test_who_only_sees_the_bin_is_offered_nothing(company, gone):
    page = browser(company.exec).get(BIN).content.decode()
    assert "沈立群" in page and "btn btn-mini" not in page
    assert BIN not in browser(company.exec).get(reverse("contact_list")).content.decode()


@pytest.mark.parametrize("level", ["read", "edit"])
def test_a_share_does_not_give_back(company, customer, gone, level):
    identity.share(customer, user=company.sales3, level=level, actor=SYSTEM)
    assert in_bin(company.sales3) == {gone.pk}
    assert browser(company.sales3).post(restoring(gone)).status_code == 403


def test_while_the_customer_lies_in_the_bin_its_contacts_wait(company, customer, gone):
    client = browser(company.sales1)
    client.post(reverse("customer_delete", args=[customer.pk]))
    assert in_bin(company.sales1) == set() == in_bin(company.admin)
    assert client.post(restoring(gone)).status_code == 404
    with pytest.raises(RuleBroken, match=customer.name):
        services.restore_contact(gone, actor=SYSTEM)
    client.post(reverse("customer_restore", args=[customer.pk]))
    assert in_bin(company.sales1) == {gone.pk}
    assert client.post(restoring(gone)).status_code == 302


def test_a_merge_bins_nobody_and_takes_the_bin_along(company, customer, gone):
    winner = make_customer(company.sales1)
    services.merge_customers(winner, customer, actor=SYSTEM)
    assert in_bin(company.sales1) == {gone.pk}
    browser(company.sales1).post(restoring(gone))
    assert set(winner.contacts.values_list("name", flat=True)) >= {"吴倩", "沈立群"}


def test_an_external_id_given_again_keeps_it_in_the_bin(company, customer):
    client, contact = browser(company.sales1), make_contact(customer, external_id="K-7")
    client.post(reverse("contact_delete", args=[contact.pk]))
    make_contact(customer, external_id="K-7")
    answer = client.post(restoring(contact))
    assert answer.status_code == 409 and "K-7" in answer.content.decode()


def test_many_go_at_once_and_come_back_at_once(company, customer):
    make_contact(customer, "吴倩")
    foreign = make_contact(make_customer(company.sales3))
    mine, client = set(customer.contacts.values_list("pk", flat=True)), browser(company.sales1)
    delete = reverse("contact_bulk", args=["delete"])
    sent = {"ids": [*mine, foreign.pk], "confirmed": "1"}
    assert browser(company.exec).post(delete, sent).status_code == 403
    assert browser(company.marketing2).post(delete, sent).status_code == 403
    client.post(delete, sent)
    assert in_bin(company.sales1) == mine and Contact.objects.get() == foreign
    client.post(reverse("job_undo", args=[BackgroundJob.objects.get(user=company.sales1).pk]))
    assert set(customer.contacts.values_list("pk", flat=True)) == mine
    assert customer.contacts.filter(is_primary=True).count() == 1


def test_after_thirty_days_it_is_gone_for_good(company, customer, gone):
    young = services.delete_contact(make_contact(customer), actor=SYSTEM)
    call = Activity._base_manager.create(customer=customer, contact=gone, author=company.sales1, kind="call")
    long_ago = timezone.now() - datetime.timedelta(days=31)
    Contact._base_manager.filter(pk=gone.pk).update(deleted_at=long_ago)
    assert services.purge_bin(actor=SYSTEM) == 1
    assert in_bin(company.sales1) == {young.pk}
    assert not Contact._base_manager.filter(pk=gone.pk).exists() and customer.contacts.count() == 1
    assert Event.objects.filter(name="contact.purged", subject_id=gone.pk).exists()
    call.refresh_from_db()
    assert call.contact_id is None
