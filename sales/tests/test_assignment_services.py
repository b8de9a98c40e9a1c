"""Leads find their owner by the rules: in order, fairly, with deadlines, and at a price that does not grow with their number."""

import datetime
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.services import log_follow_up
from accounts.tests.factories import by, make_contact, make_customer
from crm.automation.models import Notification
from crm.core.clock import company_today
from crm.events.models import Event
from crm.identity import services as identity
from crm.identity.models import Cover
from crm.identity.services import update_team
from crm.identity.tests.factories import SYSTEM
from crm.records.models import Region
from sales import services
from sales.models import AssignmentGroup, AssignmentMember, AssignmentRule, Lead, LeadAssignment, PoolStay
from sales.queries.turns import explain
from sales.services.assignment import assign_leads
from sales.tests.factories import make_lead

pytestmark = pytest.mark.django_db


def make_group(*users, strategy="round_robin", of=None, **values):
    group = AssignmentGroup._base_manager.create(
        name=f"group {AssignmentGroup._base_manager.count()}", strategy=strategy, **values
    )
    for position, user in enumerate(users):
        given = (of or {}).get(user.username, {})
        AssignmentMember._base_manager.create(group=group, user=user, position=position, **given)
    return group


def make_rule(group, **values):
    count = AssignmentRule._base_manager.count()
    return AssignmentRule._base_manager.create(name=f"rule {count}", position=count, group=group, **values)


def share_out(count=1, **values):
    """So many new leads that nobody owns; the user names of who got them, in their order."""
    leads = [make_lead(None, **values) for _number in range(count)]
    assign_leads([lead.pk for lead in leads], actor=SYSTEM)
    owners = Lead._base_manager.select_related("owner").in_bulk([lead.pk for lead in leads])
    return [owners[lead.pk].owner.username if owners[lead.pk].owner else None for lead in leads]


@pytest.fixture
def four(company):
    return [company.sales1, company.sales2, company.sales3, company.sales4]


def test_the_worked_round_robin_with_caps_and_an_absence(company, four):
    caps = {"sales1": 3, "sales2": 3, "sales3": 1, "sales4": 3}
    group = make_group(
        *four, of={name: {"cap": cap} for name, cap in caps.items()}, fallback=company.director
    )
    make_rule(group)
    a, b, c, d = caps
    assert share_out(5) == [a, b, c, d, a]
    today = company_today()
    Cover._base_manager.create(user=company.sales2, by=company.sales1, first_date=today, last_date=today)
    assert share_out(5) == [d, a, d, "director", "director"]


def test_the_worked_weights_over_several_batches(company, four):
    make_rule(
        make_group(*four[:3], strategy="weighted", of={"sales1": {"weight": 3}, "sales2": {"weight": 2}})
    )
    assert (
        share_out(5) + share_out(1) + share_out(6)
        == ["sales1", "sales2", "sales1", "sales3", "sales2", "sales1"] * 2
    )


def test_the_first_rule_that_fits(company, four):
    east, web, rest = (make_group(user) for user in four[:3])
    make_rule(east, regions=["310000"], size_from=50)
    make_rule(web, sources=["web_form"], languages=["en"])
    make_rule(rest, products=["CLOUD"])
    pudong = Region.objects.get(code="310115")
    assert share_out(region=pudong, size=80) == ["sales1"]
    assert share_out(region=pudong, size=20, need="Cloud backup") == ["sales3"]
    assert share_out(source="web_form", name="John Smith") == ["sales2"]
    assert share_out(source="web_form", name="王五") == [None]
    assert PoolStay.objects.get().reason == "nobody"


def test_territory_and_skill(company, four):
    of = {
        "sales1": {"territories": ["310000"]},
        "sales2": {"territories": ["310115"], "skills": {"english": 3}},
    }
    make_rule(make_group(*four[:2], strategy="territory", of=of), regions=["310000"])
    make_rule(make_group(*four[:2], strategy="skill", of=of), skills={"english": 2})
    assert share_out(region=Region.objects.get(code="310115")) == ["sales2"]
    assert share_out(region=Region.objects.get(code="310101")) == ["sales1"]
    assert share_out() == ["sales2"]


def test_a_shift_and_working_hours(company, four):
    night = {"shift_from": datetime.time(20), "shift_to": datetime.time(4)}
    make_rule(make_group(*four[:2], of={"sales1": night}))
    with time_machine.travel("2026-11-20T10:00:00+08:00", tick=False):
        assert share_out(2) == ["sales2", "sales2"]
    with time_machine.travel("2026-11-20T23:00:00+08:00", tick=False):
        assert share_out(1) == ["sales1"]
    AssignmentGroup._base_manager.update(workdays_only=True)
    with time_machine.travel("2026-11-21T10:00:00+08:00", tick=False):  # a Saturday
        assert share_out(1) == [None]


def test_who_serves_the_customer_already_gets_it(company, four):
    make_rule(make_group(four[0]))
    customer = make_customer(company.sales4, "深圳市星河智能科技有限公司")
    make_contact(customer, "王伟", phone="13912345678")
    assert share_out(phone="13912345678") == ["sales4"]
    assert share_out(company="深圳星河智能科技有限公司") == ["sales4"]
    assert share_out(company="北京星河智能科技有限公司") == ["sales1"]


def test_what_somebody_owns_stays_unless_it_is_asked_for(company, four):
    make_rule(make_group(four[1]))
    mine = make_lead(company.sales1)
    assert assign_leads([mine.pk], actor=SYSTEM).owners == {}
    assert assign_leads([mine.pk], actor=SYSTEM, reassign=True).owners == {mine.pk: company.sales2}


def test_a_lead_in_a_pool_is_assigned_out_of_it(company, four):
    lead = services.return_to_pool(make_lead(company.sales1), reason="no_need", actor=SYSTEM)
    make_rule(make_group(four[2]))
    assign_leads([lead.pk], actor=SYSTEM)
    lead.refresh_from_db()
    assert (lead.owner, lead.team) == (company.sales3, company.south)
    assert PoolStay.objects.get().way == "assigned"


def test_one_piece_of_news_for_all_that_came(company, four):
    make_rule(make_group(four[0]))
    share_out(3)
    note = Notification.objects.get(user=company.sales1, kind="lead_assigned")
    assert note.params["more"] == 2 and note.params["accept_by"]
    with translation.override("en"):
        assert f"{note.params['record']} and 2 more" in note.title
    with translation.override("zh-hans"):  # in the reader's language, whatever the worker speaks
        assert "2" in note.title and "more" not in note.title
    assert Event.objects.filter(name="lead.assigned", payload__why="round_robin").count() == 3


def test_as_many_statements_for_a_hundred_as_for_ten(company, four):
    make_rule(make_group(*four))

    def statements(count):
        ids = [make_lead(None).pk for _number in range(count)]
        with CaptureQueriesContext(connection) as found:
            assert len(assign_leads(ids, actor=SYSTEM).owners) == count
        return len(found)

    statements(4)  # what a process reads once
    assert statements(60) == statements(8)


def test_what_nobody_takes_up_goes_to_the_next_and_the_manager_hears(company, four):
    update_team(company.east, leader=company.manager1, actor=SYSTEM)
    make_rule(make_group(*four[:2], acceptance_hours=2))
    with time_machine.travel("2026-11-20T17:00:00+08:00", tick=False):
        assert share_out() == ["sales1"]
        turn = LeadAssignment.objects.get()
        assert turn.accept_by.isoformat() == "2026-11-23T02:00:00+00:00"  # an hour on Friday, one on Monday
    with time_machine.travel("2026-11-23T09:59:00+08:00", tick=False):
        assert services.move_on_missed() == 0
    with time_machine.travel("2026-11-23T10:00:00+08:00", tick=False):
        assert services.move_on_missed() == 1
        assert services.move_on_missed() == 0
    lead = Lead.objects.get(pk=turn.lead_id)
    assert lead.owner == company.sales2
    assert Notification.objects.get(kind="lead_missed").params["next"] == "Sales2"
    with time_machine.travel(
        "2026-11-24T18:00:00+08:00", tick=False
    ):  # whoever missed it does not get it again
        assert services.move_on_missed() == 1
    lead.refresh_from_db()
    assert lead.owner is None and PoolStay.objects.get().reason == "nobody"


@pytest.mark.parametrize("way", ["accept", "follow_up", "transfer"])
def test_what_counts_as_taken_up(company, four, way):
    make_rule(make_group(*four[:2]))
    with time_machine.travel("2026-11-20T10:00:00+08:00", tick=False):
        share_out()
    lead = Lead.objects.get(assignments__isnull=False)
    with time_machine.travel("2026-11-20T11:00:00+08:00", tick=False):
        actor = by(company.sales1)
        if way == "accept":
            services.accept_lead(lead, actor=actor)
        elif way == "follow_up":
            log_follow_up(kind="call", record=lead, body="谈了价格和交期", author=company.sales1, actor=actor)
        else:
            identity.assign([lead], owner=company.sales3, actor=actor)
    with time_machine.travel("2026-11-23T18:00:00+08:00", tick=False):
        assert services.move_on_missed() == 0
    assert LeadAssignment.objects.get().state == ("moved" if way == "transfer" else "accepted")


def test_a_dry_run_says_who_and_why_and_uses_up_no_turn(company, four):
    make_rule(make_group(four[3]), sources=["exhibition"])
    make_rule(make_group(*four[:3], of={"sales1": {"cap": 0}}))
    lead = make_lead(None)
    for _again in range(2):
        told = explain(lead)
        assert told.turn.user == company.sales2
        assert [(one.rule.name, one.unmet) for one in told.asked] == [("rule 0", "source"), ("rule 1", "")]
        assert [one.skipped for one in told.people] == ["full", "", ""]
        assert [one.chosen for one in told.people] == [False, True, False]
    assert not LeadAssignment.objects.exists() and Lead.objects.get(pk=lead.pk).owner is None


def test_what_came_while_nobody_looked_is_shared_out_later(company, four):
    make_rule(make_group(*four))
    make_lead(None)
    assert services.assign_waiting() == 1
    assert services.assign_waiting() == 0


def test_a_group_without_anybody_free_gives_it_to_its_pool(company, four):
    pool = services.create_pool("Pool", serves=company.south, actor=SYSTEM)
    make_rule(make_group(four[0], of={"sales1": {"cap": 0}}, pool=pool))
    assert share_out() == [None]
    assert PoolStay.objects.get().pool == pool


@pytest.mark.django_db(transaction=True)
def test_it_stays_fair_when_many_share_out_at_once(company):
    users = [company.sales1, company.sales2, company.sales3, company.sales4]
    make_rule(make_group(*users, of={"sales4": {"cap": 5}}))
    leads = [make_lead(None).pk for _number in range(45)]
    batches = [leads[start : start + 3] for start in range(0, 45, 3)]
    start = threading.Barrier(len(batches))

    def one(ids):
        try:
            start.wait(30)
            return assign_leads([*ids, leads[0]], actor=SYSTEM)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(batches)) as hands:
        list(hands.map(one, batches))
    counts = [Lead.objects.filter(owner=user).count() for user in users]
    assert sum(counts) == 45 and counts[3] == 5
    assert max(counts[:3]) - min(counts[:3]) <= 1
    assert LeadAssignment.objects.count() == 45
