from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.services import log_follow_up, plan_follow_up
from accounts.tests.factories import make_contact, make_customer
from crm.core.writes import RuleBroken, StaleVersion
from crm.events.models import Event
from crm.identity.access import may, visible
from crm.identity.tests.factories import fresh, make_company
from sales import services
from sales.models import Opportunity, Stage
from sales.services.pipelines import delete_stage
from sales.tasks import empty_opportunity_bin
from sales.tests.factories import SYSTEM, make_lead, make_opportunity, stage

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def company():
    return make_company()


@pytest.fixture
def customer(company):
    return make_customer(company.sales1)


@pytest.fixture
def deal(customer):
    return make_opportunity(
        customer, "年度框架", amount=Decimal(100_000), need="替换", contact=make_contact(customer), source="ad",
        expected_close_date=TODAY + timedelta(30), competitor="友商",
    )  # fmt: skip


def stays(deal):
    return [(str(one.stage.name_en), one.move, one.left_at is None) for one in deal.history.all()]


def test_a_deal_begins_in_the_first_stage_and_makes_the_customer_an_opportunity(customer):
    deal = make_opportunity(customer)
    assert (deal.stage.name_en, deal.probability, deal.forecast_category) == ("Qualify", 10, "pipeline")
    assert stays(deal) == [("Qualify", "", True)]
    customer.refresh_from_db()
    assert customer.lifecycle_stage == "opportunity"


def test_going_on_asks_for_what_the_stage_needs(customer, deal):
    bare = make_opportunity(customer)
    with pytest.raises(RuleBroken, match="need, contact, source"):
        services.move_opportunity(bare, to=stage("Discovery"), actor=SYSTEM)
    moved = services.move_opportunity(deal, to=stage("Discovery"), actor=SYSTEM)
    assert (moved.probability, moved.stage_since > deal.stage_since) == (30, True)
    assert stays(deal) == [("Qualify", "", False), ("Discovery", "forward", True)]


def test_leaving_stages_out_is_confirmed_and_going_back_is_noted(deal):
    with pytest.raises(services.SkipsStages):
        services.move_opportunity(deal, to=stage("Negotiation"), actor=SYSTEM)
    services.move_opportunity(deal, to=stage("Negotiation"), confirmed=True, actor=SYSTEM)
    back = services.move_opportunity(deal, to=stage("Qualify"), actor=SYSTEM)
    assert [move for _name, move, _now in stays(deal)] == ["", "skip", "back"]
    assert (back.probability, back.forecast_category) == (10, "pipeline")


def test_a_stage_out_of_use_stands_in_nobodys_way(deal):
    gone = stage("Discovery")
    Stage.objects.filter(pk=gone.pk).update(needs_approval=True, asks=["campaign"])
    delete_stage(gone, actor=SYSTEM)
    moved = services.move_opportunity(deal, to=stage("Proposal"), actor=SYSTEM)
    assert stays(moved)[-1] == ("Proposal", "forward", True)


def test_taking_a_move_back_asks_for_nothing(customer):
    deals = [
        make_opportunity(customer, stage=stage("Proposal")) for _n in range(2)
    ]  # as an import leaves them
    Stage.objects.filter(pk=stage("Proposal").pk).update(needs_approval=True)
    for deal in deals:
        services.move_in_bulk(deal, stage=stage("Qualify"), actor=SYSTEM)
    assert services.undo_move(deals[0], actor=SYSTEM).stage == stage("Proposal")
    deals[1].refresh_from_db()
    services.move_back([deals[1]], {str(deals[1].pk): stage("Proposal").pk}, actor=SYSTEM)
    deals[1].refresh_from_db()
    assert deals[1].stage == stage("Proposal")


def test_what_lies_in_the_bin_does_not_move(deal):
    services.delete_opportunity(deal, actor=SYSTEM)
    with pytest.raises(RuleBroken, match="bin"):
        services.move_opportunity(deal, to=stage("Discovery"), actor=SYSTEM)


def test_a_move_leads_to_open_stages_of_the_same_pipeline(deal):
    for name in ("Won", "Lost"):
        with pytest.raises(RuleBroken, match="cannot move"):
            services.move_opportunity(deal, to=stage(name), actor=SYSTEM)


def test_two_people_moving_one_card(deal):
    services.move_opportunity(deal, to=stage("Discovery"), expected=deal.version, actor=SYSTEM)
    with pytest.raises(StaleVersion):
        services.move_opportunity(deal, to=stage("Discovery"), expected=deal.version, actor=SYSTEM)


def test_putting_the_close_off_is_counted_and_the_first_date_kept(deal):
    first = deal.expected_close_date
    for days, pushes in ((40, 1), (35, 1), (60, 2)):
        deal = services.update_opportunity(deal, expected_close_date=TODAY + timedelta(days), actor=SYSTEM)
        assert deal.pushes == pushes
    assert deal.first_close_date == first


def test_another_probability_needs_a_reason(deal):
    with pytest.raises(RuleBroken, match="likelier"):
        services.update_opportunity(deal, probability=60, actor=SYSTEM)
    changed = services.update_opportunity(deal, probability=60, probability_reason="已口头答应", actor=SYSTEM)
    assert changed.probability == 60
    with pytest.raises(RuleBroken, match="between 0 and 100"):
        services.update_opportunity(deal, probability=101, probability_reason="?", actor=SYSTEM)


@pytest.mark.parametrize("amount", [Decimal(-1), Decimal(10) ** 30])
def test_amounts_that_cannot_be(customer, amount):
    with pytest.raises(RuleBroken, match="amount"):
        make_opportunity(customer, amount=amount)


def test_the_database_refuses_them_too(deal):
    with pytest.raises(IntegrityError), transaction.atomic():
        Opportunity.objects.filter(pk=deal.pk).update(amount=-1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Opportunity.objects.filter(pk=deal.pk).update(status="won")


def test_a_currency_needs_a_rate(customer):
    with pytest.raises(RuleBroken, match="exchange rate"):
        make_opportunity(customer, currency="XTS")


def test_won(deal):
    won = services.win_opportunity(deal, reason="price", closed_at=date(2026, 3, 1), actor=SYSTEM)
    assert (won.status, won.probability, won.forecast_category) == ("won", 100, "closed")
    assert won.closed_at == date(2026, 3, 1)
    with pytest.raises(RuleBroken, match="closed"):
        services.move_opportunity(won, to=stage("Discovery"), actor=SYSTEM)
    with pytest.raises(RuleBroken, match="stays"):
        services.delete_opportunity(won, actor=SYSTEM)
    with pytest.raises(RuleBroken, match="future"):
        services.win_opportunity(
            services.reopen_opportunity(won, actor=SYSTEM), closed_at=TODAY + timedelta(2), actor=SYSTEM
        )


def test_lost_asks_why_and_gives_the_customer_back_to_marketing(customer, deal):
    other = make_opportunity(customer)
    with pytest.raises(RuleBroken, match="why it was lost"):
        services.lose_opportunity(deal, reason="", actor=SYSTEM)
    with pytest.raises(RuleBroken, match="few words"):
        services.lose_opportunity(deal, reason="other", actor=SYSTEM)
    lost = services.lose_opportunity(deal, reason="competitor", competitor="友商二", actor=SYSTEM)
    assert (lost.status, lost.probability, lost.competitor) == ("lost", 0, "友商二")
    customer.refresh_from_db()
    assert customer.lifecycle_stage == "opportunity"
    services.invalidate_opportunity(other, note="重复录入", actor=SYSTEM)
    customer.refresh_from_db()
    assert customer.lifecycle_stage == "mql"


def test_opened_again_where_it_was_closed(deal):
    services.move_opportunity(deal, to=stage("Discovery"), actor=SYSTEM)
    services.lose_opportunity(deal, reason="price", actor=SYSTEM)
    again = services.reopen_opportunity(deal, actor=SYSTEM)
    assert (again.status, again.stage.name_en, again.closed_at, again.reason) == (
        "open",
        "Discovery",
        None,
        "",
    )


def test_a_deal_customer_stays_what_it_is(company):
    customer = make_customer(company.sales1, first_deal_at=date(2026, 1, 1))
    deal = make_opportunity(customer)
    services.lose_opportunity(deal, reason="price", actor=SYSTEM)
    customer.refresh_from_db()
    assert customer.lifecycle_stage == "customer"


def test_what_happens_to_a_deal_is_told_at_its_customer(customer, deal):
    services.win_opportunity(deal, actor=SYSTEM)
    told = Event.objects.filter(
        about__contains=[f"accounts.customer:{customer.pk}"], name__startswith="opportunity"
    )
    assert list(told.order_by("pk").values_list("name", flat=True)) == [
        "opportunity.created",
        "opportunity.won",
    ]


class TestFollowUps:
    def test_one_about_a_deal_stands_with_its_customer_too(self, company, customer, deal):
        due = timezone.now() + timedelta(days=2)
        planned = plan_follow_up(
            actor=SYSTEM, author=company.sales1, kind="call", record=deal, subject="问进度", due_at=due
        )
        done = log_follow_up(
            actor=SYSTEM, author=company.sales1, kind="note", record=deal, body="谈了价格和交期"
        )
        assert (planned.customer, planned.with_whom) == (customer, deal)
        for record in (customer, deal):
            record.refresh_from_db()
            assert record.next_follow_up_at == due
            assert record.last_activity_summary == "谈了价格和交期"
        assert list(deal.activities.order_by("pk")) == [planned, done.activity]

    def test_one_about_a_lead_is_seen_by_whoever_sees_the_lead(self, company):
        lead = make_lead(company.sales1)
        note = log_follow_up(
            actor=SYSTEM, author=company.marketing1, kind="note", record=lead, body="电话里说预算三十万"
        ).activity
        lead.refresh_from_db()
        assert lead.last_activity_kind == "note"
        for person, sees in (("sales1", True), ("manager1", True), ("sales3", False), ("finance1", False)):
            user = fresh(getattr(company, person))
            assert may(user, "view", note) is sees, person
            assert visible(type(note), user).filter(pk=note.pk).exists() is sees

    def test_being_in_touch_closes_what_was_planned_about_the_same_thing_only(self, company, customer, deal):
        now = timezone.now()
        about_deal = plan_follow_up(actor=SYSTEM, author=company.sales1, kind="call", record=deal, due_at=now)
        about_customer = plan_follow_up(
            actor=SYSTEM,
            author=company.sales1,
            kind="call",
            customer=make_customer(company.sales1),
            due_at=now,
        )
        done = log_follow_up(
            actor=SYSTEM, author=company.sales1, kind="call", record=deal, body="报价已发送客户"
        )
        assert done.closed == [about_deal]
        about_customer.refresh_from_db()
        assert about_customer.is_open


def test_the_bin_is_emptied_after_thirty_days(customer, deal):
    for days, left in ((29, 1), (31, 0)):
        Opportunity._base_manager.filter(pk=deal.pk).update(deleted_at=timezone.now() - timedelta(days=days))
        empty_opportunity_bin()
        assert Opportunity._base_manager.filter(pk=deal.pk).count() == left
    assert Event.objects.filter(name="opportunity.purged", subject_id=deal.pk).exists()
