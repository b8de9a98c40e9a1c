"""Next follow-up, follow-up history and remark of a customer sheet."""

import datetime

import pytest
from django.utils import timezone

from accounts.models import Activity, Customer
from accounts.tests.import_tools import check, errors_of, run, xlsx

pytestmark = pytest.mark.django_db

HEADER = ["客户名称", "负责人", "下次跟进", "跟进记录", "备注"]


def day(days: int) -> str:
    return (timezone.localdate() + datetime.timedelta(days=days)).isoformat()


def test_the_columns_are_proposed_by_their_names(company):
    job = check(company.sales1, xlsx(HEADER, ["嘉兴明锐光学有限公司", "", day(3), "", "要样本"]))
    assert job.mapping["下次跟进"] == "next_follow_up"
    assert job.mapping["跟进记录"] == "history"
    assert job.mapping["备注"] == "remark"


def test_a_date_to_come_is_planned_for_the_owner(company):
    run(company.manager1, xlsx(HEADER, ["嘉兴明锐光学有限公司", "sales1", day(3), "", ""]))
    plan = Activity.objects.get()
    customer = Customer.objects.get()
    assert (plan.owner, plan.done_at, plan.all_day) == (company.sales1, None, True)
    assert timezone.localdate(plan.due_at).isoformat() == day(3)
    assert (customer.next_follow_up_at, customer.next_follow_up_all_day) == (plan.due_at, True)
    assert plan.reminders.exists()


def test_a_date_that_has_passed_is_left_out_and_named(company):
    job = run(company.sales1, xlsx(HEADER, ["嘉兴明锐光学有限公司", "", day(-3), "", ""]))
    assert job.outcome["created"] == 1
    assert errors_of(job) == [(2, "下次跟进", "past")]
    assert not Activity.objects.exists()


def test_history_becomes_one_follow_up_each_on_its_day(company):
    cell = f"{day(-40)} 电话沟通，客户要样本\n{day(-30)} 上门拜访，看了产线"
    run(company.sales1, xlsx(HEADER, ["嘉兴明锐光学有限公司", "", "", cell, ""]))
    done = Activity.objects.order_by("done_at")
    assert [(a.kind, a.body, a.is_valid) for a in done] == [
        ("call", "电话沟通，客户要样本", True),
        ("visit", "上门拜访，看了产线", True),
    ]
    customer = Customer.objects.get()
    assert timezone.localdate(customer.last_activity_at).isoformat() == day(-30)


def test_a_remark_is_a_note_of_today_but_no_valid_follow_up(company):
    run(company.sales1, xlsx(HEADER, ["嘉兴明锐光学有限公司", "", "", "", "老客户介绍，预算充足"]))
    note = Activity.objects.get()
    assert (note.kind, note.body, note.is_valid) == ("note", "老客户介绍，预算充足", False)
    assert Customer.objects.get().last_valid_follow_up_at is None


def test_the_same_sheet_again_says_nothing_twice(company):
    sheet = xlsx(HEADER, ["嘉兴明锐光学有限公司", "", day(3), f"{day(-9)} 电话沟通，客户要样本", "预算充足"])
    run(company.sales1, sheet)
    sheet.seek(0)
    job = run(company.sales1, sheet)
    assert job.outcome["unchanged"] == 1
    assert Activity.objects.count() == 3


def test_a_new_note_on_an_existing_customer_is_added(company):
    run(company.sales1, xlsx(HEADER, ["嘉兴明锐光学有限公司", "", "", "", "预算充足"]))
    version = Customer.objects.get().version
    job = run(company.sales1, xlsx(HEADER, ["嘉兴明锐光学有限公司", "", "", "", "换了联系人"]))
    assert job.outcome["updated"] == 1
    assert {a.body for a in Activity.objects.all()} == {"预算充足", "换了联系人"}
    assert Customer.objects.get().version == version
