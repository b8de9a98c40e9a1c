"""Follow-ups and contacts from sheets."""

import datetime

import pytest
from django.utils import timezone

from accounts.models import Activity, Contact, Customer, Reminder
from accounts.queries.neglect import neglected_q
from accounts.tests.import_tools import errors_of, run, xlsx
from crm.identity import services as identity
from crm.identity.tests.factories import SYSTEM, make_user

pytestmark = pytest.mark.django_db

HEADER = ["客户名称", "跟进时间", "方式", "跟进人", "跟进内容"]


@pytest.fixture
def customers(company):
    run(
        company.manager1, xlsx(["公司", "负责人"], ["甲精密有限公司", "sales1"], ["乙光学有限公司", "sales2"])
    )
    return {c.name: c for c in Customer.objects.all()}


def test_follow_ups_keep_their_dates_and_people(company, customers):
    job = run(
        company.manager1,
        xlsx(
            HEADER,
            ["甲精密有限公司", "2026/3/5", "电话", "sales1", "介绍了新机型，要求报价"],
            ["甲精密有限公司", "2026年6月11日 14:30", "上门拜访", "sales2", "看了现场，样机合适"],
        ),
        "activities",
    )
    assert job.outcome["created"] == 2, errors_of(job)
    last = Activity.objects.order_by("done_at").last()
    assert (last.kind, last.owner, last.origin) == ("visit", company.sales2, "import")
    assert (
        timezone.localtime(last.done_at, timezone.get_default_timezone()).strftime("%Y-%m-%d %H:%M")
        == "2026-06-11 14:30"
    )
    customer = Customer.objects.get(name="甲精密有限公司")
    assert customer.last_activity_at == last.done_at and customer.last_activity_kind == "visit"


def test_the_same_file_twice_is_the_same_follow_ups(company, customers):
    sheet = [HEADER, ["甲精密有限公司", "2026-03-05", "电话", "", "介绍了新机型"]]
    run(company.sales1, xlsx(*sheet), "activities")
    job = run(company.sales1, xlsx(*sheet), "activities")
    assert (job.outcome["unchanged"], Activity.objects.count()) == (1, 1)


def test_a_date_to_come_is_a_plan_with_its_reminder(company, customers):
    day = timezone.localdate() + datetime.timedelta(days=10)
    run(company.sales1, xlsx(HEADER, ["甲精密有限公司", day.isoformat(), "", "", "送样"]), "activities")
    plan = Activity.objects.get()
    assert plan.is_planned and plan.all_day and plan.kind == "task"
    assert Customer.objects.get(name="甲精密有限公司").next_follow_up_at == plan.due_at
    assert Reminder._base_manager.filter(activity=plan, user=company.sales1).exists()


def test_a_colleague_who_left_may_have_been_in_touch_but_plans_nothing(company, customers):
    gone = make_user("gone", "salesperson", company.east, name="李前任")
    identity.deactivate_user(gone, successor=company.sales1, actor=SYSTEM)
    day = timezone.localdate() + datetime.timedelta(days=10)
    rows = [
        ["甲精密有限公司", "2026-01-05", "电话", "李前任", "首次联系客户"],
        ["甲精密有限公司", day.isoformat(), "", "李前任", "送样"],
    ]
    job = run(company.manager1, xlsx(HEADER, *rows), "activities")
    assert job.outcome["created"] == 1
    assert errors_of(job) == [(3, "跟进人", "former_owner")]


def test_customers_of_others_are_unknown_and_words_put_in_others_mouths_refused(company, customers):
    rows = [
        ["乙光学有限公司", "2026-01-05", "电话", "", "x内容内容"],
        ["甲精密有限公司", "2026-01-05", "电话", "sales2", "y内容内容"],
    ]
    job = run(company.sales1, xlsx(HEADER, *rows), "activities")
    assert errors_of(job) == [(2, "客户名称", "unknown_customer"), (3, "跟进人", "owner")]


def test_what_comes_by_import_is_not_neglected_at_once(company, customers):
    run(
        company.sales1,
        xlsx(HEADER, ["甲精密有限公司", "2020-01-05", "电话", "", "很久以前联系过"]),
        "activities",
    )
    assert not Customer.objects.filter(neglected_q()).exists()


def test_contacts_find_their_customer_and_are_told_apart_by_it(company, customers):
    sheet = [
        ["公司", "姓名", "职务", "手机"],
        ["甲精密有限公司", "张伟", "采购", "13805732216"],
        ["甲精密有限公司", "何雪", "", "13905762218"],
    ]
    job = run(company.sales1, xlsx(*sheet), "contacts")
    assert job.outcome["created"] == 2, errors_of(job)
    assert Contact.objects.get(is_primary=True).name == "张伟"
    sheet[1][2] = "采购经理"
    job = run(company.sales1, xlsx(*sheet), "contacts")
    assert (job.outcome["updated"], job.outcome["unchanged"]) == (1, 1)
    assert Contact.objects.get(name="张伟").title == "采购经理"
    assert "张伟" in Customer.objects.get(name="甲精密有限公司").search_text


def test_contacts_cannot_be_hung_on_customers_of_others(company, customers):
    job = run(
        company.sales1,
        xlsx(["公司", "姓名"], ["乙光学有限公司", "张伟"], [str(customers["乙光学有限公司"].pk), "李四"]),
        "contacts",
    )
    assert [code for _row, _column, code in errors_of(job)] == ["unknown_customer", "unknown_customer"]
    assert not Contact.objects.exists()
