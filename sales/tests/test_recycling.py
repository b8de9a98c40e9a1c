"""What goes back to the pool by itself, when, and what keeps it: domain.md's example through the nightly run."""

from datetime import date, timedelta

import pytest
import time_machine

from accounts.services import log_follow_up
from accounts.tests.factories import by, make_customer
from crm.approvals.models import ApprovalRequest
from crm.automation.models import Notification
from crm.core.clock import company_today
from crm.core.writes import RuleBroken
from crm.events.models import Event
from crm.identity.services import update_team
from crm.identity.tests.factories import SYSTEM
from sales import services
from sales.models import Lead, PoolStay
from sales.queries.recycling import due, preview, soon
from sales.tests.factories import make_lead, make_opportunity

pytestmark = pytest.mark.django_db


def at(day, hour=2):
    return time_machine.travel(f"{day}T{hour:02}:00:00+08:00", tick=False)


@pytest.fixture
def pool(company):
    return services.create_pool(
        "Pool", serves=company.sales, is_default=True, claim_protection_days=3, actor=SYSTEM
    )


def make_rule(pool, *, on=True, **values):
    values = {"kind": "lead", "ground": "no_follow_up", "days": 15, "working_days": False} | values
    rule = services.save_rule(pool, **values, actor=SYSTEM)
    return services.switch_rule(rule, on=True, seen=0, actor=SYSTEM) if on else rule


def nights(first, last):
    """Which nights of a stretch took something."""
    day, took = date.fromisoformat(first), []
    while day <= date.fromisoformat(last):
        with at(day):
            if services.run_night():
                took.append(day.isoformat())
        day += timedelta(days=1)
    return took


def warned(user):
    days = Notification.objects.filter(user=user, kind="pool_soon").order_by("created_at")
    return [one.created_at.astimezone().date().isoformat() for one in days]


@pytest.mark.parametrize(
    ("follow_up", "warnings", "goes"),
    [
        ("2026-03-10", ["2026-03-22", "2026-03-24"], "2026-03-25"),
        (None, ["2026-03-13", "2026-03-15"], "2026-03-16"),
    ],
)
def test_the_worked_example_night_by_night(company, pool, follow_up, warnings, goes):
    with at("2026-01-20", 10):
        make_rule(pool)
        lead = services.return_to_pool(make_lead(company.sales1), reason="no_need", actor=SYSTEM)
    with at("2026-03-01", 10):
        services.claim(lead, user=company.sales2, actor=by(company.sales2))
    if follow_up:
        with at(follow_up, 10):
            log_follow_up(
                kind="call",
                record=lead,
                body="谈了价格和交期",
                author=company.sales2,
                actor=by(company.sales2),
            )
    assert nights("2026-03-02", "2026-03-31") == [goes]
    assert warned(company.sales2) == warnings
    with at(goes):
        lead.refresh_from_db()
        assert (lead.owner, lead.previous_owner) == (None, company.sales2)
        assert PoolStay.objects.get(lead=lead, left_at=None).reason == "no_follow_up"


def test_a_short_rule_warns_only_where_there_is_time(company, pool):
    with at("2026-03-02", 10):
        for days, left in ((3, [1]), (1, [])):
            rule = make_rule(pool, on=False, ground="protection" if days == 1 else "no_follow_up", days=days)
            assert [one.before for one in soon(rule, date(2026, 3, 1), date(2026, 3, 2))] == left


def old_customer(owner, **values):
    with at("2026-01-05", 10):
        return make_customer(owner, **values)


def going(rule):
    return set(due(rule).values_list("pk", flat=True))


def test_a_rule_is_off_until_somebody_saw_whom_it_would_take(company, pool):
    with at("2026-01-05", 10):
        lead = make_lead(company.sales1)
    with at("2026-03-02", 10):
        rule = make_rule(pool, on=False)
        assert services.run_night() == 0
        assert preview(rule).by_owner == [(company.sales1.name, 1)]
        with pytest.raises(RuleBroken):
            services.switch_rule(rule, on=True, actor=SYSTEM)
        services.switch_rule(rule, on=True, seen=1, actor=SYSTEM)
        assert services.run_night() == 0  # from tomorrow
    with at("2026-03-03"):
        assert services.run_night() == 1
        lead.refresh_from_db()
        assert lead.owner is None
        assert Notification.objects.filter(user=company.sales1, kind="pool_went").count() == 1
        assert services.run_night() == 0  # a second run finds nothing
        assert Event.objects.filter(name="pool.recycled").count() == 1


def test_a_changed_rule_holds_from_the_next_day(company, pool):
    with at("2026-01-05", 10):
        rule = make_rule(pool, days=365)
        make_lead(company.sales1)
    with at("2026-03-02", 10):
        services.save_rule(
            pool, rule=rule, kind="lead", ground="no_follow_up", days=15, working_days=False, actor=SYSTEM
        )
        assert services.run_night() == 0
    with at("2026-03-03"):
        assert services.run_night() == 1


def test_a_night_that_was_missed_still_warns(company, pool):
    update_team(company.east, leader=company.manager1, actor=SYSTEM)
    with at("2026-02-01", 10):
        make_rule(pool)
        services.run_night()
        make_lead(company.sales1)
    with at("2026-02-15"):  # 13 February, three days before, had no run
        services.run_night()
    assert len(warned(company.sales1)) == 2
    told = Notification.objects.filter(user=company.manager1, kind="pool_team")
    assert [one.params["total"] for one in told] == [1, 1]


def keep_locked(company, record):
    services.lock_to_owner(record, actor=SYSTEM)


def keep_protected(company, record):
    services.extend_protection(record, until=company_today() + timedelta(days=5), actor=SYSTEM)


def keep_likely(company, record):
    make_opportunity(record, probability=50)


def keep_asked(company, record):
    deal = make_opportunity(record, probability=10)
    ApprovalRequest._base_manager.create(
        kind="stage",
        subject_type="sales.opportunity",
        subject_id=deal.pk,
        submitter=company.sales1,
        title="x",
    )


def keep_valued(company, record):
    type(record).objects.filter(pk=record.pk).update(intent="A")


def keep_deal(company, record):
    type(record).objects.filter(pk=record.pk).update(first_deal_at=date(2026, 1, 6))


def follow_up(company, record):
    log_follow_up(
        kind="call", customer=record, body="谈了价格和交期", author=company.sales1, actor=by(company.sales1)
    )


@pytest.mark.parametrize(
    "keep",
    [keep_locked, keep_protected, keep_likely, keep_asked, keep_valued, keep_deal, follow_up],
    ids=lambda one: one.__name__,
)
def test_what_keeps_a_customer(company, pool, keep):
    kept, gone = old_customer(company.sales1), old_customer(company.sales1)
    with at("2026-03-02", 10):
        keep(company, kept)
        rule = make_rule(pool, on=False, kind="customer")
        assert going(rule) == {gone.pk}
        assert sum(n for _label, n in preview(rule).kept) == (keep not in (follow_up, keep_protected))


def test_an_unlikely_opportunity_without_a_next_step_keeps_nobody(company, pool):
    customer = old_customer(company.sales1)
    with at("2026-03-02", 10):
        make_opportunity(customer, probability=10)
        assert going(make_rule(pool, on=False, kind="customer")) == {customer.pk}
        assert going(make_rule(pool, on=False, kind="customer", ground="no_opportunity")) == set()
        assert going(make_rule(pool, on=False, kind="customer", ground="no_deal")) == {customer.pk}


def test_protection_that_ran_out(company, pool):
    customer = old_customer(company.sales1)
    with at("2026-03-02", 10):
        rule = make_rule(pool, on=False, kind="customer", ground="protection", days=10)
        services.extend_protection(customer, until=date(2026, 3, 20), actor=SYSTEM)
        with pytest.raises(RuleBroken):
            services.extend_protection(customer, until=date(2026, 3, 21), actor=SYSTEM)
    with at("2026-03-29"):
        assert going(rule) == set()
    with at("2026-03-30"):
        assert going(rule) == {customer.pk}


def test_each_pool_takes_what_its_teams_own(company, pool):
    south = services.create_pool("South pool", serves=company.south, actor=SYSTEM)
    mine, theirs = old_customer(company.sales1), old_customer(company.sales3)
    with at("2026-03-02", 10):
        assert going(make_rule(pool, on=False, kind="customer")) == {mine.pk}
        assert going(make_rule(south, on=False, kind="customer")) == {theirs.pk}


def test_many_batches(company, pool, monkeypatch):
    monkeypatch.setattr("sales.services.recycling.BATCH", 3)
    with at("2026-01-05", 10):
        leads = [make_lead(company.sales1) for _number in range(7)]
    with at("2026-03-02", 10):
        assert services.recycle(make_rule(pool, on=False)) == 7
    assert not Lead.objects.filter(owner__isnull=False).exists()
    assert PoolStay.objects.count() == len(leads)
