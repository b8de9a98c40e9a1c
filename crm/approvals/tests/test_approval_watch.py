"""Faults: what nobody answers, who leaves, loops of delegates, the task run twice, two approvers at once."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.db import connection

from crm.approvals import services
from crm.approvals.models import ApprovalRequest, Mode
from crm.approvals.tests.factories import agree, ask, asked, make_flow, superior, who
from crm.core.clock import company_today
from crm.core.writes import RuleBroken
from crm.events.delivery import deliver_pending
from crm.events.models import Event
from crm.identity.services import deactivate_user
from crm.identity.tests.factories import SYSTEM, actor, make_user

pytestmark = pytest.mark.django_db
# Thursday, half an hour before the end of the working day; eight working hours a day.
THURSDAY = datetime(2026, 11, 19, 9, 30, tzinfo=UTC)


def names(request):
    return [one.name for one in Event._base_manager.filter(subject_id=str(request.pk)).order_by("pk")]


def test_reminded_after_eight_working_hours_and_passed_up_after_twenty_four(company, thing):
    with time_machine.travel(THURSDAY, tick=False):
        make_flow([superior()])
        request = ask(thing, company.sales1)
    with time_machine.travel(THURSDAY + timedelta(hours=23), tick=False):
        assert services.watch() == 0
    with time_machine.travel(THURSDAY + timedelta(hours=24), tick=False):
        assert services.watch() == 1 and services.watch() == 0  # the task delivered twice reminds once
        assert names(request).count("approval.reminded") == 1
    with time_machine.travel(THURSDAY + timedelta(days=3), tick=False):  # Sunday
        assert services.watch() == 0
    with time_machine.travel(THURSDAY + timedelta(days=5), tick=False):  # Tuesday, the same hour
        assert services.watch() == 1 and services.watch() == 0
    assert asked(request) == ["director"] and names(request).count("approval.moved_up") == 1
    assert request.tasks.get().instead_of == company.manager1
    with pytest.raises(RuleBroken):
        agree(request, company.manager1)
    assert agree(request, company.director).state == "approved"


def test_who_leaves_is_followed_by_their_superior(company, thing):
    make_flow([superior()], [superior(2)])
    request = ask(thing, company.sales1)
    deactivate_user(company.manager1, actor=SYSTEM)
    deliver_pending()
    deliver_pending()
    assert asked(request) == ["director"] and names(request).count("approval.moved_up") == 1


def test_who_left_after_nobody_answered_is_followed_as_well(company, thing):
    """An escalation that found nobody above is no end: the task does not wait for who is gone."""
    second = make_user("exec2", "executive", company.company)
    with time_machine.travel(THURSDAY, tick=False):
        make_flow([who(company.exec)])
        request = ask(thing, company.sales1)
    with time_machine.travel(THURSDAY + timedelta(days=5), tick=False):
        services.watch()
        assert asked(request) == ["exec"] and request.tasks.get().escalated_at is not None
        deactivate_user(company.exec, actor=SYSTEM)
        services.watch()
    assert asked(request) == ["exec2"]
    assert agree(request, second).state == "approved"


def test_the_part_of_who_left_falls_away_where_their_superior_decides_anyway(company, thing):
    make_flow({"approvers": [who(company.manager1), who(company.director)], "mode": Mode.ALL})
    request = ask(thing, company.sales1)
    deactivate_user(company.manager1, actor=SYSTEM)
    assert services.watch() == 1 and services.watch() == 0
    assert asked(request) == ["director"] and names(request).count("approval.moved_up") == 1
    assert agree(request, company.director).state == "approved"


def test_many_that_were_reminded_do_not_hide_the_next(company, thing, django_assert_max_num_queries):
    make_flow([superior()])
    with time_machine.travel(THURSDAY, tick=False):
        request = ask(thing, company.sales1)
    for _n in range(5):
        request.tasks.create(
            step=request.steps.get(), approver=company.manager1, state="open", opened_at=THURSDAY
        )
    with time_machine.travel(THURSDAY + timedelta(hours=24), tick=False):
        assert services.watch() == 6
        with django_assert_max_num_queries(5):  # what is not due is not locked one by one
            assert services.watch() == 0


def test_who_left_before_their_step_is_not_asked(company, thing):
    make_flow([superior()], [who(company.finance1)])
    request = ask(thing, company.sales1)
    deactivate_user(company.finance1, actor=SYSTEM)
    assert asked(agree(request, company.manager1)) == ["exec"]


def test_a_loop_of_delegates_is_refused(company):
    today = company_today()
    days = {"first_date": today + timedelta(days=1), "last_date": today + timedelta(days=9)}
    chain = [company.manager1, company.manager2, company.director]
    for user, to in pairwise(chain):
        services.delegate(user, to=to, actor=actor(user), **days)
    with pytest.raises(RuleBroken) as error:
        services.delegate(company.director, to=company.manager1, actor=actor(company.director), **days)
    assert error.value.code == "loop"
    for bad in (company.admin, company.sales1, company.exec):
        with pytest.raises(RuleBroken):
            services.delegate(company.exec, to=bad, actor=actor(company.exec), **days)


def test_a_chain_of_delegates_is_followed_one_step(company, thing):
    make_flow([superior()])
    days = {"first_date": company_today(), "last_date": company_today()}
    services.delegate(company.manager1, to=company.manager2, actor=SYSTEM, **days)
    services.delegate(company.manager2, to=company.finance1, actor=SYSTEM, **days)
    assert asked(ask(thing, company.sales1)) == ["manager2"]


def test_a_delegation_ends_once(company):
    days = {"first_date": company_today(), "last_date": company_today()}
    made = services.delegate(company.manager1, to=company.manager2, actor=SYSTEM, **days)
    for _twice in range(2):
        services.end_delegation(made, actor=SYSTEM)
    assert Event._base_manager.filter(name="approval.delegation_ended").count() == 1


def test_who_is_away_is_replaced_when_their_turn_comes(company, thing):
    make_flow([superior()], [who(company.finance1)])
    request = ask(thing, company.sales1)
    days = {"first_date": company_today(), "last_date": company_today()}
    services.delegate(company.finance1, to=company.manager2, actor=SYSTEM, **days)
    assert asked(agree(request, company.manager1)) == ["manager2"]


@pytest.mark.django_db(transaction=True)
def test_two_approvers_at_once_both_count(company, thing):
    from threading import Barrier, Thread

    make_flow({"approvers": [who(company.manager1), who(company.finance1)], "mode": Mode.ALL})
    request = ask(thing, company.sales1)
    barrier, states = Barrier(2), []

    def decide(user):
        barrier.wait()
        try:
            states.append(services.approve(request, user=user, actor=actor(user)).state)
        finally:
            connection.close()

    threads = [Thread(target=decide, args=[user]) for user in (company.manager1, company.finance1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(states) == ["approved", "pending"]
    assert ApprovalRequest.objects.get().state == "approved"
    assert names(request).count("approval.approved") == 1
