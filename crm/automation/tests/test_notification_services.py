"""Who is told what, how often, and in which way."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.utils import translation

from crm.automation import kinds, queries, services
from crm.automation.models import Notification, OutgoingEmail
from crm.automation.rules.quiet import quiet_until
from crm.core.hooks import hooks
from crm.events.actor import Actor
from crm.events.delivery import deliver_pending
from crm.events.recording import record_event
from crm.identity.events import RECORD_SHARED, RECORD_TRANSFERRED
from crm.identity.tests.factories import actor, make_user
from crm.records.services import jobs

pytestmark = pytest.mark.django_db

NEWS = kinds.Kind("news", "News", "%(actor)s has news of %(record)s", many="%(count)s news", email=True)


@pytest.fixture(autouse=True)
def _news(monkeypatch):
    monkeypatch.setitem(kinds.KINDS, "news", NEWS)


@pytest.fixture
def reader():
    return make_user("reader", email="reader@example.com")


def tell(users, **values):
    values = {"params": {"actor": "Lin", "record": "Acme"}, "dedupe": "one", **values}
    return services.notify(users, NEWS, **values)


class TestNotify:
    def test_tells_once_for_one_occasion(self, reader):
        assert len(tell([reader])) == 1
        assert tell([reader]) == []
        assert Notification._base_manager.count() == OutgoingEmail._base_manager.count() == 1

    def test_reads_in_the_language_of_today(self, reader):
        params = {"actor": "Lin", "record": "Acme"}
        (note,) = services.notify([reader], kinds.TRANSFERRED, params=params, dedupe="one")
        assert note.title == "Lin transferred Acme to you"
        with translation.override("zh-hans"):
            assert note.title == "Lin把Acme转移给了你"

    def test_nobody_is_told_of_their_own_doing(self, reader):
        assert tell([reader], actor=Actor.of(reader)) == []

    def test_somebody_who_left_hears_nothing(self, reader):
        reader.is_active = False
        assert tell([reader]) == []

    def test_follows_the_preferences(self, reader):
        services.save_preferences(reader, {"news": (False, True, False)})
        assert tell([reader]) == []
        assert OutgoingEmail._base_manager.count() == 1
        services.save_preferences(reader, {"news": (True, False, False)})
        assert len(tell([reader], dedupe="two")) == 1
        assert OutgoingEmail._base_manager.count() == 1

    def test_without_an_address_only_the_bell_rings(self):
        assert len(tell([make_user("nomail")])) == 1
        assert not OutgoingEmail._base_manager.exists()

    def test_many_at_one_time_are_one_piece_of_news(self, reader):
        tell([reader], gather=True, event_id=1)
        tell([reader], gather=True, event_id=2)
        tell([reader], gather=True, event_id=2)
        assert Notification._base_manager.get().title == "2 news"
        assert OutgoingEmail._base_manager.get().subject == "2 news"

    def test_each_event_counts_once_in_whatever_order_it_comes_again(self, reader):
        for number in (2, 1, 3, 1, 2, 3):
            tell([reader], gather=True, event_id=number, params={"actor": "Lin", "record": f"No. {number}"})
        note = Notification._base_manager.get()
        assert (note.count, note.event_id, note.params["record"]) == (3, 3, "No. 3")
        assert OutgoingEmail._base_manager.get().subject == "3 news"

    def test_hidden_records_are_no_news(self, reader):
        other = tell([make_user("other")], dedupe="own")[0]  # somebody else's private record
        assert tell([reader], about=other) == []
        assert not OutgoingEmail._base_manager.filter(user=reader).exists()


class TestBell:
    def test_shows_only_ones_own(self, reader):
        tell([make_user("other")])
        assert list(queries.notifications(reader)) == []

    def test_forgets_what_one_may_no_longer_see(self, reader):
        record = tell([reader], dedupe="own")[0]
        note = tell([reader], about=record)[0]
        assert note in queries.notifications(reader)
        assert queries.unread_count(reader) == 2
        Notification._base_manager.filter(pk=record.pk).update(user=make_user("other"))
        assert note not in queries.notifications(reader)
        assert queries.unread_count(reader) == 0

    def test_counts_unread(self, reader):
        note = tell([reader])[0]
        assert queries.unread_count(reader) == 1
        services.mark_read(reader, [note.pk])
        assert queries.unread_count(reader) == 0
        services.mark_unread(reader, [note.pk])
        services.mark_all_read(reader)
        assert queries.unread_count(reader) == 0

    def test_nobody_marks_anothers_notification(self, reader):
        note = tell([reader])[0]
        assert services.mark_read(make_user("other"), [note.pk]) == 0


class TestConsumers:
    def test_the_transfer_and_share_consumers_are_registered(self):
        assert {"notify-transfer", "notify-share", "notify-job", "notify-import"} <= set(hooks.consumers)

    def test_a_share_reaches_the_colleague_once(self, company):
        record = tell([company.sales2], dedupe="own")[0]
        record_event(
            RECORD_SHARED, record, actor=actor(company.sales1), payload={"user_id": company.sales2.pk}
        )
        deliver_pending()
        deliver_pending()
        found = Notification._base_manager.filter(user=company.sales2, kind="shared")
        assert [n.params["actor"] for n in found] == ["Sales1"]

    def test_work_that_was_tried_again_is_told_of_again(self, company):
        job = jobs.create_job(company.sales1, kind="bulk", title="Transfer", params={}, total=1)
        job.created_at -= timedelta(minutes=1)  # long enough that nobody watched it
        job.save()
        jobs.fail(job, "attempts")
        deliver_pending()
        jobs.finish(jobs.retry(job, actor=actor(company.admin)))
        deliver_pending()
        deliver_pending()
        told = Notification._base_manager.filter(user=company.sales1, kind="job_done").order_by("pk")
        assert [note.title for note in told] == ["Failed: Transfer", "Finished: Transfer"]

    def test_a_transfer_of_something_hidden_tells_nobody(self, company):
        record = tell([company.sales3], dedupe="own")[0]
        record_event(
            RECORD_TRANSFERRED, record, actor=actor(company.sales1), payload={"to_id": company.sales2.pk}
        )
        deliver_pending()
        assert not Notification._base_manager.filter(user=company.sales2).exists()


def test_sends_the_mail_in_the_readers_language(reader, settings):
    settings.DEFAULT_FROM_EMAIL = "crm@example.com"
    tell([reader], url="/customers/1/")
    assert services.send_pending() == 1
    message = mail.outbox[0]
    assert message.subject == "Lin has news of Acme"
    assert f"{settings.BASE_URL}/customers/1/" in message.body
    assert message.extra_headers["Message-ID"].endswith("@example.com>")


class TestQuietHours:
    """No mail between two hours of one's own day; what falls into them leaves when they end."""

    ZONE = ZoneInfo("Asia/Shanghai")

    @pytest.mark.parametrize(
        ("now", "leaves"),
        [("21:59", "21:59"), ("22:00", "07:30"), ("03:00", "07:30"), ("07:30", "07:30"), ("12:00", "12:00")],
    )
    def test_over_midnight(self, now, leaves):
        moment = datetime.combine(date(2026, 6, 11), time.fromisoformat(now), self.ZONE)
        found = quiet_until(moment, time(22), time(7, 30), self.ZONE)
        assert found.astimezone(self.ZONE).strftime("%H:%M") == leaves
        assert found >= moment

    def test_within_a_day_and_none(self):
        noon = datetime(2026, 6, 11, 12, 30, tzinfo=self.ZONE)
        assert quiet_until(noon, time(12), time(14), self.ZONE).hour == 14
        assert quiet_until(noon, None, None, self.ZONE) == noon
        assert quiet_until(noon, time(12), time(12), self.ZONE) == noon

    def test_hold_the_mail_but_not_the_bell(self, reader):
        services.save_rhythm(
            reader,
            digest_in_app=True,
            digest_email=True,
            digest_at=time(8, 30),
            quiet_from=time(22),
            quiet_to=time(7),
        )
        with time_machine.travel(datetime(2026, 6, 11, 23, tzinfo=self.ZONE), tick=False):
            assert len(tell([reader])) == 1
            services.send_pending()
            assert mail.outbox == []
        with time_machine.travel(datetime(2026, 6, 12, 7, tzinfo=self.ZONE), tick=False):
            services.send_pending()
        assert len(mail.outbox) == 1


class TestDefaults:
    def test_who_leads_the_company_reads_once_a_day(self):
        executive, rep = make_user("boss", "executive"), make_user("rep", "salesperson")
        found = queries.ways([executive, rep], kinds.KINDS["transferred"])
        assert found == {executive.pk: (True, False, True), rep.pk: (True, True, True)}

    def test_only_what_can_reach_somebody_is_offered(self):
        shown = {kind.key for kind, _ways in queries.preferences(make_user("rep2", "salesperson"))}
        assert "transferred" in shown
        assert not shown & {"calendar", "team_overdue", "digest"}
        assert "calendar" in {kind.key for kind, _ways in queries.preferences(make_user("it", "admin"))}


def test_mail_says_why_and_how_to_have_no_more(reader):
    services.notify([reader], kinds.TRANSFERRED, params={"actor": "Lin", "record": "Acme"}, dedupe="why")
    services.send_pending()
    sent = mail.outbox[0]
    assert "You are the new owner." in sent.body
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert sent.extra_headers["List-Unsubscribe"].strip("<>") in sent.body
