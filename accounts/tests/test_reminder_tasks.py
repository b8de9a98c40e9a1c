"""Reminders: at the right moment, exactly once, whoever runs and whoever dies."""

import contextlib
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from accounts import services
from accounts.models import Activity, Reminder
from accounts.rules.due import at_day
from accounts.services import reminders
from accounts.tasks import send_due_reminders, sweep_reminders
from accounts.tests.factories import by, make_customer
from crm.automation.models import Notification, OutgoingEmail
from crm.identity import services as identity
from crm.identity.models import Team, User
from crm.identity.tests.factories import make_user

NOW = datetime(2026, 9, 15, 2, 0, tzinfo=UTC)  # Tuesday 10:00 in Shanghai


def travel(*parts):
    return time_machine.travel(datetime(*parts, tzinfo=UTC), tick=False)


def plan(company, due, all_day=False, **values):
    with time_machine.travel(NOW, tick=False):
        customer = values.pop("customer", None) or make_customer(company.sales1, "云杉网络")
        return services.plan_follow_up(
            actor=by(company.sales1),
            author=company.sales1,
            customer=customer,
            kind="call",
            subject="回电",
            due_at=due,
            all_day=all_day,
            **values,
        )


def lead(team, leader):
    Team._base_manager.filter(pk=team.pk).update(leader=leader)


def told(kind="reminder"):
    return Notification._base_manager.filter(kind=kind).count()


@pytest.mark.django_db
class TestMoments:
    def test_half_an_hour_before_a_time(self, company):
        plan(company, datetime(2026, 9, 16, 6, 0, tzinfo=UTC))
        with travel(2026, 9, 16, 5, 29):
            assert send_due_reminders() == 0
        with travel(2026, 9, 16, 5, 30):
            assert send_due_reminders() == 1
            assert send_due_reminders() == 0
        note = Notification._base_manager.get()
        assert note.user == company.sales1
        assert "回电" in note.title
        assert "云杉网络" in note.title

    def test_nine_oclock_on_a_date(self, company):
        plan(company, at_day(date(2026, 9, 16)), all_day=True)
        with travel(2026, 9, 16, 0, 59):
            assert send_due_reminders() == 0
        with travel(2026, 9, 16, 1, 0):
            assert send_due_reminders() == 1

    def test_again_a_working_day_later_over_the_weekend_that_is_worked(self, company):
        plan(company, at_day(date(2026, 9, 18)), all_day=True)  # Friday; Sunday the 20th is a make-up day
        with travel(2026, 9, 18, 1, 0):
            send_due_reminders()
        with travel(2026, 9, 19, 12, 0):
            assert send_due_reminders() == 0
        with travel(2026, 9, 20, 1, 0):
            assert send_due_reminders() == 1
        assert told("overdue") == 1

    def test_one_that_comes_late_comes_once(self, company):
        plan(company, datetime(2026, 9, 16, 6, 0, tzinfo=UTC))
        with travel(2026, 9, 16, 14, 0):
            send_due_reminders()
            send_due_reminders()
        assert told() == 1

    def test_by_mail_too(self, company):
        User._base_manager.filter(username="sales1").update(email="sales1@example.com")
        plan(company, datetime(2026, 9, 16, 6, 0, tzinfo=UTC))
        with travel(2026, 9, 16, 6, 0):
            send_due_reminders()
            send_due_reminders()
        assert OutgoingEmail._base_manager.get().to == "sales1@example.com"


@pytest.mark.django_db
class TestWhatBecomesOfThem:
    DUE = datetime(2026, 9, 16, 6, 0, tzinfo=UTC)

    def send_all(self):
        with travel(2026, 12, 1):
            send_due_reminders()

    def test_done_or_cancelled_is_not_brought_up(self, company):
        done = plan(company, self.DUE)
        services.complete(done, actor=by(company.sales1), author=company.sales1)
        dropped = plan(company, self.DUE)
        services.cancel(dropped, actor=by(company.sales1))
        self.send_all()
        assert told() == told("overdue") == 0

    def test_taken_back_is_brought_up_again(self, company):
        planned = plan(company, self.DUE)
        with travel(2026, 9, 15, 3):
            services.complete(planned, actor=by(company.sales1), author=company.sales1)
            services.undo(planned, actor=by(company.sales1))
        self.send_all()
        assert (told(), told("overdue")) == (1, 1)

    def test_put_off_is_brought_up_at_the_new_time_also_after_it_was_sent(self, company):
        planned = plan(company, self.DUE)
        with travel(2026, 9, 16, 5, 30):
            send_due_reminders()
            services.reschedule(
                planned, due_at=datetime(2026, 9, 17, 1, 0, tzinfo=UTC), actor=by(company.sales1)
            )
            assert send_due_reminders() == 0
        with travel(2026, 9, 17, 0, 30):
            assert send_due_reminders() == 1
        assert told() == 2

    def test_a_move_and_back_does_not_double_it(self, company):
        planned = plan(company, self.DUE)
        with travel(2026, 9, 15, 3):
            services.reschedule(planned, due_at=self.DUE + timedelta(days=1), actor=by(company.sales1))
            services.reschedule(planned, due_at=self.DUE, actor=by(company.sales1))
        with travel(2026, 9, 16, 7):
            send_due_reminders()
        assert told() == 1

    def test_nobody_hears_of_what_they_may_no_longer_see(self, company):
        customer = make_customer(company.sales2, "南山贸易")
        identity.share(customer, user=company.sales1, actor=by(company.sales2))
        planned = plan(company, self.DUE, customer=customer)
        User._base_manager.filter(username="sales1").update(is_active=False)
        self.send_all()
        assert not Notification._base_manager.filter(about_id=planned.pk).exists()

    def test_the_new_owner_is_reminded_after_a_transfer(self, company):
        planned = plan(company, self.DUE)
        with travel(2026, 9, 15, 3):
            services.transfer_customers([planned.customer], owner=company.sales2, actor=by(company.manager1))
        self.send_all()
        users = set(
            Notification._base_manager.filter(kind="reminder").values_list("user__username", flat=True)
        )
        assert users == {"sales2"}

    def test_customers_in_the_bin_are_not_brought_up(self, company):
        planned = plan(company, self.DUE)
        services.delete_customer(planned.customer, actor=by(company.sales1))
        self.send_all()
        assert told() == 0


@pytest.mark.django_db
class TestEscalation:
    """Three working days late: the manager hears of it, once."""

    DUE = at_day(
        date(2026, 9, 18)
    )  # Friday; Sunday the 20th is worked, so that the third day is Tuesday the 22nd

    @pytest.fixture(autouse=True)
    def _leaders(self, company):
        lead(company.east, company.manager1)
        lead(company.sales, company.director)

    def late(self, company, **values):
        return plan(company, self.DUE, all_day=True, **values)

    def managers(self):
        notes = Notification._base_manager.filter(kind="team_overdue").order_by("pk")
        return [note.user.username for note in notes]

    def test_on_the_third_working_day_and_never_twice(self, company):
        self.late(company)
        with travel(2026, 9, 22, 0, 59):
            send_due_reminders()
            assert self.managers() == []
        with travel(2026, 9, 22, 1, 0):
            send_due_reminders()
            send_due_reminders()
        with travel(2026, 10, 12):
            send_due_reminders()
        assert self.managers() == ["manager1"]
        note = Notification._base_manager.get(kind="team_overdue")
        assert "Sales1" in note.title and "云杉网络" in note.title

    def test_done_in_time_nobody_hears_of_it(self, company):
        planned = self.late(company)
        with travel(2026, 9, 21, 3):
            services.complete(planned, actor=by(company.sales1), author=company.sales1)
        with travel(2026, 9, 23):
            send_due_reminders()
        assert self.managers() == []

    def test_put_off_it_counts_from_the_new_date(self, company):
        planned = self.late(company)
        with travel(2026, 9, 21, 3):
            services.reschedule(
                planned, due_at=at_day(date(2026, 9, 23)), all_day=True, actor=by(company.sales1)
            )
        with travel(2026, 9, 28, 1):  # the 25th to the 27th are holidays
            send_due_reminders()
            assert self.managers() == []
        with travel(2026, 9, 29, 1):
            send_due_reminders()
        assert self.managers() == ["manager1"]

    def test_after_a_transfer_the_previous_manager_hears_nothing(self, company):
        planned = self.late(company)
        lead(company.south, company.sales3)
        with travel(2026, 9, 21, 3):
            colleague = make_user("south2", team=company.south)
            services.transfer_customers([planned.customer], owner=colleague, actor=by(company.director))
        with travel(2026, 9, 23):
            send_due_reminders()
        assert "manager1" not in self.managers()

    def test_whoever_may_not_see_it_is_passed_over(self, company):
        lead(company.east, company.marketing1)  # reads no follow-ups
        self.late(company)
        with travel(2026, 9, 23):
            send_due_reminders()
        assert self.managers() == ["director"]

    def test_a_manager_who_let_it_lie_answers_to_the_next_one(self, company):
        with time_machine.travel(NOW, tick=False):
            customer = make_customer(company.manager1, "南山贸易")
            services.plan_follow_up(
                actor=by(company.manager1),
                author=company.manager1,
                customer=customer,
                kind="call",
                due_at=self.DUE,
                all_day=True,
            )
        with travel(2026, 9, 23):
            send_due_reminders()
        assert self.managers() == ["director"]

    def test_whoever_left_is_passed_over(self, company):
        User._base_manager.filter(pk=company.manager1.pk).update(is_active=False)
        self.late(company)
        with travel(2026, 9, 23):
            send_due_reminders()
        assert self.managers() == ["director"]


@pytest.mark.django_db
class TestSweep:
    def test_gives_imported_plans_their_reminders(self, company):
        with time_machine.travel(NOW, tick=False):
            Activity._base_manager.create(
                kind="call", owner=company.sales1, due_at=NOW + timedelta(days=1), author=company.sales1
            )
            assert sweep_reminders() == 1
            assert sweep_reminders() == 0
        assert Reminder._base_manager.count() == 3

    def test_looks_at_what_lies_far_behind_only_once(self, company):
        with time_machine.travel(NOW, tick=False):
            Activity._base_manager.create(
                kind="call", owner=company.sales1, due_at=NOW - timedelta(days=9), author=company.sales1
            )
            assert (sweep_reminders(), sweep_reminders()) == (1, 0)
        with travel(2026, 12, 1):
            assert send_due_reminders() == 0

    def test_one_that_fails_does_not_hold_up_the_others(self, company, monkeypatch):
        first = plan(company, datetime(2026, 9, 16, 6, 0, tzinfo=UTC))
        plan(company, datetime(2026, 9, 16, 7, 0, tzinfo=UTC))
        real = reminders._remind

        def poison(reminder):
            if reminder.activity_id == first.pk:
                raise RuntimeError("poison")
            return real(reminder)

        monkeypatch.setattr(reminders, "_remind", poison)
        with travel(2026, 9, 16, 7, 0):
            send_due_reminders()
            assert told() == 1
        monkeypatch.undo()
        with travel(2026, 9, 16, 7, 11):
            send_due_reminders()
        assert told() == 2


@pytest.mark.django_db(transaction=True)
class TestExactlyOnce:
    DUE = datetime(2026, 9, 16, 6, 0, tzinfo=UTC)

    def test_a_crash_between_claim_and_sending_loses_and_doubles_nothing(self, company, monkeypatch):
        plan(company, self.DUE)
        real = reminders.notify

        def dies(*args, **kwargs):
            real(*args, **kwargs)
            raise KeyboardInterrupt

        monkeypatch.setattr(reminders, "notify", dies)
        with travel(2026, 9, 16, 6, 0):
            with pytest.raises(KeyboardInterrupt):
                send_due_reminders()
            assert told() == 0
            monkeypatch.undo()
            send_due_reminders()  # somebody may be at it still
            assert told() == 0
        with travel(2026, 9, 16, 6, 1):
            send_due_reminders()
            assert told() == 1

    def test_one_that_kills_its_worker_is_given_up_and_tried_again_by_hand(
        self, company, client, monkeypatch
    ):
        plan(company, self.DUE)
        other = plan(company, self.DUE)
        real, worst = (
            reminders.notify,
            Reminder._base_manager.filter(kind="due").order_by("remind_at", "pk")[0],
        )

        def dies(*args, about, **kwargs):
            if about.pk == worst.activity_id:
                raise KeyboardInterrupt
            return real(*args, about=about, **kwargs)

        monkeypatch.setattr(reminders, "notify", dies)
        for minute in range(2 * reminders.MAX_ATTEMPTS):
            with travel(2026, 9, 16, 6, minute), contextlib.suppress(KeyboardInterrupt):
                send_due_reminders()
        worst.refresh_from_db()
        assert (worst.state, worst.attempts) == ("failed", reminders.MAX_ATTEMPTS) and worst.error
        assert told() == 1 and other.reminders.get(kind="due").state == "sent"  # the others went on
        monkeypatch.undo()
        client.force_login(company.admin)
        page = client.get("/settings/system/").content.decode()
        address = f"/settings/system/retry/reminder/{worst.pk}/"
        assert address in page and str(worst.user) in page
        client.force_login(company.manager1)
        assert client.post(address).status_code == 403
        client.force_login(company.admin)
        assert client.post(address).status_code == 302
        with travel(2026, 9, 16, 6, 30):
            send_due_reminders()
        worst.refresh_from_db()
        assert worst.state == "sent" and told() == 2
        assert client.post(address, follow=True).status_code == 200  # too late: told, not done again
        assert told() == 2

    def test_two_beats_and_four_workers_send_each_once(self, company):
        for _n in range(12):
            plan(company, self.DUE)
        errors = []

        def work():
            try:
                send_due_reminders()
            except Exception as error:
                errors.append(error)
            finally:
                connection.close()

        with travel(2026, 9, 16, 5, 45):
            threads = [threading.Thread(target=work) for _n in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert not errors
            assert told() == 12
            assert Reminder._base_manager.filter(kind="due", state="sent").count() == 12


@pytest.mark.django_db
def test_who_takes_over_is_reminded_instead_of_who_left(company):
    activity = plan(company, datetime(2026, 9, 16, 6, 0, tzinfo=UTC))
    with time_machine.travel(NOW, tick=False):
        identity.leave(company.sales1, {}, default=[company.sales2], actor=by(company.admin))
    with travel(2026, 9, 16, 5, 30):
        send_due_reminders()
    assert [n.user for n in Notification._base_manager.filter(kind="reminder")] == [company.sales2]
    assert Activity._base_manager.get(pk=activity.pk).owner == company.sales2
