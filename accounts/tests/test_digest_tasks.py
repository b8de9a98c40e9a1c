"""The daily digest: everybody's own day, at their hour, on working days, once, and nothing when there is nothing."""

import threading
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.db import connection

from accounts import services
from accounts.models import Activity
from accounts.rules.due import at_day
from accounts.tests.factories import by, make_customer
from crm.automation.models import DigestRun, Notification, OutgoingEmail
from crm.automation.services import digests, save_preferences, save_rhythm
from crm.automation.tasks import send_digests
from crm.identity import services as identity
from crm.identity.models import Team, User

MORNING = datetime(2026, 9, 16, 0, 30, tzinfo=UTC)  # Wednesday 08:30 in Shanghai


def at(moment):
    return time_machine.travel(moment, tick=False)


def mails(user=None):
    found = OutgoingEmail._base_manager.filter(kind="digest").order_by("pk")
    return list(found.filter(user=user) if user else found)


def notes(user):
    return list(Notification._base_manager.filter(kind="digest", user=user))


def plan(user, due, subject="回电", customer="云杉网络", author=None):
    author = author or user
    return services.plan_follow_up(
        actor=by(author),
        author=author,
        owner=user,
        customer=make_customer(user, customer) if customer else None,
        kind="call",
        subject=subject,
        due_at=at_day(due),
        all_day=True,
    )


@pytest.fixture
def me(company):
    """Sales1, with an address; due today one, overdue one."""
    User._base_manager.filter(pk=company.sales1.pk).update(email="sales1@example.com", language="en")
    with at(datetime(2026, 9, 14, 1, tzinfo=UTC)):
        plan(company.sales1, date(2026, 9, 16), "Call back")
        plan(company.sales1, date(2026, 9, 15), "Send the offer", "Halden")
    return company.sales1


@pytest.mark.django_db
class TestWhen:
    def test_at_half_past_eight_once(self, me):
        with at(MORNING - timedelta(minutes=1)):
            assert send_digests() == 0
        with at(MORNING):
            assert (send_digests(), send_digests()) == (1, 0)
        with at(MORNING + timedelta(hours=2)):
            assert send_digests() == 0
        assert len(mails(me)) == len(notes(me)) == 1

    def test_at_the_chosen_hour_in_ones_own_zone(self, me):
        User._base_manager.filter(pk=me.pk).update(time_zone="Europe/Berlin")
        rhythm = {"digest_in_app": True, "digest_email": True, "quiet_from": None, "quiet_to": None}
        save_rhythm(me, digest_at=time(7, 0), **rhythm)
        with at(datetime(2026, 9, 16, 4, 59, tzinfo=UTC)):  # 06:59 in Berlin
            assert send_digests() == 0
        with at(datetime(2026, 9, 16, 5, 0, tzinfo=UTC)):
            assert send_digests() == 1

    def test_on_working_days_only_by_the_company_calendar(self, me):
        with at(datetime(2026, 9, 19, 0, 30, tzinfo=UTC)):  # Saturday
            assert send_digests() == 0
        with at(datetime(2026, 9, 20, 0, 30, tzinfo=UTC)):  # a Sunday that is worked
            assert send_digests() == 1
        with at(datetime(2026, 9, 25, 0, 30, tzinfo=UTC)):  # Friday, Mid-Autumn
            assert send_digests() == 0

    def test_not_hours_late(self, me):
        with at(MORNING + timedelta(hours=5)):
            assert send_digests() == 0

    def test_nothing_when_there_is_nothing(self, company):
        with at(MORNING):
            assert send_digests() == 0
        assert not Notification._base_manager.exists()
        assert mails() == []

    def test_not_for_those_who_want_none_or_left(self, me):
        save_rhythm(
            me,
            digest_in_app=False,
            digest_email=False,
            digest_at=time(8, 30),
            quiet_from=None,
            quiet_to=None,
        )
        with at(MORNING):
            assert send_digests() == 0
        User._base_manager.filter(pk=me.pk).update(is_active=False)
        me.rhythm.delete()
        with at(MORNING):
            assert send_digests() == 0

    def test_one_that_cannot_be_made_holds_up_nobody(self, me, company, monkeypatch):
        with at(datetime(2026, 9, 14, 1, tzinfo=UTC)):
            plan(company.sales3, date(2026, 9, 16), customer="南山贸易")
        real = digests._collect

        def poison(user):
            if user.pk == me.pk:
                raise RuntimeError("poison")
            return real(user)

        monkeypatch.setattr(digests, "_collect", poison)
        with at(MORNING):
            assert send_digests() == 1
            monkeypatch.undo()
            assert send_digests() == 1  # nothing was noted of the first


@pytest.mark.django_db
class TestWhat:
    def send(self):
        with at(MORNING):
            send_digests()

    def test_the_day_in_text_and_html_in_ones_language(self, me):
        self.send()
        mail = mails(me)[0]
        assert mail.subject == "Wed, Sep 16: 1 due today, 1 overdue"
        for part in (mail.text, mail.html):
            assert "云杉网络 · Call back" in part
            assert "Halden · Send the offer" in part
            assert "Why you get this:" in part
            assert "/settings/notifications/" in part
            assert mail.unsubscribe_url in part
        assert mail.text.index("Call back") < mail.text.index("Send the offer")
        assert notes(me)[0].title == "Your day: 1 due today, 1 overdue"

    def test_chinese_for_those_who_read_chinese(self, me):
        User._base_manager.filter(pk=me.pk).update(language="zh-hans")
        self.send()
        assert mails(me)[0].subject.startswith("9/16 周三：")

    def test_done_and_others_work_is_not_in_it(self, me, company):
        with at(datetime(2026, 9, 15, 3, tzinfo=UTC)):
            for planned in Activity._base_manager.filter(owner=me):
                services.complete(planned, actor=by(me), author=me)
            plan(company.sales3, date(2026, 9, 16), "Foreign", "南山贸易")
        self.send()
        assert mails(me) == []

    def test_mentions_and_tasks_given_once_unless_read(self, me, company):
        with at(datetime(2026, 9, 15, 3, tzinfo=UTC)):
            customer = make_customer(me, "Acme")
            for body in ("@sales1 please look", "@sales1 this, too"):
                services.log_follow_up(
                    actor=by(company.manager1),
                    author=company.manager1,
                    customer=customer,
                    kind="note",
                    body=body,
                )
            read = Notification._base_manager.filter(kind="mentioned").first()
            Notification._base_manager.filter(pk=read.pk).update(read_at=datetime.now(UTC))
        self.send()
        assert mails(me)[0].text.count("Manager1 mentioned you") == 1
        with at(MORNING + timedelta(days=1)):
            send_digests()
        assert "mentioned" not in mails(me)[-1].text

    def test_news_only_for_the_digest_is_not_in_the_bell(self, client, me, company):
        save_preferences(me, {"mentioned": (False, False, True)})
        with at(datetime(2026, 9, 15, 3, tzinfo=UTC)):
            services.log_follow_up(
                actor=by(company.manager1),
                author=company.manager1,
                customer=make_customer(me, "Acme"),
                kind="note",
                body="@sales1 please look",
            )
        client.force_login(me)
        assert "mentioned you" not in client.get("/notifications/").content.decode()
        self.send()
        assert "Manager1 mentioned you: Acme" in mails(me)[0].text

    def test_news_of_what_one_may_no_longer_see_is_left_out(self, me, company):
        """Attack 20."""
        with at(datetime(2026, 9, 15, 3, tzinfo=UTC)):
            customer = make_customer(company.sales3, "Hidden Ltd")
            identity.share(customer, user=me, actor=by(company.sales3))
            services.log_follow_up(
                actor=by(company.sales3),
                author=company.sales3,
                customer=customer,
                kind="note",
                body="@sales1 please look",
            )
            identity.unshare(customer, user=me, actor=by(company.sales3))
        self.send()
        assert "Hidden Ltd" not in mails(me)[0].text + mails(me)[0].html

    def test_a_leader_reads_what_the_team_lets_lie(self, me, company):
        Team._base_manager.filter(pk=company.east.pk).update(leader=company.manager1)
        User._base_manager.filter(pk=company.manager1.pk).update(email="m@example.com", language="en")
        with at(datetime(2026, 9, 14, 1, tzinfo=UTC)):
            plan(company.sales3, date(2026, 9, 15), "Foreign", "南山贸易")
        self.send()
        text = mails(company.manager1)[0].text
        assert "Sales1 [1 overdue" in text
        assert "Sales3" not in text
        assert "1 colleague is behind" in mails(company.manager1)[0].subject

    def test_markup_in_names_stays_text(self, company, me):
        with at(datetime(2026, 9, 14, 1, tzinfo=UTC)):
            plan(me, date(2026, 9, 16), "<script>alert(1)</script>", "<b>Bold</b> Ltd")
        self.send()
        assert "<script>" not in mails(me)[0].html
        assert "<b>" not in mails(me)[0].html


@pytest.mark.django_db(transaction=True)
class TestExactlyOnce:
    def test_two_beats_and_four_workers(self, me):
        errors = []

        def work():
            try:
                send_digests()
            except Exception as error:
                errors.append(error)
            finally:
                connection.close()

        with at(MORNING):
            threads = [threading.Thread(target=work) for _n in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert not errors
        assert len(mails(me)) == len(notes(me)) == 1
        assert DigestRun._base_manager.filter(user=me, sent=True).count() == 1

    def test_a_crash_half_way_undoes_all_and_is_made_up_for(self, me, monkeypatch):
        real = digests._mail

        def dies(*args, **kwargs):
            real(*args, **kwargs)
            raise KeyboardInterrupt

        monkeypatch.setattr(digests, "_mail", dies)
        with at(MORNING):
            with pytest.raises(KeyboardInterrupt):
                send_digests()
            assert mails() == notes(me) == []
            monkeypatch.undo()
            assert send_digests() == 1
        assert len(mails(me)) == len(notes(me)) == 1
