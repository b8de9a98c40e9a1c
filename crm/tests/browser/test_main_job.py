"""The main job, as people do it: a sheet with mistakes comes in, a follow-up is recorded, the next one is not forgotten,
the manager sees it, and nobody else does."""

import datetime
from pathlib import Path

import openpyxl
import pytest
import time_machine
from django.utils import timezone

from accounts.models import Customer
from accounts.tasks import send_due_reminders
from crm.automation.models import Notification
from crm.events.tasks import deliver_events

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HEADER = ["公司", "联系人", "手机", "等级", "跟单", "备注"]
ROWS = [
    ["苏州瑞宏电子有限公司", "王敏", "13805120001", "A", "林晓雯", "节拍 0.8 秒"],
    ["无锡博川自动化有限公司", "李静", "1380512000", "B", "林晓雯", "少一位的手机"],
    ["合肥晶越半导体有限公司", "张伟", "138 0512 0003", "A", "", ""],
    ["", "田甜", "13805120004", "C", "林晓雯", "没有名称"],
    ["宁波远澜新能源有限公司", "周敏", "+86 13805120005", "B", "王建国", "别人的名下"],
]


def sheet(path: Path, rows: list[list[str]], header: list[str] = HEADER) -> Path:
    book = openpyxl.Workbook()
    book.active.append(["2026 华东客户名单"])
    book.active.append(header)
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def upload(page, server, path: Path) -> None:
    page.goto(f"{server.url}/imports/new/")
    page.set_input_files("input[type=file]", path)
    page.click(".wizard-foot .btn-primary")
    page.wait_for_selector("form[action$='/commit/'] button")


def commit(page) -> dict[str, int]:
    page.click("form[action$='/commit/'] button")
    page.wait_for_selector(".outcome >> text=新增")
    rows = page.locator(".outcome .outcome-row:has(strong)").all()
    return {row.inner_text().split("\n")[0].strip(): int(row.locator("strong").inner_text()) for row in rows}


def test_from_a_sheet_with_mistakes_to_a_reminder(company, sign_in, live_server, tmp_path):
    for name, real in [("sales1", "林晓雯"), ("sales3", "王建国")]:
        person = getattr(company, name)
        person.name, person.language = real, "zh-hans"
        person.save()

    # The sheet comes in; what is wrong with it is said row by row.
    page = sign_in("sales1")
    upload(page, live_server, sheet(tmp_path / "客户.xlsx", ROWS))
    assert "手机号应为 11 位" in page.inner_text("#preview")
    assert commit(page) == {"新增": 2, "更新": 0, "未变": 0, "有错误": 3}

    # The rows with errors come back, are mended, and come in as they are.
    with page.expect_download() as download:
        page.click("a[href$='errors.xlsx']")
    errors = tmp_path / "errors.xlsx"
    download.value.save_as(errors)
    book = openpyxl.load_workbook(errors)
    cells = {cell.value: cell for row in book.active.iter_rows() for cell in row if cell.value}
    cells["1380512000"].value = "13805120002"
    cells["王建国"].value = None
    row = cells["田甜"].row
    column = next(cell.column for value, cell in cells.items() if value == "无锡博川自动化有限公司")
    book.active.cell(row=row, column=column).value = "嘉兴明锐光学有限公司"
    book.save(errors)
    upload(page, live_server, errors)
    assert commit(page)["新增"] == 3
    assert Customer.objects.filter(owner=company.sales1).count() == 5

    # Two characters find the customer.
    page.goto(f"{live_server.url}/customers/")
    page.fill("#list-q", "瑞宏")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=*")
    page.click("a:has-text('苏州瑞宏电子有限公司')")
    customer = Customer.objects.get(name="苏州瑞宏电子有限公司")
    page.wait_for_url(f"**/customers/{customer.pk}/**")

    # A follow-up with a next date.
    page.fill("#composer-text", "王总确认节拍 0.8 秒，要求下周给报价")
    page.click("#composer [data-date-chip]:not([data-date-chip=''])")
    page.click("#composer button:has-text('保存跟进')")
    page.wait_for_selector(".timeline >> text=王总确认节拍")
    customer.refresh_from_db()
    assert customer.last_activity_summary.startswith("王总确认节拍")
    due = customer.next_follow_up_at
    assert due is not None
    assert customer.next_follow_up_all_day

    # When its time has come, the bell rings once.
    with time_machine.travel(due + datetime.timedelta(minutes=1), tick=True):
        send_due_reminders()
        send_due_reminders()
        deliver_events()
        assert Notification.objects.filter(user=company.sales1, kind="reminder").count() == 1
        page.goto(f"{live_server.url}/notifications/")
        assert "苏州瑞宏电子有限公司" in page.inner_text("main")
        page.goto(f"{live_server.url}/")
        assert "苏州瑞宏电子有限公司" in page.inner_text("main")

    # The manager sees it, a colleague of another region does not even learn that it exists.
    manager = sign_in("manager1")
    assert manager.goto(f"{live_server.url}/customers/{customer.pk}/").status == 200
    assert "王总确认节拍" in manager.inner_text("main")
    stranger = sign_in("sales3")
    assert stranger.goto(f"{live_server.url}/customers/{customer.pk}/").status == 404
    stranger.goto(f"{live_server.url}/customers/?q=瑞宏")
    assert "苏州瑞宏" not in stranger.inner_text("main")
    assert timezone.localdate(due) > timezone.localdate()
