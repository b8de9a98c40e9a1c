"""A workbook of customers, contacts and follow-ups: one import, sheet by sheet, related by name or number."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from accounts.models import Activity, Contact, Customer
from accounts.services import update_customer
from accounts.tests.factories import make_customer
from accounts.tests.import_tools import errors_of
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.listing.importing import jobs, mending, parts, running, undoing
from crm.records.models import ImportJob

pytestmark = pytest.mark.django_db

CUSTOMERS = [["客户编号", "客户名称", "地址"], ["K1", "甲有限公司", "文三路"], ["K2", "乙有限公司", ""]]
CONTACTS = [
    ["客户名称", "姓名", "手机"],
    ["甲有限公司", "张三", "13805732216"],
    ["甲有限公司", "李四", "13805732217"],
    ["K2", "王五", "13805732218"],
]
HISTORY = [
    ["客户", "日期", "方式", "内容"],
    ["甲有限公司", "2026-06-11", "电话", "要样本"],
    ["丙有限公司", "2026-06-12", "拜访", "看厂"],
]


def book(**sheets: list) -> SimpleUploadedFile:
    """A workbook with these sheets, in this order."""
    found = Workbook()
    found.remove(found.active)
    for title, rows in sheets.items():
        sheet = found.create_sheet(title)
        for row in rows:
            sheet.append(row)
    target = io.BytesIO()
    found.save(target)
    return SimpleUploadedFile("公司资料.xlsx", target.getvalue())


def whole() -> SimpleUploadedFile:
    return book(联系人=CONTACTS, 客户=CUSTOMERS, 跟进记录=HISTORY)


def work(head: ImportJob) -> list[ImportJob]:
    """Work on all sheets until nothing is left to do, as a worker that is woken again and again."""
    for _round in range(10):
        for one in parts.chain_of(head):
            while running.advance(one.pk):
                pass
    return [ImportJob._base_manager.get(pk=one.pk) for one in parts.chain_of(head)]


def start(user, upload=None, **options) -> ImportJob:
    return jobs.start_import(user, upload or whole(), "customers", related=True, **options)


def test_the_sheets_come_in_one_after_the_other(company):
    chain = work(start(company.sales1))
    assert [(one.resource, one.sheet, one.state) for one in chain] == [
        ("customers", "客户", "done"),
        ("contacts", "联系人", "done"),
        ("activities", "跟进记录", "done"),
    ]
    assert [one.outcome["created"] for one in chain] == [2, 3, 1]
    assert [errors_of(one) for one in chain] == [[], [], [(3, "客户", "unknown_customer")]]
    first = Customer.objects.get(name="甲有限公司")
    assert list(first.contacts.order_by("pk").values_list("name", "is_primary")) == [
        ("张三", True),
        ("李四", False),
    ]
    assert Contact.objects.get(name="王五").customer.name == "乙有限公司"
    assert Activity.objects.get().customer == first


def test_a_second_run_changes_nothing(company):
    work(start(company.sales1))
    chain = work(start(company.sales1))
    assert [one.outcome["unchanged"] for one in chain] == [2, 3, 1]
    assert (Customer.objects.count(), Contact.objects.count(), Activity.objects.count()) == (2, 3, 1)


def test_nothing_is_written_before_somebody_says_so(company):
    chain = work(start(company.sales1, dry_run=True, interactive=True))
    assert [one.state for one in chain] == ["ready"] * 3 and not Customer.objects.exists()
    assert [one.outcome["created"] for one in chain] == [2, 3, 1]
    with pytest.raises(RuleBroken):
        jobs.start_commit(chain[1], actor=Actor.of(company.sales1))
    jobs.start_commit(chain[0], actor=Actor.of(company.sales1))
    assert [one.state for one in work(chain[0])] == ["done"] * 3
    assert Contact.objects.count() == 3


def test_what_is_mended_on_the_first_sheet_is_known_to_the_others(company):
    customers = [["客户名称", "信用代码"], ["甲有限公司", "91350100M000100Y4Z"]]
    chain = work(
        start(company.sales1, book(客户=customers, 联系人=CONTACTS[:3]), dry_run=True, interactive=True)
    )
    assert [one.outcome["failed"] for one in chain] == [1, 2]
    mending.mend(chain[0], field="uscc", value="", row=2)
    chain = work(chain[0])
    assert [one.outcome["failed"] for one in chain] == [0, 0]
    jobs.start_commit(chain[0], actor=Actor.of(company.sales1))
    work(chain[0])
    assert Contact.objects.count() == 2


def test_rows_of_a_customer_that_did_not_come_in_fail(company):
    chain = work(start(company.sales1, dry_run=True, interactive=True))
    make_customer(company.sales3, "甲有限公司", external_id="K1")  # meanwhile
    jobs.start_commit(chain[0], actor=Actor.of(company.sales1))
    chain = work(chain[0])
    assert chain[0].outcome["failed"] == 1
    assert [(row, code) for row, _column, code in errors_of(chain[1])] == [(2, "related"), (3, "related")]
    assert list(Contact.objects.values_list("name", flat=True)) == ["王五"]


def test_undo_takes_back_all_sheets_the_last_one_first(company):
    chain = work(start(company.sales1))
    undoing.start_undo(chain[0])
    chain = work(chain[0])
    assert [(one.state, one.undo_counts) for one in chain] == [
        ("undone", {"undone": 2, "kept": 0}),
        ("undone", {"undone": 3, "kept": 0}),
        ("undone", {"undone": 1, "kept": 0}),
    ]
    assert not Customer.objects.exists() and not Activity.objects.exists()


def test_undo_keeps_what_somebody_touched(company):
    chain = work(start(company.sales1))
    update_customer(
        Customer.objects.get(name="甲有限公司"), actor=Actor.of(company.manager1), address="文一路"
    )
    undoing.start_undo(chain[0])
    assert next(one.undo_counts for one in work(chain[0])) == {"undone": 1, "kept": 1}
    assert list(Customer.objects.values_list("name", flat=True)) == ["甲有限公司"]


def test_a_stop_ends_the_sheets_behind(company):
    chain = work(start(company.sales1, dry_run=True, interactive=True))
    jobs.stop(chain[0], actor=Actor.of(company.sales1))
    assert [one.state for one in work(chain[0])] == ["stopped"] * 3
    assert not Customer.objects.exists()


def test_workbooks_of_other_sheets_stay_one_import(company):
    upload = book(
        五月=CUSTOMERS, 六月=[["客户名称"], ["丁有限公司"]], 说明=[["本表由财务导出"], ["请勿外传"]]
    )
    assert len(work(start(company.sales1, upload))) == 1


def test_on_the_page_and_by_the_api(company, client):
    client.force_login(company.sales1)
    answer = client.post(
        "/api/v1/imports/", {"file": whole(), "resource": "customers", "related": "true", "dry_run": "true"}
    )
    assert [part["resource"] for part in answer.json()["parts"]] == ["contacts", "activities"]
    chain = work(ImportJob._base_manager.get(pk=answer.json()["id"]))
    page = client.get(f"/imports/{chain[0].pk}/").content.decode()
    assert f"/imports/{chain[1].pk}/" in page and f"/imports/{chain[2].pk}/" in page
    assert "甲有限公司" in client.get(f"/imports/{chain[1].pk}/").content.decode()
    assert client.get("/api/v1/imports/?count=exact").json()["count"] == 1
    client.force_login(company.sales2)
    for address in (f"/imports/{chain[1].pk}/", f"/api/v1/imports/{chain[1].pk}/"):
        assert client.get(address).status_code == 404
    client.force_login(company.sales1)
    assert client.post(f"/api/v1/imports/{chain[2].pk}/leave-out/").json()["id"] == chain[0].pk
    assert client.post(f"/api/v1/imports/{chain[0].pk}/leave-out/").status_code == 409
    assert client.post(f"/imports/{chain[1].pk}/commit/").status_code == 302
    assert [one.state for one in work(chain[0])] == ["done", "done"]
    assert (Contact.objects.count(), Activity.objects.count()) == (3, 0)
