"""Doors beside the record's own: what somebody may edit but not give away, reach but not move, ask for but not fetch."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import Contact, Customer
from crm.identity.models import Role
from crm.identity.services import create_token
from crm.identity.tests.factories import SYSTEM, actor
from crm.records.models import ExportJob
from crm.tests.matrix import NEVER_USED, Offers, writes

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_(world):
    """Somebody at the browser."""

    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(getattr(world.company, name), backend="crm.identity.backends.CrmBackend")
        return client

    return signed_in


@pytest.fixture
def token(world) -> Client:
    user = world.company.sales1
    client = Client(HTTP_AUTHORIZATION=f"Bearer {create_token(user, name='t', actor=actor(user))[1]}")
    client.get("/api/v1/tags/")  # when a token was last used is written now and then
    return client


def patch(client: Client, path: str, record, **values):
    body = {**values, "version": type(record)._base_manager.get(pk=record.pk).version}
    return client.patch(f"/api/v1/{path}/{record.pk}/", body, content_type="application/json")


def test_who_may_only_edit_gives_nothing_away(world, token):
    edited, me = world.records["customer"]["edited"], world.company.sales1
    before = writes()
    assert patch(token, "customers", edited, owner=me.pk).status_code == 403
    assert writes() == before
    assert patch(token, "customers", edited, name="Renamed by a collaborator").status_code == 200
    assert Customer._base_manager.get(pk=edited.pk).owner == world.company.sales3


def test_a_customer_for_a_colleague_takes_the_right_to_transfer(world, token):
    role = Role._base_manager.get(slug="salesperson")
    role.group.permissions.remove(role.group.permissions.get(codename="transfer_customer"))
    before = writes()
    made = {"name": "Beta Works", "owner": world.company.sales2.pk}
    assert token.post("/api/v1/customers/", made, content_type="application/json").status_code == 403
    assert writes() == before
    mine = {"name": "Beta Works"}
    assert token.post("/api/v1/customers/", mine, content_type="application/json").status_code == 201


def test_a_contact_moves_only_between_customers_one_may_edit(world, token):
    mine, theirs = world.records["contact"]["own"], world.records["contact"]["shared"]
    services.link_contact(
        theirs, world.records["customer"]["own"], actor=SYSTEM
    )  # reached, but at home elsewhere
    before = writes()
    for contact, target in ((mine, "shared"), (theirs, "own")):
        answer = patch(token, "contacts", contact, customer=world.records["customer"][target].pk)
        assert answer.status_code == 403, target
    assert writes() == before
    assert patch(token, "contacts", theirs, title="Buyer").status_code == 200, "what is reached is kept right"


def test_the_main_contact_is_named_by_who_edits_the_customer(world, token):
    theirs = world.records["contact"]["shared"]
    other = services.create_contact(world.records["customer"]["shared"], name="Second", actor=SYSTEM)
    services.link_contact(other, world.records["customer"]["own"], actor=SYSTEM)
    assert patch(token, "contacts", other, is_primary=True).status_code == 403
    assert Contact._base_manager.get(pk=theirs.pk).is_primary


def test_a_finished_export_is_fetched_by_nobody_else(world, as_):
    path = default_storage.save("exports/a.csv", ContentFile(b"secret rows"))
    job = ExportJob._base_manager.create(
        user=world.company.sales1, resource="customer", state="done", file=path
    )
    said = {}
    for number in (job.pk, NEVER_USED):
        for who in ("sales2", "manager1", "admin"):
            answer = as_(who).get(reverse("export_download", args=[number]))
            said.setdefault(who, []).append((answer.status_code, b"secret" in answer.content))
    assert all(each == [(404, False), (404, False)] for each in said.values()), said
    own = as_("sales1").get(reverse("export_download", args=[job.pk]))
    assert own.status_code == 200 and b"secret rows" in b"".join(own)


def test_a_parent_one_does_not_see_is_a_name_and_no_link(world, as_):
    own, hidden = world.records["customer"]["own"], world.records["customer"]["other"]
    services.update_customer(own, parent=hidden, actor=SYSTEM)
    for who, links in (("sales1", False), ("director", True)):
        html = as_(who).get(own.get_absolute_url()).content.decode()
        assert hidden.name in html
        assert (("get", hidden.get_absolute_url()) in Offers(html).found) == links


def test_a_short_look_offers_to_write_to_those_who_may(world, as_):
    own = world.records["customer"]["own"]
    form = ("get", reverse("customer_follow_up", args=[own.pk]))
    for who, offered in (("sales1", True), ("exec", False)):
        look = as_(who).get(
            reverse("customer_peek", args=[own.pk]), headers={"HX-Request": "true", "HX-Target": "drawer"}
        )
        addresses = {
            (method, address.split("?")[0]) for method, address in Offers(look.content.decode()).found
        }
        assert (form in addresses) == offered, addresses
