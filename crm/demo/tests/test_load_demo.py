"""The demo company: the logins everybody knows, customers in every stage, and a second load refused."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Min, Q
from django.utils import timezone

from accounts.models import Activity, Customer, DuplicatePair
from accounts.models.choices import Stage
from accounts.queries.neglect import neglected_q
from accounts.queries.today import numbers, whose
from crm.approvals.queries import waiting_count
from crm.console.queries import pinned_views
from crm.demo.names import companies
from crm.identity.access import visible
from crm.identity.models import User
from sales.models import Opportunity

pytestmark = pytest.mark.django_db


def test_the_demo_company():
    """Loaded once for everything that is said of it: it takes seconds."""
    call_command("load_demo", customers=200, seed=5, stdout=StringIO())
    who_sees_what()
    everybody_who_sells_has_something_behind_and_before_them()
    assert DuplicatePair.objects.filter(state="open").exists(), "nothing in the queue of suspected duplicates"
    eighteen_months_of_deals_lie_behind_today()
    a_second_load_is_refused()


def who_sees_what():
    owned, pooled = Q(owner__isnull=False), Q(owner__isnull=True)
    seen = {user.username: visible(Customer, user).filter(owned).count() for user in User.objects.all()}
    total = Customer.objects.filter(owned).count()
    assert 0 < Customer.objects.filter(pooled).count() == 200 - total
    assert visible(Customer, User.objects.get(username="sales1")).filter(pooled).count() == 200 - total
    pinned = pinned_views(User.objects.get(username="sales1"))
    assert [view["url"].rsplit("=", 1)[1] for view in pinned] == ["tier-a", "silent", "overdue"]
    assert seen["admin"] == seen["exec"] == seen["director"] == total
    assert seen["manager1"] == seen["sales1"] + seen["sales2"]
    assert seen["manager1"] + seen["manager2"] == total
    assert seen["finance1"] == Customer.objects.filter(first_deal_at__isnull=False).count() > 0
    assert set(Customer.objects.values_list("lifecycle_stage", flat=True)) == set(Stage.values)
    for name in ("manager1", "director", "exec", "finance1"):
        assert waiting_count(User.objects.get(username=name)) > 0, f"nothing waits for {name}"


def everybody_who_sells_has_something_behind_and_before_them():
    for name in ("sales1", "sales2", "sales3", "sales4"):
        seller = User.objects.get(username=name)
        found = numbers(whose(seller, team=False))
        assert found.customers > sum(found.weekly_customers) > 0
        own = Activity.objects.filter(owner=seller)
        assert own.filter(done_at__isnull=True).exists()
        assert own.filter(done_at__isnull=False, is_valid=True).exists()
    neglected = Customer.objects.filter(neglected_q()).count()
    assert 0 < neglected < 60


def eighteen_months_of_deals_lie_behind_today():
    deals = Opportunity.objects.all()
    closed = deals.exclude(status="open")
    assert 120 < deals.count() < 600
    assert {"won", "lost"} == set(closed.values_list("status", flat=True))
    assert not closed.filter(reason="").exists()
    assert closed.aggregate(first=Min("opened_at"))["first"] < timezone.localdate() - timedelta(days=400)
    assert not deals.filter(closed_at__gt=timezone.localdate()).exists()
    assert deals.filter(status="open").values("stage").distinct().count() >= 3
    assert deals.filter(status="open", expected_close_date__isnull=True).count() == 0


def a_second_load_is_refused():
    with pytest.raises(CommandError, match="needs an empty one"):
        call_command("load_demo", customers=3)
    assert Customer.objects.count() == 200


def test_the_same_seed_invents_the_same_companies():
    assert list(companies(50, seed=7)) == list(companies(50, seed=7))
    names = [company.name for company in companies(20_000, seed=7)]
    assert len(set(names)) == 20_000
