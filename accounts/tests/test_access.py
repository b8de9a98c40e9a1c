"""Who sees which customers, and that every door gives the same answer."""

import datetime

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import services
from accounts.models import Contact, Customer
from accounts.tests.factories import SYSTEM, make_contact, make_customer
from crm.identity import access
from crm.identity import services as identity
from crm.identity.access import get_visible_or_404, may, visible
from crm.identity.explain import who_can, why
from crm.identity.models import User
from crm.identity.tests.factories import fresh

pytestmark = pytest.mark.django_db
A_DAY = datetime.date(2026, 5, 1)


@pytest.fixture
def customers(company):
    """c1 (e1, deal), c2 (e2, open), c3 (w1, deal): the worked example of scopes, without its pool."""
    return {
        "c1": make_customer(company.sales1, "c1", first_deal_at=A_DAY),
        "c2": make_customer(company.sales2, "c2"),
        "c3": make_customer(company.sales3, "c3", first_deal_at=A_DAY),
    }


def seen(user, action="view"):
    return {c.name for c in visible(Customer, user, action)}


def test_everybody_sees_what_the_worked_example_says(company, customers):
    assert seen(company.sales1) == {"c1"}
    assert seen(company.manager1) == {"c1", "c2"}
    assert seen(company.director) == {"c1", "c2", "c3"}
    assert seen(company.finance1) == {"c1", "c3"}
    assert seen(company.exec) == seen(company.service1) == seen(company.admin) == {"c1", "c2", "c3"}
    assert seen(company.marketing2) == set()


def test_a_reading_collaborator_sees_and_an_editing_one_changes(company, customers):
    identity.share(customers["c2"], user=company.sales1, actor=SYSTEM)
    assert seen(company.sales1) == {"c1", "c2"}
    assert seen(company.sales1, "change") == {"c1"}
    identity.share(customers["c2"], user=company.sales1, level="edit", actor=SYSTEM)
    assert seen(company.sales1, "change") == {"c1", "c2"}
    for verb in ("delete", "transfer", "share"):
        assert seen(company.sales1, verb) == {"c1"}


def test_sharing_does_not_widen_what_finance_sees(company, customers):
    identity.share(customers["c2"], user=company.finance1, actor=SYSTEM)
    assert seen(company.finance1) == {"c1", "c3"}


def test_the_executive_transfers_but_edits_nothing(company, customers):
    assert seen(company.exec, "transfer") == {"c1", "c2", "c3"}
    assert seen(company.exec, "change") == seen(company.exec, "export") == set()


def test_a_customer_in_the_bin_is_gone_for_everybody_with_its_contacts(company, customers):
    contact = make_contact(customers["c2"])
    services.delete_customer(customers["c2"], actor=SYSTEM)
    for user in User.objects.all():
        assert "c2" not in seen(user)
        assert not visible(Contact, user).filter(pk=contact.pk).exists()
        assert not may(user, "view", customers["c2"])


def test_contacts_follow_their_customers(company, customers):
    one, two = make_contact(customers["c1"], "one"), make_contact(customers["c2"], "two")
    assert set(visible(Contact, company.sales1)) == {one}
    services.link_contact(two, customers["c1"], actor=SYSTEM)
    assert set(visible(Contact, company.sales1)) == {one, two}
    assert set(visible(Contact, company.service1, "change")) == {one, two}
    assert not visible(Contact, company.exec, "change").exists()


def test_why_names_the_reason(company, customers):
    identity.share(customers["c2"], user=company.sales1, actor=SYSTEM)
    with translation.override("en"):
        assert why(company.sales1, customers["c1"]) == ["Owner"]
        assert why(company.sales1, customers["c2"]) == ["Shared"]
        assert why(company.manager1, customers["c2"]) == ["Works with the records of the team East"]
        assert why(company.sales3, customers["c1"]) == []
        assert "customers with deals" in why(company.finance1, customers["c1"])[0]


PEOPLE = (
    "admin",
    "exec",
    "director",
    "manager1",
    "manager2",
    "sales1",
    "sales3",
    "service1",
    "finance1",
    "marketing2",
)
VERBS = ("view", "change", "delete", "transfer", "export", "share")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    owner=st.sampled_from(["sales1", "sales2", "sales3", None]),
    deal=st.booleans(),
    shares=st.lists(
        st.tuples(
            st.sampled_from(["sales1", "sales3", "finance1", "marketing2"]), st.sampled_from(["read", "edit"])
        ),
        max_size=3,
    ),
    with_team=st.sampled_from([None, "east", "service", "finance"]),
    verb=st.sampled_from(VERBS),
)
def test_lists_single_records_and_explanations_always_agree(company, owner, deal, shares, with_team, verb):
    customer = make_customer(
        getattr(company, owner) if owner else None, first_deal_at=A_DAY if deal else None
    )
    for name, level in shares:
        identity.share(customer, user=getattr(company, name), level=level, actor=SYSTEM)
    if with_team:
        identity.share(customer, team=getattr(company, with_team), actor=SYSTEM)
    contact = make_contact(customer)
    listed = {a.user.pk for a in who_can(customer, verb)}
    for name in PEOPLE:
        user = fresh(getattr(company, name))
        in_list = visible(Customer, user, verb).filter(pk=customer.pk).exists()
        assert in_list == may(user, verb, customer) == (user.pk in listed) == bool(why(user, customer, verb))
        assert in_list == (verb in access.allowed(user, customer, [verb, "merge"]))
        assert in_list == user.has_perm(f"accounts.{verb}_customer", customer)
        if verb in ("view", "change"):
            sees = visible(Contact, user, verb).filter(pk=contact.pk).exists()
            assert sees == may(user, verb, contact) == bool(why(user, contact, verb))
    assert get_visible_or_404(Customer, company.admin, customer.pk) == customer
