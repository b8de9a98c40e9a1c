"""Cadences at work: each step once, mails that really leave, and what ends them."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.db import connection

from accounts.models import Activity
from accounts.queries.today import numbers, whose
from accounts.services import complete, create_customer, plan_follow_up
from crm.automation.models import OutgoingEmail
from crm.automation.services import mail as outbox
from crm.automation.services import receive, send_pending, suppress
from crm.core.writes import RuleBroken
from crm.events.delivery import deliver_pending
from crm.identity import services as identity
from crm.identity.models import FieldRight
from crm.identity.tests.factories import actor, make_company
from sales import services
from sales.models import Enrolment, PersonalTemplate, StepRun
from sales.tests.factories import SYSTEM, make_lead, make_opportunity, stage

pytestmark = pytest.mark.django_db
MONDAY = datetime.datetime(2026, 11, 16, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
OPT_OUT = "http://127.0.0.1:8000/u/"


@pytest.fixture
def clock():
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def company(clock):
    return make_company()


@pytest.fixture
def contact(company):
    made = create_customer(
        name="苏州瑞宏电子有限公司",
        owner=company.sales1,
        contact={"name": "王芳", "email": "wang@ruihong.example", "title": "采购经理"},
        actor=SYSTEM,
    )
    return made.contact


@pytest.fixture
def cadence(company):
    made = services.save_cadence(None, name="新客三步", actor=SYSTEM)
    words = {"subject": "{{公司}}的检测方案", "body": "{{姓名}}您好，\n我是{{我的姓名}}。"}
    services.save_step(made, kind="email", delay_days=0, actor=SYSTEM, **words)
    services.save_step(made, kind="call", delay_days=2, subject="问 {{姓名}} 看过没有", actor=SYSTEM)
    services.save_step(made, kind="email", delay_days=1, subject="再问一次", body="如题", actor=SYSTEM)
    return made


def work():
    """What the timers do in a minute."""
    services.run_due()
    send_pending()
    services.settle_mails()
    deliver_pending()


def fresh(enrolment):
    return Enrolment._base_manager.get(pk=enrolment.pk)


def day(number, hour=10):
    return MONDAY.replace(day=number, hour=hour)


def test_goes_through_its_steps(clock, contact, cadence, company):
    enrolment = services.enrol(contact, cadence, actor=actor(company.sales1))
    work()
    (sent,) = mail.outbox
    assert sent.subject == "苏州瑞宏电子有限公司的检测方案"
    assert sent.body.startswith("王芳您好，\n我是")
    assert sent.to == ["wang@ruihong.example"]
    assert OPT_OUT in sent.body and sent.extra_headers["List-Unsubscribe-Post"]
    note = Activity._base_manager.get()
    assert note.kind == "email" and note.done_at and note.owner == company.sales1
    assert OPT_OUT not in note.body
    assert not note.is_valid  # a machine's mail keeps nobody out of the pool
    assert numbers(whose(company.sales1, team=False)).this_week == 0
    assert fresh(enrolment).next_at == day(18)

    clock.move_to(day(18))
    work()
    work()
    task = Activity._base_manager.get(kind="call")
    assert task.subject == "问 王芳 看过没有" and task.is_open
    clock.move_to(day(20))
    work()
    assert len(mail.outbox) == 1  # waits until the call is made
    complete(task, body="她还没看，下周再说", actor=actor(company.sales1), author=company.sales1)
    work()
    assert fresh(enrolment).next_at == day(23)  # a working day after the call

    assert numbers(whose(company.sales1, team=False)).this_week == 1  # the call is their own work
    clock.move_to(day(23))
    work()
    assert [one.subject for one in mail.outbox][1:] == ["再问一次"]
    assert fresh(enrolment).state == "finished"


def test_twice_is_as_good_as_once(clock, contact, cadence):
    services.enrol(contact, cadence, actor=SYSTEM)
    for _turn in range(3):
        work()
    assert len(mail.outbox) == 1
    assert StepRun._base_manager.count() == OutgoingEmail._base_manager.count() == 1


def test_a_backlog_is_carried_out_in_the_hours_of_the_cadence(clock, contact, cadence):
    enrolment = services.enrol(contact, cadence, actor=SYSTEM)
    clock.move_to(day(16, 23))  # nothing ran all day
    work()
    assert not mail.outbox
    assert fresh(enrolment).next_at == day(17, 9)
    clock.move_to(day(17, 9))
    work()
    assert len(mail.outbox) == 1


def test_a_step_that_fails_holds_up_nobody_and_is_given_up(clock, contact, cadence, company, monkeypatch):
    enrolment = services.enrol(contact, cadence, actor=SYSTEM)
    other = services.enrol(make_lead(company.sales1, email="li@example.com"), cadence, actor=SYSTEM)
    from sales.services import cadence_runs

    real = cadence_runs.mail_step

    def broken(one, step):
        if one.pk == enrolment.pk:
            raise ValueError("no")
        return real(one, step)

    monkeypatch.setattr(cadence_runs, "mail_step", broken)
    for turn in range(7):
        clock.move_to(MONDAY + datetime.timedelta(minutes=11 * turn))
        work()
    assert [one.to for one in mail.outbox] == [["li@example.com"]]
    assert (fresh(enrolment).state, fresh(enrolment).reason) == ("stopped", "failed")
    assert fresh(other).state == "active"


def test_a_person_is_in_one_cadence_at_a_time(contact, cadence):
    first = services.enrol(contact, cadence, actor=SYSTEM)
    with pytest.raises(RuleBroken, match="王芳"):
        services.enrol(contact, cadence, actor=SYSTEM)
    services.stop(first, actor=SYSTEM)
    services.enrol(contact, cadence, actor=SYSTEM)


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_begin_at_once_one_does(contact, cadence):
    def begin(_number):
        try:
            services.enrol(contact, cadence, actor=SYSTEM)
            return 1
        except RuleBroken:
            return 0
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(begin, range(20))) == 1
    assert Enrolment._base_manager.count() == 1


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_carry_a_step_out_once(contact, cadence, company):
    for number in range(6):
        lead = make_lead(company.sales1, email=f"l{number}@example.com")
        services.enrol(lead, cadence, actor=SYSTEM)

    def run(_number):
        try:
            return services.run_due()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(8)))
    assert OutgoingEmail._base_manager.count() == StepRun._base_manager.count() == 6


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda c, k: services.save_cadence(k, is_active=False, actor=SYSTEM), "not in use"),
        (lambda c, k: suppress(c.email, reason="opted_out", actor=SYSTEM), "no more"),
        (lambda c, k: type(c)._base_manager.filter(pk=c.pk).update(email=""), "no e-mail"),
        (lambda c, k: type(c.customer)._base_manager.update(owner=None), "pool"),
    ],
)
def test_who_cannot_be_taken(contact, cadence, spoil, words, settings):
    spoil(contact, cadence)
    contact.refresh_from_db()
    with pytest.raises(RuleBroken):
        services.enrol(contact, cadence, actor=SYSTEM)


def test_pause_and_resume(clock, contact, cadence):
    enrolment = services.pause(services.enrol(contact, cadence, actor=SYSTEM), actor=SYSTEM)
    work()
    assert not mail.outbox
    services.resume(enrolment, actor=SYSTEM)
    work()
    assert len(mail.outbox) == 1


def test_stopping_cancels_its_task_and_holds_back_its_mail(clock, contact, cadence):
    enrolment = services.enrol(contact, cadence, actor=SYSTEM)
    services.run_due()
    services.stop(fresh(enrolment), actor=SYSTEM)
    work()
    assert not mail.outbox
    assert OutgoingEmail._base_manager.get().state == "dropped"
    again = services.enrol(contact, cadence, actor=SYSTEM)
    work()
    clock.move_to(day(18))
    work()
    task = fresh(again).waits_for
    services.stop(fresh(again), actor=SYSTEM)
    task.refresh_from_db()
    assert task.cancelled_at


def answer(sent, text="好的，发个报价", **headers):
    lines = {
        "From": "王芳 <wang@ruihong.example>",
        "To": sent.reply_to[0] if sent.reply_to else "crm@localhost",
        "Subject": f"Re: {sent.subject}",
        "Message-ID": "<one@ruihong.example>",
        "In-Reply-To": sent.extra_headers["Message-ID"],
    } | headers
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return (head + 'Content-Type: text/plain; charset="gb18030"\r\n\r\n').encode() + text.encode("gb18030")


def test_an_answer_ends_it_and_stands_in_the_timeline(clock, contact, cadence, company):
    enrolment = services.enrol(contact, cadence, actor=SYSTEM)
    work()
    raw = answer(mail.outbox[0], "好的，发个报价\r\n\r\n在 2026年11月16日，销售写道：\r\n> 您好")
    clock.move_to(day(17))
    assert receive(raw) is not None
    assert receive(raw) is None  # the same mail fetched again
    deliver_pending()
    assert (fresh(enrolment).state, fresh(enrolment).reason) == ("stopped", "reply")
    (said,) = Activity._base_manager.filter(external_id__startswith="mail:")
    assert said.body == "好的，发个报价"
    assert said.contact == contact and said.owner == company.sales1
    assert said.came_in and said.is_archived
    assert company.sales1.notifications.filter(kind="cadence_answered").count() == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"X-Autoreply": "yes"},
        {"Precedence": "bulk"},
        {"Subject": "自动回复: 休假中"},
        {"Subject": "Out of Office"},
        {"Return-Path": "<>"},
    ],
)
def test_an_automatic_reply_is_no_answer(clock, contact, cadence, headers):
    enrolment = services.enrol(contact, cadence, actor=SYSTEM)
    work()
    headers = {name: str(__import__("email.header").header.Header(value)) for name, value in headers.items()}
    receive(answer(mail.outbox[0], **headers))
    deliver_pending()
    assert fresh(enrolment).state == "active"


def test_a_colleague_in_the_thread_is_no_customer(clock, contact, cadence, company):
    enrolment = services.enrol(contact, cadence, actor=SYSTEM)
    work()
    receive(answer(mail.outbox[0], From=company.sales1.email or "crm@localhost"))
    deliver_pending()
    assert fresh(enrolment).state == "active"


def test_a_mail_that_answers_none_of_ours_changes_nothing(clock, contact, cadence):
    enrolment = services.enrol(contact, cadence, actor=SYSTEM)
    work()
    made = receive(answer(mail.outbox[0], **{"In-Reply-To": "<guessed@localhost>"}))
    deliver_pending()
    assert fresh(enrolment).state == "active"
    assert (made.text, made.sender, made.subject) == ("", "", "")  # nothing of it is kept


def test_opting_out_ends_it_and_keeps_the_next_from_beginning(clock, client, contact, cadence):
    enrolment = services.enrol(contact, cadence, actor=SYSTEM)
    work()
    url = "/u/" + mail.outbox[0].body.split(OPT_OUT)[1].split()[0]
    assert client.get(url).status_code == 200
    deliver_pending()
    assert fresh(enrolment).state == "active"  # looking changes nothing
    assert client.post(url, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert client.post(url).status_code == 200
    deliver_pending()
    assert (fresh(enrolment).state, fresh(enrolment).reason) == ("stopped", "opted_out")
    with pytest.raises(RuleBroken):
        services.enrol(contact, cadence, actor=SYSTEM)
    assert client.get("/u/forged/").status_code == 404


def test_an_address_that_does_not_exist_ends_it(clock, contact, cadence):
    enrolment = services.enrol(contact, cadence, actor=SYSTEM)
    work()
    number = mail.outbox[0].extra_headers["Message-ID"]
    receive(
        (
            "From: MAILER-DAEMON@mx.example\r\nTo: crm@localhost\r\nSubject: Undelivered\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
            "--b\r\nContent-Type: text/plain\r\n\r\nUser unknown\r\n"
            "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
            "Final-Recipient: rfc822; wang@ruihong.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
            f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {number}\r\n--b--\r\n"
        ).encode()
    )
    deliver_pending()
    assert (fresh(enrolment).state, fresh(enrolment).reason) == ("stopped", "bounced")
    assert not Activity._base_manager.filter(external_id__startswith="mail:").exists()


def test_a_meeting_a_new_stage_and_a_new_owner_end_it(clock, contact, cadence, company):
    def began():
        return services.enrol(contact, cadence, actor=SYSTEM)

    one, customer = began(), contact.customer
    plan_follow_up(
        actor=SYSTEM, author=company.sales1, kind="meeting", customer=customer, due_at=day(19), subject="x"
    )
    deliver_pending()
    assert fresh(one).reason == "meeting"
    one, deal = began(), make_opportunity(customer, need="x", contact=contact, source="web_form")
    services.move_opportunity(deal, to=stage("Discovery"), actor=SYSTEM)
    deliver_pending()
    assert fresh(one).reason == "stage"
    one = began()
    services.lose_opportunity(deal, reason="price", actor=SYSTEM)
    deliver_pending()
    assert fresh(one).reason == "closed"
    one = began()
    identity.assign([customer], owner=company.sales2, actor=SYSTEM)
    deliver_pending()
    assert fresh(one).reason == "owner"


def test_what_goes_into_a_pool_leaves_its_cadences_at_once(clock, cadence, company):
    lead = make_lead(company.sales1, email="li@example.com", company="无锡博川")
    stays = services.save_cadence(None, name="不随负责人", stops_on_owner=False, actor=SYSTEM)
    services.save_step(stays, kind="call", delay_days=2, subject="问一次", actor=SYSTEM)
    ended = services.enrol(lead, cadence, actor=SYSTEM)
    services.return_to_pool(lead, reason="no_need", actor=SYSTEM)
    assert fresh(ended).reason == "owner"
    pooled = make_lead(company.sales1, email="wu@example.com", company="常州信达")
    kept = services.enrol(pooled, stays, actor=SYSTEM)
    services.return_to_pool(pooled, reason="no_need", actor=SYSTEM)
    assert fresh(kept).is_live


def test_a_lead_that_is_converted_leaves_its_cadence(clock, cadence, company):
    lead = make_lead(company.sales1, email="li@example.com", company="无锡博川")
    enrolment = services.enrol(lead, cadence, actor=SYSTEM)
    services.move_lead(lead, to="working", actor=SYSTEM)
    deliver_pending()
    assert fresh(enrolment).state == "active"
    services.convert_lead(lead, actor=SYSTEM, owner=company.sales1)
    deliver_pending()
    assert fresh(enrolment).reason == "closed"


def test_cadences_move_to_the_successor_with_the_customers(clock, contact, cadence, company):
    enrolment = services.enrol(contact, cadence, actor=SYSTEM)
    identity.leave(company.sales1, {}, default=[company.sales2], actor=SYSTEM)
    deliver_pending()
    assert fresh(enrolment).owner == company.sales2
    assert fresh(enrolment).state == "active"


def test_ones_own_words_are_said_in_ones_own_name(clock, contact, cadence, company):
    step = cadence.steps.first()
    services.save_words(step, user=company.sales1, subject="老王，是我", body="见字如面")
    services.enrol(contact, cadence, actor=SYSTEM)
    work()
    assert mail.outbox[0].subject == "老王，是我"
    assert PersonalTemplate._base_manager.count() == 1
    with pytest.raises(RuleBroken):
        services.save_words(step, user=company.sales1, subject="{{secret}}", body="x")


def test_a_mail_says_nothing_its_sender_may_not_read(clock, contact, cadence, company):
    FieldRight._base_manager.create(
        role=company.sales1.role, model="accounts.contact", field="title", level="hidden"
    )
    services.save_words(cadence.steps.first(), user=company.sales1, subject="{{职位|您}}好", body="x")
    services.enrol(contact, cadence, actor=SYSTEM)
    work()
    assert mail.outbox[0].subject == "您好"


def test_a_name_cannot_forge_headers_or_markup(clock, cadence, company):
    lead = make_lead(company.sales1, "王\r\nBcc: all@example.com <b>{{my_email}}</b>", email="li@example.com")
    services.save_step(
        cadence,
        cadence.steps.first(),
        kind="email",
        delay_days=0,
        subject="{{name}}",
        body="{{name}}",
        actor=SYSTEM,
    )
    services.enrol(lead, cadence, actor=SYSTEM)
    work()
    (sent,) = mail.outbox
    assert sent.recipients() == ["li@example.com"]
    assert "\n" not in sent.subject and "\nBcc" not in sent.message().as_string().split("\n\n")[0]
    html = sent.alternatives[0][0]
    assert "<b>" not in html and "&lt;b&gt;{{my_email}}" in html


def test_steps_taken_out_or_moved_lose_nobody(clock, contact, cadence):
    enrolment = services.enrol(contact, cadence, actor=SYSTEM)
    work()
    _first, call, last = cadence.steps.all()
    services.delete_step(call, actor=SYSTEM)
    assert fresh(enrolment).next_step == last
    services.move_step(last, up=True, actor=SYSTEM)
    clock.move_to(day(18))
    work()
    assert len(mail.outbox) == 2  # the first is not sent again though it comes later now
    assert fresh(enrolment).state == "finished"


def test_a_mail_the_server_refuses_ends_it(clock, contact, cadence, monkeypatch):
    import smtplib

    from django.core.mail.backends.locmem import EmailBackend

    class Refusing(EmailBackend):
        def send_messages(self, messages):
            raise smtplib.SMTPRecipientsRefused({"wang@ruihong.example": (550, b"no")})

    enrolment = services.enrol(contact, cadence, actor=SYSTEM)
    monkeypatch.setattr(outbox, "get_connection", Refusing)
    work()
    assert (fresh(enrolment).state, fresh(enrolment).reason) == ("stopped", "failed")
    assert not Activity._base_manager.exists()  # the timeline only knows what has left


def test_an_answer_after_the_last_step_still_counts(clock, contact, company):
    cadence = services.save_cadence(None, name="eins", actor=SYSTEM)
    services.save_step(cadence, kind="email", delay_days=0, subject="x", body="x", actor=SYSTEM)
    enrolment = services.enrol(contact, cadence, actor=SYSTEM)
    work()
    assert fresh(enrolment).state == "finished"
    receive(answer(mail.outbox[0]))
    deliver_pending()
    assert (fresh(enrolment).state, fresh(enrolment).reason) == ("finished", "reply")
    assert Activity._base_manager.filter(external_id__startswith="mail:").count() == 1
