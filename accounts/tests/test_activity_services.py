"""Recording, planning, doing and taking back follow-ups."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts import services
from accounts.models import Activity, Customer, Reminder
from accounts.rules.due import at_day
from accounts.tests.factories import by, make_contact, make_customer
from crm.automation.models import Notification, OutgoingEmail
from crm.automation.services import save_preferences
from crm.core.writes import RuleBroken, StaleVersion
from crm.events.models import Event
from crm.identity import services as identity
from crm.identity.models import User

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 11, 2, 0, tzinfo=UTC)  # Thursday 10:00 in Shanghai


@pytest.fixture(autouse=True)
def _thursday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def customer(company):
    return make_customer(company.sales1, "苏州瑞宏电子有限公司")


def log(user, customer, body="王工要求节拍 0.8 秒", **values):
    values.setdefault("kind", "call")
    return services.log_follow_up(actor=by(user), author=user, customer=customer, body=body, **values)


def plan(user, customer=None, *, due=NOW + timedelta(days=1), **values):
    values.setdefault("kind", "call")
    return services.plan_follow_up(actor=by(user), author=user, customer=customer, due_at=due, **values)


def fresh(record):
    return type(record)._base_manager.get(pk=record.pk)


class TestLogging:
    def test_keeps_the_customers_dates(self, company, customer):
        log(company.sales1, customer)
        customer = fresh(customer)
        assert customer.last_activity_at == customer.last_valid_follow_up_at == NOW
        assert (customer.last_activity_kind, customer.last_activity_summary) == (
            "call",
            "王工要求节拍 0.8 秒",
        )

    def test_plans_the_next_step(self, company, customer):
        step = services.NextStep(at=at_day(NOW.date() + timedelta(days=4)), subject="带样机试跑")
        done = log(company.sales1, customer, next_step=step)
        assert done.next.subject == "带样机试跑"
        customer = fresh(customer)
        assert (customer.next_follow_up_at, customer.next_follow_up_all_day) == (step.at, True)
        assert Reminder._base_manager.filter(activity=done.next).count() == 3

    def test_closes_what_was_planned_for_today_or_before(self, company, customer):
        late = plan(company.sales1, customer, due=NOW - timedelta(days=2))
        future = plan(company.sales1, customer, due=NOW + timedelta(days=5))
        done = log(company.sales1, customer)
        assert [a.pk for a in done.closed] == [late.pk]
        assert fresh(late).closed_by_id == done.activity.pk
        assert fresh(future).is_open
        assert not Reminder._base_manager.filter(activity=late, state="pending").exists()

    def test_leaves_other_peoples_plans_and_tasks_alone(self, company, customer):
        theirs = plan(company.manager1, customer, due=NOW - timedelta(hours=1))
        task = plan(company.sales1, customer, due=NOW - timedelta(hours=1), kind="task")
        assert log(company.sales1, customer).closed == []
        assert fresh(theirs).is_open
        assert fresh(task).is_open

    def test_an_empty_or_repeated_text_is_no_valid_follow_up(self, company, customer):
        assert log(company.sales1, customer).activity.is_valid
        assert not log(company.sales1, customer).activity.is_valid
        with pytest.raises(RuleBroken):
            log(company.sales1, customer, body="  ")

    def test_a_form_asks_for_a_next_date_or_a_reason(self, company, customer):
        with pytest.raises(RuleBroken) as error:
            log(company.sales1, customer, must_plan=True)
        assert error.value.field == "next_follow_up_at"
        log(company.sales1, customer, must_plan=True, kind="note")
        log(company.sales1, customer, must_plan=True, next_step=services.NextStep(reason="等年度预算"))
        assert fresh(customer).no_follow_up_reason == "等年度预算"

    def test_what_is_planned_already_is_enough(self, company, customer):
        planned = plan(company.sales1, customer)
        done = log(company.sales1, customer, must_plan=True)
        assert (done.next, fresh(customer).next_follow_up_at) == (None, planned.due_at)

    def test_a_churned_customer_needs_no_next_date(self, company, customer):
        Customer._base_manager.update(lifecycle_stage="churned")
        done = log(company.sales1, fresh(customer), must_plan=True)
        assert (done.next, fresh(customer).next_follow_up_at) == (None, None)

    def test_refuses_the_future_and_the_past_next_date(self, company, customer):
        with pytest.raises(RuleBroken):
            log(company.sales1, customer, done_at=NOW + timedelta(days=1))
        with pytest.raises(RuleBroken):
            log(company.sales1, customer, next_step=services.NextStep(at=NOW - timedelta(days=1)))

    def test_a_contact_of_another_customer_is_refused(self, company, customer):
        other = make_contact(make_customer(company.sales1))
        with pytest.raises(RuleBroken):
            log(company.sales1, customer, contact=other)

    def test_a_pasted_chat_becomes_readable(self, company, customer):
        done = log(company.sales1, customer, kind="wechat", body="李工 17:42\n谁出文件？\n我 17:45\n我方出")
        assert done.activity.body == "李工 17:42：谁出文件？\n我 17:45：我方出"

    def test_the_history_of_an_import_keeps_its_date_and_closes_nothing(self, company, customer):
        planned = plan(company.sales1, customer, due=NOW - timedelta(days=2))
        done = log(company.sales1, customer, done_at=NOW - timedelta(days=400))
        assert done.closed == []
        assert fresh(planned).is_open
        assert fresh(customer).last_activity_at == NOW - timedelta(days=400)


class TestMentions:
    def test_tells_those_who_may_read_and_names_the_others(self, company, customer):
        done = log(company.sales1, customer, body="请 @Manager1 看看，@sales3 也看看，@sales1")
        assert [n.user.username for n in Notification._base_manager.filter(kind="mentioned")] == ["manager1"]
        assert [u.username for u in done.unreached] == ["sales3"]

    def test_a_collaborator_is_told(self, company, customer):
        identity.share(customer, user=company.sales3, actor=by(company.sales1))
        assert log(company.sales1, customer, body="@sales3 请看这里").unreached == []
        assert Notification._base_manager.filter(user=company.sales3, kind="mentioned").count() == 1

    def test_an_edit_tells_only_the_newly_mentioned(self, company, customer):
        done = log(company.sales1, customer, body="请 @Manager1 看看这里").activity
        services.update_activity(done, actor=by(company.sales1), body="请 @Manager1 和 @Director 看看这里")
        told = Notification._base_manager.filter(kind="mentioned").order_by("pk")
        assert [n.user.username for n in told] == ["manager1", "director"]
        done.refresh_from_db()
        assert done.mentions == ["manager1", "director"]

    def test_nobody_is_told_twice_when_a_name_is_taken_out_and_put_in_again(self, company, customer):
        done = log(company.sales1, customer, body="请 @Manager1 看看这里").activity
        for body in ("谁也不用看这里", "请 @Manager1 再看看"):
            done = services.update_activity(done, actor=by(company.sales1), body=body)
        assert Notification._base_manager.filter(kind="mentioned").count() == 1

    def test_it_goes_by_mail_as_preferred(self, company, customer):
        User._base_manager.filter(username="manager1").update(email="m@example.com")
        save_preferences(company.manager1, {"mentioned": (True, False, False)})
        log(company.sales1, customer, body="请 @Manager1 看看这里")
        assert not OutgoingEmail._base_manager.exists()
        save_preferences(company.manager1, {"mentioned": (True, True, False)})
        log(company.sales1, customer, body="请 @Manager1 再看看这里")
        assert OutgoingEmail._base_manager.get().to == "m@example.com"


class TestPlanning:
    def test_shows_as_the_customers_next_date(self, company, customer):
        plan(company.sales1, customer, due=NOW + timedelta(days=3))
        plan(company.sales1, customer, due=NOW + timedelta(days=1))
        assert fresh(customer).next_follow_up_at == NOW + timedelta(days=1)

    def test_a_colleague_who_may_see_the_customer_is_asked_and_told(self, company, customer):
        plan(company.manager1, customer, owner=company.sales1, subject="回电")
        note = Notification._base_manager.get(user=company.sales1)
        assert note.kind == "assigned"
        with pytest.raises(RuleBroken):
            plan(company.sales1, customer, owner=company.sales3)

    def test_needs_no_customer(self, company):
        assert plan(company.sales1, kind="task", subject="整理样机").is_open


class TestCompleting:
    def test_keeps_subject_and_takes_the_text(self, company, customer):
        planned = plan(company.sales1, customer, subject="回电确认", body="问节拍")
        done = services.complete(
            planned,
            actor=by(company.sales1),
            author=company.sales1,
            body="同意 0.8 秒的要求",
            outcome="progress",
        ).activity
        assert (done.subject, done.body, done.plan) == ("回电确认", "同意 0.8 秒的要求", "问节拍")
        assert done.is_valid
        assert fresh(customer).next_follow_up_at is None

    def test_ticking_it_off_without_a_word_is_no_valid_follow_up(self, company, customer):
        planned = plan(company.sales1, customer)
        assert not services.complete(
            planned, actor=by(company.sales1), author=company.sales1
        ).activity.is_valid

    def test_once_only(self, company, customer):
        planned = plan(company.sales1, customer)
        services.complete(planned, actor=by(company.sales1), author=company.sales1)
        with pytest.raises(RuleBroken):
            services.complete(planned, actor=by(company.sales1), author=company.sales1)
        with pytest.raises(RuleBroken):
            services.cancel(planned, actor=by(company.sales1))


class TestUndo:
    def test_opens_again_and_takes_the_next_step_back(self, company, customer):
        planned = plan(company.sales1, customer, body="问节拍")
        step = services.NextStep(at=NOW + timedelta(days=9), all_day=False)
        done = services.complete(
            planned, actor=by(company.sales1), author=company.sales1, body="谈好了，下周签", next_step=step
        )
        services.undo(planned, actor=by(company.sales1))
        again = fresh(planned)
        assert again.is_open
        assert again.body == "问节拍"
        assert fresh(done.next).deleted_at
        assert fresh(customer).next_follow_up_at == planned.due_at
        assert Reminder._base_manager.filter(activity=planned, state="pending").count() == 3

    def test_a_recorded_one_goes_to_the_bin_and_its_plan_opens(self, company, customer):
        planned = plan(company.sales1, customer, due=NOW - timedelta(hours=1))
        done = log(company.sales1, customer)
        services.undo(done.activity, actor=by(company.sales1))
        assert fresh(done.activity).deleted_at
        assert fresh(planned).is_open
        assert fresh(customer).last_activity_at is None

    def test_a_cancelled_one_opens(self, company, customer):
        planned = services.cancel(plan(company.sales1, customer), actor=by(company.sales1))
        assert services.undo(planned, actor=by(company.sales1)).is_open

    def test_not_after_a_day_and_not_without_cause(self, company, customer):
        planned = plan(company.sales1, customer)
        with pytest.raises(RuleBroken):
            services.undo(planned, actor=by(company.sales1))
        services.cancel(planned, actor=by(company.sales1))
        with time_machine.travel(NOW + timedelta(hours=25), tick=False), pytest.raises(RuleBroken):
            services.undo(planned, actor=by(company.sales1))


class TestMoving:
    def test_putting_off_is_counted_and_the_first_date_kept(self, company, customer):
        planned = plan(company.sales1, customer)
        later = services.reschedule(planned, due_at=NOW + timedelta(days=3), actor=by(company.sales1))
        assert (later.postponed, later.first_due_at) == (1, NOW + timedelta(days=1))
        earlier = services.reschedule(planned, due_at=NOW + timedelta(days=2), actor=by(company.sales1))
        assert earlier.postponed == 1
        assert fresh(customer).next_follow_up_at == NOW + timedelta(days=2)

    def test_a_stale_version_is_refused(self, company, customer):
        planned = plan(company.sales1, customer)
        services.reschedule(planned, due_at=NOW + timedelta(days=3), actor=by(company.sales1))
        with pytest.raises(StaleVersion):
            services.reschedule(planned, due_at=NOW + timedelta(days=4), actor=by(company.sales1), expected=1)


class TestChanges:
    def test_edit_pin_delete_restore(self, company, customer):
        activity = log(company.sales1, customer).activity
        by_me = by(company.sales1)
        assert (
            services.update_activity(activity, actor=by_me, body="王工要求 0.7 秒").body == "王工要求 0.7 秒"
        )
        assert fresh(customer).last_activity_summary == "王工要求 0.7 秒"
        assert services.pin(activity, actor=by_me).pinned_at
        assert services.pin(activity, on=False, actor=by_me).pinned_at is None
        services.delete_activity(activity, actor=by_me)
        assert fresh(customer).last_activity_at is None
        services.restore_activity(activity, actor=by_me)
        assert fresh(customer).last_activity_at == NOW
        names = set(
            Event._base_manager.filter(subject_type="accounts.activity").values_list("name", flat=True)
        )
        assert {"activity.logged", "activity.updated", "activity.pinned", "activity.deleted"} <= names

    def test_only_some_fields(self, company, customer):
        with pytest.raises(RuleBroken):
            services.update_activity(
                log(company.sales1, customer).activity, actor=by(company.sales1), owner=1
            )


class TestMany:
    def test_plans_for_each_owner_set_based(self, company, django_assert_max_num_queries):
        for _n in range(5):
            make_customer(company.sales1)
        make_customer(company.sales2)
        make_customer(None)
        with django_assert_max_num_queries(20):
            done = services.plan_many(
                Customer.objects.all(),
                author=company.manager1,
                actor=by(company.manager1),
                due_at=at_day(NOW.date() + timedelta(days=1)),
                subject="节前回访",
            )
        assert len(done) == 7
        owners = sorted(Activity._base_manager.values_list("owner__username", flat=True))
        assert owners == ["manager1", *["sales1"] * 5, "sales2"]
        assert Customer._base_manager.filter(next_follow_up_at__isnull=False).count() == 7
        assert Event._base_manager.filter(name="activity.planned").count() == 7

    def test_a_transfer_takes_open_plans_along(self, company, customer):
        planned = plan(company.sales1, customer)
        done = log(company.sales1, customer).activity
        managers = plan(company.manager1, customer)
        services.transfer_customers([customer], owner=company.sales2, actor=by(company.manager1))
        assert fresh(planned).owner == company.sales2
        assert fresh(done).owner == company.sales1
        assert fresh(managers).owner == company.manager1
        users = Reminder._base_manager.filter(activity=planned, state="pending").values_list(
            "user", flat=True
        )
        assert set(users) == {company.sales2.pk}

    def test_without_a_new_owner_plans_are_cancelled(self, company, customer):
        planned = plan(company.sales1, customer)
        services.transfer_customers([customer], owner=None, actor=by(company.manager1))
        assert fresh(planned).cancelled_at
        assert fresh(customer).next_follow_up_at is None


def test_times_are_stored_as_moments(company, customer):
    assert timezone.is_aware(log(company.sales1, customer).activity.done_at)
