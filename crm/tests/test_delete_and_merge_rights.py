"""Who deletes and who merges what: every role × own, foreign and deal customers, asked of the rule, the page and the API.

Salespeople and service put what is their own into the bin; customers with a deal nobody deletes; merging is for managers
within their reach and for administrators; the executive hands over and edits nothing.
"""

import pytest
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import Activity, Contact, Customer
from accounts.tests.factories import by, make_customer
from crm.core.writes import RuleBroken
from crm.identity import access
from crm.identity.tests.factories import SYSTEM, fresh
from crm.listing.rest.testing import Caller
from crm.tests.world import ROLES

pytestmark = pytest.mark.django_db

DELETES = {
    "own": {"sales1", "manager1", "director", "admin"},
    "other": {"sales3", "director", "admin"},
    "shared": {"sales3", "director", "admin"},  # shared with sales1 to read
}
MERGES = {"own": {"manager1", "director", "admin"}, "other": {"director", "admin"}}


def who(world, action, record):
    return {role for role in ROLES if access.may(fresh(getattr(world.company, role)), action, record)}


@pytest.mark.parametrize("relation", DELETES)
def test_who_deletes_a_customer(world, relation):
    record = world.records["customer"][relation]
    assert who(world, "delete", record) == DELETES[relation]
    assert who(world, "delete", world.records["contact"][relation]) == DELETES[relation]


def test_an_editing_collaborator_does_not_delete(world):
    from crm.identity import services as identity

    record = world.records["customer"]["other"]
    identity.share(record, user=world.company.sales1, level="edit", actor=SYSTEM)
    user = fresh(world.company.sales1)
    assert access.may(user, "change", record)
    for action in ("delete", "transfer", "share", "merge"):
        assert not access.may(user, action, record)


def test_page_and_api_delete_for_exactly_those(world):
    record = world.records["customer"]["own"]
    for role in ROLES:
        user = getattr(world.company, role)
        seen = access.visible(Customer, fresh(user)).filter(pk=record.pk).exists()
        right = role in DELETES["own"]
        client = Client()
        client.force_login(user)
        page = client.post(reverse("customer_delete", args=[record.pk]))
        gone = Customer._base_manager.get(pk=record.pk).deleted_at is not None
        assert (gone, page.status_code in (200, 204, 302)) == (right, right), role
        if gone:
            services.restore_customer(Customer._base_manager.get(pk=record.pk), actor=SYSTEM)
        version = Customer._base_manager.get(pk=record.pk).version
        answer = Caller(user)("DELETE", f"/api/v1/customers/{record.pk}/", If_Match=f'"{version}"')
        assert answer.status_code in ((204,) if right else (403,) if seen else (403, 404)), role
        if right:
            services.restore_customer(Customer._base_manager.get(pk=record.pk), actor=SYSTEM)


def test_nobody_deletes_a_customer_with_a_deal(world):
    record = world.records["customer"]["deal"]
    for role in ("sales1", "manager1", "director", "admin"):
        user = getattr(world.company, role)
        version = Customer._base_manager.get(pk=record.pk).version
        answer = Caller(user)("DELETE", f"/api/v1/customers/{record.pk}/", If_Match=f'"{version}"')
        assert answer.status_code == 409, role
        client = Client()
        client.force_login(user)
        client.post(reverse("customer_delete", args=[record.pk]))
        chosen = {"ids": [record.pk], "confirmed": "1"}
        client.post(reverse("customer_bulk", args=["delete"]), chosen)
        with pytest.raises(RuleBroken):
            services.delete_customer(record, actor=by(user))
    assert Customer.objects.filter(pk=record.pk).exists()
    assert Contact.objects.filter(customer=record).exists()


def test_follow_ups_are_deleted_by_who_wrote_them(world):
    """Sales and service alike; not even an administrator deletes what others wrote."""
    service, sales = world.company.service1, world.company.sales1
    written = {
        user: services.log_follow_up(
            kind="note",
            customer=world.records["customer"]["own"],
            body="Wrote this",
            author=user,
            actor=by(user),
        ).activity
        for user in (service, sales)
    }
    for author, activity in written.items():
        assert who(world, "delete", activity) == {author.username}, author
    assert Caller(sales)("DELETE", f"/api/v1/activities/{written[service].pk}/").status_code in (403, 404)
    version = written[service].version
    path = f"/api/v1/activities/{written[service].pk}/"
    assert Caller(service)("DELETE", path, If_Match=f'"{version}"').status_code == 204
    assert not Activity.objects.filter(pk=written[service].pk).exists()


@pytest.mark.parametrize("relation", MERGES)
def test_who_merges(world, relation):
    assert who(world, "merge", world.records["customer"][relation]) == MERGES[relation]


def test_page_and_api_merge_for_exactly_those(world):
    for role in ROLES:
        user = getattr(world.company, role)
        winner, loser = (make_customer(world.company.sales1, f"{role} {n}") for n in (1, 2))
        right = role in MERGES["own"]
        client = Client()
        client.force_login(user)
        page = client.post(reverse("customer_merge", args=[winner.pk]), {"with": loser.pk, "confirmed": "1"})
        merged = not Customer.objects.filter(pk=loser.pk).exists()
        assert (merged, page.status_code == 302) == (right, right), role
        third = make_customer(world.company.sales1, f"{role} 3")
        answer = Caller(user)("POST", f"/api/v1/customers/{winner.pk}/merge/", {"loser": third.pk})
        assert answer.status_code == 200 if right else answer.status_code in (403, 404), role
        assert Customer.objects.filter(pk=third.pk).exists() is not right, role


def test_a_merge_needs_the_right_on_both(world):
    """A manager takes nothing in from a team that is not theirs."""
    own, foreign = world.records["customer"]["own"], world.records["customer"]["other"]
    manager = world.company.manager1
    assert (
        Caller(manager)("POST", f"/api/v1/customers/{own.pk}/merge/", {"loser": foreign.pk}).status_code
        == 400
    )
    assert (
        Caller(manager)("POST", f"/api/v1/customers/{foreign.pk}/merge/", {"loser": own.pk}).status_code
        == 404
    )
    assert Customer.objects.filter(pk__in=[own.pk, foreign.pk]).count() == 2


def test_the_executive_hands_over_and_edits_nothing(world):
    executive, record = world.company.exec, world.records["customer"]["own"]
    user = fresh(executive)
    held = access.allowed(user, record, ("view", "comment", "transfer", "change", "delete", "merge", "share"))
    assert held == {"view", "comment", "transfer"}
    assert not access.may(user, "export", record) and not access.may(user, "import", record)
    body = {"owner": world.company.sales3.pk}
    assert Caller(executive)("POST", f"/api/v1/customers/{record.pk}/transfer/", body).status_code == 200
    assert Customer.objects.get(pk=record.pk).owner == world.company.sales3
    change = {"name": "Other", "version": Customer.objects.get(pk=record.pk).version}
    assert Caller(executive)("PATCH", f"/api/v1/customers/{record.pk}/", change).status_code == 403


def test_finance_and_marketing_take_nothing_away(world):
    for role in ("finance1", "marketing1", "service1", "exec"):
        user = fresh(getattr(world.company, role))
        for model in (Customer, Contact):
            for verb in ("delete", "merge", "share", "import"):
                assert not access.has_verb(user, verb, model), (role, verb)
