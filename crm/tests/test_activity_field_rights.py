"""Rights on the texts of follow-ups: wherever they stand, a role kept from them reads nothing of them."""

import datetime
import json

import pytest
from django.http import QueryDict
from django.utils import timezone

from accounts import services as accounts
from accounts.activity_listing import ACTIVITIES
from accounts.digest_parts import late
from accounts.models import Activity, Customer
from accounts.services import reminders
from crm.automation.models import Notification, OutgoingEmail
from crm.events.actor import Actor, system
from crm.identity import services
from crm.identity.models import Role
from crm.identity.tests.factories import fresh
from crm.listing.selection import BadQuery, select
from crm.records.models import SavedView

pytestmark = pytest.mark.django_db
SYSTEM = system("test")
HTMX = {"HX-Request": "true"}
SUBJECT, BODY, PLAN = "谈年度框架价", "对方预算八十八万，想要先试用", "准备试用机的报价"
SECRETS = ("年度框架", "八十八万", "先试用", "试用机")
TEXTS = ("subject", "body", "outcome")


def restrict(level, *names, slug="salesperson"):
    levels = {("accounts.activity", name): level for name in names}
    services.save_field_rights(Role.objects.get(slug=slug), levels, actor=SYSTEM)


@pytest.fixture
def customer(company):
    made = accounts.create_customer(name="杭州云栖精密机械有限公司", owner=company.sales1, actor=SYSTEM)
    return made.customer


@pytest.fixture
def done(company, customer):
    """What was said, with its outcome, and what comes next."""
    step = accounts.NextStep(at=timezone.now() + datetime.timedelta(hours=2), subject=PLAN)
    logged = accounts.log_follow_up(
        kind="call",
        customer=customer,
        subject=SUBJECT,
        body=BODY,
        outcome="waiting",
        next_step=step,
        actor=Actor.of(company.manager1),
        author=company.manager1,
        owner=company.sales1,
    )
    return logged.activity


def assert_closed(text, *more):
    for secret in (*SECRETS, *more):
        assert secret not in text, secret


def addresses(customer, done):
    return (
        "/",
        "/customers/",
        "/activities/",
        "/activities/?view=done",
        customer.get_absolute_url(),
        f"/customers/{customer.pk}/peek/",
        f"/customers/{customer.pk}/timeline/",
        f"/customers/{customer.pk}/sheet/",
        f"/activities/{done.pk}/complete/?row=1",
    )


def test_pages_show_that_there_was_a_follow_up_and_nothing_of_what_was_said(client, company, customer, done):
    client.force_login(company.sales1)
    shown = "".join(client.get(url, follow=True).content.decode() for url in addresses(customer, done))
    for secret in (*SECRETS, "They decide internally"):
        assert secret in shown, f"{secret}: a page that never said it proves nothing"
    restrict("hidden", *TEXTS)
    for url in addresses(customer, done):
        page = client.get(url, follow=True)
        assert page.status_code == 200, url
        assert_closed(page.content.decode(), "They decide internally")
    assert "kind-call" in client.get(f"/customers/{customer.pk}/timeline/", headers=HTMX).content.decode()


def test_a_masked_text_shows_its_first_letter(client, company, customer, done):
    restrict("masked", "subject", "body")
    client.force_login(company.sales1)
    page = client.get(f"/customers/{customer.pk}/timeline/", headers=HTMX).content.decode()
    assert_closed(page)
    assert "谈****" in page and "对****" in page


def test_nothing_is_found_filtered_or_ordered_by_them(client, company, customer, done):
    restrict("hidden", "body", "outcome")
    user = fresh(company.sales1)
    for query in ("body=八十八万", "outcome=waiting"):
        with pytest.raises(BadQuery):
            select(ACTIVITIES, user, QueryDict(query))
    assert select(ACTIVITIES, user, QueryDict("q=八十八万")).count() == 0
    assert select(ACTIVITIES, user, QueryDict("q=框架价")).count() == 1  # the subject is open
    client.force_login(user)
    for url in ("/palette/", "/search/"):
        assert "activities/" not in client.get(url, {"q": "八十八万"}, headers=HTMX).content.decode(), url
    found = client.get(f"/customers/{customer.pk}/timeline/", {"text": "八十八万"}, headers=HTMX)
    assert f"activity-{done.pk}" not in found.content.decode()
    restrict("hidden", "subject")
    assert select(ACTIVITIES, fresh(company.sales1), QueryDict("q=框架价")).count() == 0


def test_the_palette_calls_it_by_what_may_be_read(client, company, customer, done):
    Activity.objects.filter(pk=done.pk).update(subject="")
    restrict("hidden", "subject")
    restrict("masked", "body")
    Activity.objects.filter(pk=done.pk).update(subject="云栖")  # found by nothing closed
    client.force_login(company.sales1)
    assert_closed(client.get("/palette/", {"q": "云栖"}, headers=HTMX).content.decode())


def test_the_api_says_no_more_than_the_pages(client, company, customer, done):
    restrict("hidden", "body")
    restrict("masked", "subject")
    restrict("read", "outcome")
    client.force_login(company.sales1)
    row = client.get(f"/api/v1/activities/{done.pk}/").json()
    assert "body" not in row and row["subject"] == "谈****" and row["outcome"] == "waiting"
    for path in ("activities/", f"customers/{customer.pk}/timeline/", f"customers/{customer.pk}/"):
        assert_closed(json.dumps(client.get(f"/api/v1/{path}").json(), ensure_ascii=False))
    for values in ({"body": "x"}, {"subject": "x"}, {"outcome": "progress"}):
        answer = client.patch(
            f"/api/v1/activities/{done.pk}/",
            {**values, "version": row["version"]},
            content_type="application/json",
        )
        assert answer.status_code == 400, values
    made = client.post(
        "/api/v1/activities/",
        {"kind": "call", "customer": customer.pk, "body": "x"},
        content_type="application/json",
    )
    assert made.status_code == 400 and set(made.json()["errors"]) == {"body"}
    done.refresh_from_db()
    assert (done.subject, done.body, done.outcome) == (SUBJECT, BODY, "waiting")


def test_exports_hold_what_the_list_shows(client, company, customer, done):
    restrict("hidden", "body", "outcome")
    restrict("masked", "subject")
    client.force_login(company.sales1)
    shown = ["kind", "subject", "body", "outcome"]
    SavedView.objects.create(
        user=company.sales1, listing="activity", builtin="all", columns=["headline", *shown]
    )
    for path in ("/activities/?export=csv", "/customers/?export=csv"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        content = b"".join(answer.streaming_content).decode("utf-8-sig")
        assert_closed(content, "decide internally")
        assert ("谈****" if "activities" in path else customer.name) in content, path


def test_news_reminders_and_mails_say_only_what_the_reader_may_read(company, customer):
    restrict("hidden", "subject", "body")
    for person in (company.sales1, company.manager1):
        person.email = f"{person.username}@yuanke.example"
        person.save(update_fields=["email"])
    author = company.director
    accounts.plan_follow_up(
        kind="task",
        customer=customer,
        subject=f"{PLAN} @{company.manager1.username} @{company.sales1.username}",
        body=f"@{company.manager1.username} {BODY}",
        owner=company.sales1,
        due_at=timezone.now() + datetime.timedelta(minutes=1),
        actor=Actor.of(author),
        author=author,
    )
    Activity.objects.update(due_at=timezone.now())
    reminders.Reminder.objects.filter(kind="due").update(remind_at=timezone.now())
    assert reminders.send_due() >= 1
    heard = Notification.objects.filter(user=company.sales1)
    assert {note.kind for note in heard} >= {"assigned", "mentioned", "reminder"}
    for note in heard:
        assert_closed(f"{note.params} {note.body}")
    mails = OutgoingEmail.objects.filter(user=company.sales1)
    assert mails.exists()
    for mail in mails:
        assert_closed(f"{mail.subject} {mail.text} {mail.html}")
    told = Notification.objects.get(user=company.manager1, kind="mentioned")
    assert BODY in told.body  # another role


def test_the_daily_digest_names_the_customer_alone(company, customer, done):
    restrict("hidden", "subject", "body")
    Activity.objects.filter(subject=PLAN).update(
        due_at=timezone.now() - datetime.timedelta(hours=1), all_day=False
    )
    found = late(fresh(company.sales1))
    assert found.lines and customer.name in found.lines[0].text
    assert_closed(found.lines[0].text)


def test_who_may_not_write_the_text_writes_no_follow_up_but_closes_a_plan(client, company, customer, done):
    restrict("read", "body", "outcome")
    client.force_login(company.sales1)
    page = client.get(customer.get_absolute_url()).content.decode()
    assert 'id="composer"' not in page and BODY in page
    assert client.get(f"/customers/{customer.pk}/follow-up/").status_code == 403
    plan = Activity.objects.get(subject=PLAN)
    form = client.get(f"/activities/{plan.pk}/complete/").content.decode()
    assert 'name="body"' not in form and 'name="outcome"' not in form
    forged = {"body": "gefälscht", "outcome": "progress", "no_next_reason": "erledigt"}
    assert client.post(f"/activities/{plan.pk}/complete/", forged).status_code == 302
    plan.refresh_from_db()
    assert plan.done_at and (plan.body, plan.outcome) == ("", "")


def test_correcting_ones_own_leaves_what_one_may_not_write(client, company, customer):
    user = company.sales1
    mine = accounts.log_follow_up(
        kind="note", customer=customer, subject=SUBJECT, body=BODY, actor=Actor.of(user), author=user
    ).activity
    restrict("hidden", "subject")
    client.force_login(user)
    form = client.get(f"/activities/{mine.pk}/edit/").content.decode()
    assert 'name="subject"' not in form and SUBJECT not in form
    values = {"kind": "note", "body": "另一句话", "subject": "gefälscht", "version": mine.version}
    assert client.post(f"/activities/{mine.pk}/edit/", values).status_code == 302
    mine.refresh_from_db()
    assert (mine.subject, mine.body) == (SUBJECT, "另一句话")


def test_the_row_of_a_customer_keeps_its_summary_in_the_database(company, customer, done):
    restrict("hidden", "body", "subject")
    row = Customer.objects.get(pk=customer.pk)
    assert SUBJECT in row.last_activity_summary
