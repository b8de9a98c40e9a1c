"""What pages, tasks and imports tell beside a record lies within the reader's own reach, like the record itself."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import Customer, CustomerMerge, DuplicatePair
from accounts.tests.factories import SYSTEM, by, make_contact, make_customer
from accounts.tests.import_tools import carry_on, check, errors_of, rows_of, run, text_file
from crm.automation.models import OutgoingEmail
from crm.automation.tasks import send_digests
from crm.core.templatetags.ui import badge
from crm.identity import services as identity
from crm.identity.models import RolePolicy, Team, User
from crm.listing.importing import undoing

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 9, 16, 0, 30, tzinfo=UTC)  # Wednesday 08:30 in Shanghai, a working day


@pytest.fixture(autouse=True)
def _wednesday():
    with time_machine.travel(NOW, tick=False):
        User._base_manager.update(language="en")
        yield


def browser(person):
    client = Client()
    client.force_login(person)
    return client


def seen(person, url, **data):
    return browser(person).get(url, data).content.decode()


def done(person, customer, body, **values):
    return services.log_follow_up(
        kind="call", customer=customer, body=body, author=person, actor=by(person), **values
    ).activity


def plan(person, customer, subject, **values):
    values = {"owner": person, "due_at": NOW - timedelta(hours=1)} | values
    return services.plan_follow_up(
        kind="call", customer=customer, subject=subject, author=person, actor=by(person), **values
    )


def narrow(person, model, scope="assigned"):
    RolePolicy._base_manager.filter(role=person.role, model=model).update(scope=scope)


def test_whose_role_reads_their_own_follow_ups_alone_reads_nothing_of_others_anywhere(company):
    """The service desk: in the list, on the page, its sheet, the contact's page, and beside what it planned itself."""
    customer = make_customer(company.sales1, "苏州瑞宏电子有限公司")
    person = make_contact(customer, "周敏慧")
    pinned = done(company.sales1, customer, "底价四十八万", contact=person)
    services.pin(pinned, on=True, actor=SYSTEM)
    plan(company.sales1, customer, "带样机试跑", contact=person)
    plan(company.service1, customer, "回访保养")
    record, people = customer.get_absolute_url(), reverse("contact_follow_ups", args=[person.pk])
    for url, words in [
        (reverse("customer_list"), ["底价四十八万"]),
        (record, ["底价四十八万", "带样机试跑"]),
        (reverse("customer_sheet", args=[customer.pk]), ["底价四十八万", "带样机试跑"]),
        (people, ["底价四十八万", "带样机试跑"]),
    ]:
        whole, left = seen(company.exec, url), seen(company.service1, url)
        for one in words:
            assert one in whole and one not in left, (url, one)
    assert browser(company.exec).get(record).context["counts"].total == 1
    assert browser(company.service1).get(record).context["counts"].total == 0
    todo = seen(company.service1, reverse("today"))
    assert "回访保养" in todo and "底价四十八万" not in todo
    assert 'id="neglected"' not in todo  # who is, is told by what others wrote


def test_what_one_planned_oneself_stays_when_its_customer_is_out_of_sight_and_leads_nowhere(company):
    """Neither whom to call there nor what was said last is told, nor what became of what one asked others to do."""
    me, customer = company.sales1, make_customer(company.sales3, "云杉网络有限公司")
    make_contact(customer, "李静宜", phone="13805762218")
    done(company.sales3, customer, "谈了年框价格")
    for person in (me, company.sales2):
        identity.share(customer, user=person, level="read", actor=SYSTEM)
    mine, given = plan(me, customer, "自己的计划"), plan(me, customer, "托人的计划", owner=company.sales2)
    todo = reverse("today")
    page = seen(me, todo)
    assert "tel:+8613805762218" in page and "谈了年框价格" in page
    assert browser(me).get(mine.get_absolute_url()).status_code == 302
    assert "托人的计划" in seen(me, todo, tab="given")
    assert browser(me).get(todo).context["tab_counts"]["given"] == 1
    identity.unshare(customer, user=me, actor=SYSTEM)
    page = seen(me, todo)
    assert "自己的计划" in page and "tel:+8613805762218" not in page and "谈了年框价格" not in page
    assert "自己的计划" in seen(me, mine.get_absolute_url())
    assert "托人的计划" not in seen(me, todo, tab="given")
    assert browser(me).get(todo).context["tab_counts"]["given"] == 0
    assert browser(me).get(given.get_absolute_url()).status_code == 404


def test_today_counts_the_customers_and_people_within_reach_of_who_leads(company):
    """One tile counts customers, which a role may reach less far than the follow-ups of its people."""
    make_customer(company.sales1)
    make_customer(company.sales3)
    todo = reverse("today")
    leader = browser(company.manager1).get(todo)
    assert leader.context["numbers"].customers == 1
    assert {row.user for row in leader.context["team_rows"]} == {
        company.manager1,
        company.sales1,
        company.sales2,
    }
    narrow(company.manager1, "accounts.customer")
    assert browser(company.manager1).get(todo).context["numbers"].customers == 0


def test_the_list_marks_what_one_sees_only_because_it_is_shared(company):
    customer, mark = make_customer(company.sales3), badge("Shared", "line")
    identity.share(customer, user=company.sales1, level="read", actor=SYSTEM)
    make_customer(company.sales1)
    everybody = reverse("customer_list")
    assert mark in seen(company.sales1, everybody)
    assert mark not in seen(company.sales1, everybody, owner="me")
    assert mark not in seen(company.sales3, everybody) + seen(company.director, everybody)


def test_nothing_is_planned_for_who_cannot_see_the_customer(company):
    customer = make_customer(company.sales1)
    form = {"kind": "task", "body": "寄样机", "next_date": "2026-09-18"}
    url, client = reverse("customer_follow_up", args=[customer.pk]), browser(company.sales1)
    assert client.post(url, form | {"owner": company.sales3.pk}).status_code == 422
    assert not customer.activities.exists()
    assert client.post(url, form | {"owner": company.manager1.pk}).status_code == 302
    assert customer.activities.get().owner == company.manager1


def test_whose_role_deletes_no_longer_takes_nothing_back_out_of_the_bin(company):
    activity = done(company.sales1, make_customer(company.sales1), "说错了")
    services.delete_activity(activity, actor=by(company.sales1))
    role, url = company.sales1.role.group, reverse("activity_restore", args=[activity.pk])
    right = role.permissions.get(codename="delete_activity")
    role.permissions.remove(right)
    assert browser(company.sales1).post(url).status_code == 404
    role.permissions.add(right)
    assert browser(company.sales1).post(url).status_code == 302


def test_a_contact_leads_to_those_of_its_companies_that_one_sees_and_changes_with_those_one_edits(company):
    mine, read = make_customer(company.sales1), make_customer(company.sales3)
    hidden, here = make_customer(company.sales3, "看不见的公司"), make_customer(company.sales1)
    identity.share(read, user=company.sales1, level="read", actor=SYSTEM)
    person = make_contact(mine, "两家的人")
    for further in (read, hidden, here):
        services.link_contact(person, customer=further, actor=SYSTEM)
    page, client = seen(company.sales1, person.get_absolute_url()), browser(company.sales1)
    assert read.get_absolute_url() in page and hidden.name not in page
    assert hidden.name in seen(company.admin, person.get_absolute_url())
    links = {link.customer: link for link in person.links.all()}
    for further, status in ((hidden, 404), (read, 404), (here, 302)):
        url = reverse("contact_unlink", args=[person.pk, links[further].pk])
        assert client.post(url).status_code == status, further
    assert {link.customer for link in person.links.all()} == {hidden, read}
    # One whose own company one does not see, or may not change, is neither its main contact nor moved on.
    for home in (hidden, read):
        make_contact(home)
        guest = make_contact(home, "别家的人")
        services.link_contact(guest, customer=mine, actor=SYSTEM)
        url, home_page = reverse("contact_primary", args=[guest.pk]), f'href="{home.get_absolute_url()}"'
        page, whole = (seen(who, guest.get_absolute_url()) for who in (company.sales1, company.admin))
        assert url in whole and url not in page
        assert home_page in whole and (home_page in page) == (home == read)
        assert client.post(url).status_code == 403
        guest.refresh_from_db()
        assert not guest.is_primary


def test_duplicates_and_merges_of_others_are_neither_listed_nor_decided(company):
    """A pair of which one side is one's own, one of which neither is, and what became part of a customer one only reads."""
    mine, other = (
        make_customer(company.sales1, "甲科技有限公司"),
        make_customer(company.sales3, "乙科技有限公司"),
    )
    strangers = [make_customer(company.sales3, name) for name in ("丙贸易有限公司", "丁贸易有限公司")]
    for first, second in ((mine, other), strangers):
        pair = DuplicatePair(first=first, second=second, score="0.90", reasons=["similar"])
        pair.save()
    client, queue = browser(company.manager1), reverse("data_quality")
    page = client.get(queue)
    assert [(one.first, one.second) for one in page.context["page"].pairs] == [(mine, other)]
    text = page.content.decode()
    assert other.name in text and other.get_absolute_url() not in text
    assert reverse("customer_merge", args=[mine.pk]) not in text
    assert strangers[0].name in seen(company.director, queue)
    merge = services.merge_customers(*strangers, actor=SYSTEM)
    merged, undo = f"{queue}?state=merged", reverse("merge_undo", args=[merge.pk])
    assert strangers[0].name in seen(company.director, merged)
    assert strangers[0].name not in seen(company.manager1, merged)
    assert client.post(undo).status_code == 404
    identity.share(strangers[0], user=company.manager1, level="read", actor=SYSTEM)
    assert strangers[0].name not in seen(company.manager1, merged)
    assert browser(company.manager1).post(undo).status_code == 403
    assert CustomerMerge.objects.get().undone_at is None


def test_the_digest_tells_of_follow_ups_within_reach(company):
    """To who leads a team but reaches deals alone, it tells nothing of what its people let lie; without the right, nothing."""
    for name in ("sales1", "manager1"):
        User._base_manager.filter(username=name).update(email=f"{name}@example.com")
    Team._base_manager.filter(pk=company.east.pk).update(leader=company.manager1)
    plan(company.sales1, make_customer(company.sales1), "该打的电话")
    by_role = RolePolicy._base_manager.filter(role=company.manager1.role, model="accounts.activity")

    def told(day):
        OutgoingEmail._base_manager.all().delete()
        with time_machine.travel(NOW.replace(day=day), tick=False):
            send_digests()
        mails = OutgoingEmail._base_manager.filter(kind="digest").values_list("user__username", "text")
        return {"sales1": "", "manager1": ""} | dict(mails)

    first = told(16)
    assert "该打的电话" in first["sales1"] and "Sales1 [1 overdue" in first["manager1"]
    by_role.update(scope="deals")
    assert "Sales1" not in told(17)["manager1"]
    by_role.update(scope="below")
    for person in (company.sales1, company.manager1):
        role = person.role.group
        role.permissions.remove(role.permissions.get(codename="view_activity"))
    last = told(18)
    assert "该打的电话" not in last["sales1"] and "Sales1" not in last["manager1"]


def test_imports_tell_of_customers_out_of_sight_no_more_than_name_and_owner(company):
    """Of a likely double, of a parent, and of what a customer of the import became since."""
    hidden = make_customer(company.sales3, "杭州云杉网络科技有限公司")
    mine = make_customer(company.sales1, "苏州瑞宏电子有限公司")
    sheet = "客户名称\n云杉网络科技（杭州）有限公司\n瑞宏电子（苏州）有限公司\n"
    page = seen(company.sales1, f"/imports/{check(company.sales1, text_file(sheet)).pk}/", tab="all")
    assert hidden.name in page and hidden.get_absolute_url() not in page
    assert mine.get_absolute_url() in page
    job = run(
        company.sales1, text_file(f"客户名称,上级公司\n新的分公司,{hidden.name}\n另一家分公司,{mine.name}\n")
    )
    assert errors_of(job) == [(2, "上级公司", "parent_unknown")]
    assert [Customer.objects.get(name=name).parent for name in ("新的分公司", "另一家分公司")] == [None, mine]
    own = Customer.objects.get(name="新的分公司")
    services.merge_customers(hidden, own, actor=SYSTEM)
    rows = rows_of(carry_on(undoing.start_undo(job)))
    message = rows[2].errors[-1]["message"]
    assert "merged into another customer" in message and hidden.name not in message
