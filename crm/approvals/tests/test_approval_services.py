"""Submitting and deciding: the worked example of the domain, and who is really asked."""

import pytest

from crm.approvals import queries, services
from crm.approvals.models import ApprovalRequest, ApprovalTask, Mode
from crm.approvals.tests.factories import EFFECTS, agree, ask, asked, make_flow, refuse, superior, who
from crm.core.writes import RuleBroken, StaleVersion
from crm.events.actor import Actor
from crm.events.queries import events_about
from crm.identity.models import User
from crm.identity.services import deactivate_user, set_cover, update_team
from crm.identity.tests.factories import SYSTEM

pytestmark = pytest.mark.django_db
Task = ApprovalTask.State


def banded(company, people):
    """The flow of the worked example: bands of amounts decide which steps there are."""
    return make_flow(
        [superior()],
        {"approvers": [superior(2)], "amount_from": "100000", "amount_below": "500000"},
        {
            "approvers": [who(company.finance1), who(people["legal"])],
            "mode": Mode.ALL,
            "amount_from": "500000",
        },
        {"approvers": [who(people["gm1"]), who(people["gm2"])], "mode": Mode.ANY, "amount_from": "500000"},
    )


class TestWorkedExample:
    @pytest.mark.parametrize(
        ("amount", "steps"), [("99999.99", 1), ("100000", 2), ("499999.99", 2), ("500000", 3)]
    )
    def test_bands_contain_their_lower_end(self, company, people, thing, amount, steps):
        banded(company, people)
        assert len(queries.path_of(ask(thing, company.sales1, amount))) == steps

    def test_legal_refuses_then_a_second_round_goes_through(self, company, people, thing):
        banded(company, people)
        request = agree(ask(thing, company.sales1, "600000"), company.manager1, company.finance1)
        request = refuse(request, people["legal"])
        assert request.state == "rejected"
        assert not request.tasks.filter(state__in=(Task.OPEN, Task.WAITING)).exists()
        again = ask(thing, company.sales1, "600000")
        assert again.round == 2 and asked(again) == ["manager1"]
        again = agree(again, company.manager1, people["legal"], company.finance1)
        assert asked(again) == ["gm1", "gm2"]
        again = agree(again, people["gm2"])
        assert again.state == "approved"
        assert again.tasks.get(approver=people["gm1"]).state == Task.SKIPPED
        assert [name for name, _pk in EFFECTS] == ["begun", "ended", "begun", "approved"]
        with pytest.raises(RuleBroken) as error:
            services.withdraw(again, user=company.sales1, actor=Actor.of(company.sales1))
        assert error.value.code == "decided"


class TestWhoIsAsked:
    def test_nobody_approves_their_own(self, company, thing):
        make_flow([superior()], [superior(2)])
        request = ask(thing, company.manager1)
        assert asked(request) == ["director"]  # and not twice, although both steps lead to them
        assert agree(request, company.director).state == "approved"

    def test_who_has_left_is_replaced_by_their_manager(self, company, thing):
        flow = make_flow([who(company.manager1)])
        deactivate_user(company.manager1, actor=SYSTEM)
        request = ask(thing, company.sales1)
        assert flow.pk == request.flow_id and asked(request) == ["director"]
        assert request.tasks.get().instead_of == company.manager1

    def test_who_is_away_is_replaced_by_the_colleague_who_covers_and_may_approve(self, company, thing):
        from crm.core.clock import company_today

        make_flow([who(company.manager1)])
        days = {"first_date": company_today(), "last_date": company_today()}
        set_cover(company.manager1, by=company.sales2, actor=SYSTEM, **days)
        first = ask(thing, company.sales1)
        assert asked(first) == ["manager1"]  # a salesperson covers customers, not approvals
        services.withdraw(first, user=company.sales1, actor=SYSTEM)
        set_cover(company.manager1, by=company.manager2, actor=SYSTEM, **days)
        assert asked(ask(thing, company.sales1)) == ["manager2"]

    def test_an_empty_step_ends_at_the_executive_and_never_at_it(self, company, thing):
        make_flow([{"who": "role", "role": "service_manager"}])
        User._base_manager.filter(role__slug="service_manager").update(is_active=False)
        assert asked(ask(thing, company.sales1)) == ["exec"]

    def test_without_an_executive_nothing_is_submitted(self, company, thing):
        make_flow([who(company.manager1)])
        update_team(company.sales, leader=None, actor=SYSTEM)
        update_team(company.company, leader=None, actor=SYSTEM)
        for user in (company.exec, company.manager1):
            deactivate_user(user, actor=SYSTEM)
        with pytest.raises(RuleBroken) as error:
            ask(thing, company.sales1)
        assert error.value.code == "nobody" and not ApprovalRequest.objects.exists() and not EFFECTS

    def test_a_person_the_record_names(self, company, thing):
        make_flow([{"who": "field", "field": "leader"}])
        thing = update_team(thing, leader=company.finance1, actor=SYSTEM)
        assert asked(ask(thing, company.sales1)) == ["finance1"]

    def test_the_first_flow_whose_conditions_hold(self, company, thing):
        high = [{"field": "discount", "op": "gt", "value": "15"}]
        make_flow([superior(2)], name="high", conditions=high)
        make_flow([superior()], name="other")
        assert ask(thing, company.sales1, discount="15.01").flow_name == "high"
        request = ApprovalRequest.objects.get()
        services.withdraw(request, user=company.sales1, actor=SYSTEM)
        assert ask(thing, company.sales1, discount="15").flow_name == "other"

    def test_where_nobody_has_to_agree_it_takes_effect_at_once(self, company, thing):
        request = ask(thing, company.sales1)
        assert request.state == "approved" and [name for name, _pk in EFFECTS] == ["begun", "approved"]

    def test_a_change_of_the_flow_reaches_no_running_request(self, company, thing):
        flow = make_flow([superior()], [superior(2)])
        request = ask(thing, company.sales1)
        services.save_flow(
            flow, kind="thing", name="new", steps=[{"approvers": [who(company.finance1)]}], actor=SYSTEM
        )
        request = agree(request, company.manager1)
        assert asked(request) == ["director"] and request.flow_version == 1
        services.delete_flow(flow, actor=SYSTEM)
        request.refresh_from_db()
        assert agree(request, company.director).state == "approved"


class TestDeciding:
    def test_twice_is_once(self, company, thing):
        make_flow([superior()], [superior(2)])
        request = ask(thing, company.sales1)
        agree(request, company.manager1, company.manager1)
        names = [event.name for event in events_about(request)]
        assert names.count("approval.agreed") == 1

    def test_who_is_not_asked_decides_nothing(self, company, thing):
        make_flow([superior()], [superior(2)])
        request = ask(thing, company.sales1)
        for user in (company.director, company.sales1, company.admin):
            with pytest.raises(RuleBroken) as error:
                agree(request, user)
            assert error.value.code == "not_yours"

    def test_a_rejection_says_why(self, company, thing):
        make_flow([superior()])
        request = ask(thing, company.sales1)
        with pytest.raises(RuleBroken):
            refuse(request, company.manager1, "  ")
        assert refuse(request, company.manager1).state == "rejected"
        with pytest.raises(RuleBroken) as error:
            agree(request, company.manager1)
        assert error.value.code == "decided"

    def test_only_one_of_two_who_may_answer(self, company, people, thing):
        make_flow([who(people["gm1"]), who(people["gm2"])])
        request = agree(ask(thing, company.sales1), people["gm1"])
        with pytest.raises(RuleBroken) as error:
            refuse(request, people["gm2"])
        assert error.value.code == "decided"

    def test_an_old_version_decides_nothing(self, company, thing):
        make_flow([superior()])
        request = ask(thing, company.sales1)
        with pytest.raises(StaleVersion):
            services.approve(request, user=company.manager1, actor=SYSTEM, expected=request.version + 1)

    def test_a_second_request_waits_for_the_first(self, company, thing):
        make_flow([superior()])
        ask(thing, company.sales1)
        with pytest.raises(RuleBroken) as error:
            ask(thing, company.sales2)
        assert error.value.code == "pending"

    def test_what_cannot_take_effect_is_noted(self, company, thing):
        make_flow([superior()])
        request = agree(ask(thing, company.sales1, broken=True), company.manager1)
        assert request.state == "approved" and request.trouble == "cannot be any more"


class TestTakingBack:
    def test_the_last_step_while_it_is_fresh(self, company, thing):
        make_flow([superior()], [superior(2)])
        request = agree(ask(thing, company.sales1), company.manager1, company.director)
        assert services.last_decision(request, company.manager1) is None  # the director decided after
        request = services.take_back(request, user=company.director, actor=SYSTEM)
        assert request.state == "pending" and asked(request) == ["director"]
        assert [name for name, _pk in EFFECTS][-1] == "reopened"
        assert agree(request, company.director).state == "approved"

    def test_a_rejection_asks_those_it_had_spared_again(self, company, people, thing):
        make_flow({"approvers": [who(people["gm1"]), who(people["gm2"])], "mode": "all"}, [superior()])
        request = refuse(ask(thing, company.sales1), people["gm1"])
        request = services.take_back(request, user=people["gm1"], actor=SYSTEM)
        assert asked(request) == ["gm1", "gm2"]
        assert agree(request, people["gm2"], people["gm1"], company.manager1).state == "approved"

    def test_not_after_ten_minutes(self, company, thing):
        make_flow([superior()])
        request = agree(ask(thing, company.sales1), company.manager1)
        request.tasks.update(closed_at=request.decided_at - services.TAKE_BACK_WITHIN * 2)
        with pytest.raises(RuleBroken) as error:
            services.take_back(request, user=company.manager1, actor=SYSTEM)
        assert error.value.code == "too_late"
