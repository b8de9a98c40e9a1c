"""Lists as files: the same rows and columns, human values, nothing a spreadsheet would compute, within the cap."""

import csv
import io

import pytest
from openpyxl import load_workbook

from accounts.models import Customer
from accounts.tests.import_tools import run, text_file, xlsx
from crm.events.models import Event

pytestmark = pytest.mark.django_db

NASTY = ["=1+1公司", "+cmd公司", "-2公司", "@SUM公司", " =空格公司", "＝全角公司", "平常公司"]


@pytest.fixture
def customers(company):
    lines = ["客户名称,等级,公司电话", *(f'"{name}",A,0571-88886666' for name in NASTY)]
    run(company.sales1, text_file("\n".join(lines)))
    run(company.sales3, xlsx(["客户名称"], ["南方别人家有限公司"]))
    return Customer.objects.count()


def body(answer) -> bytes:
    return b"".join(answer.streaming_content)


def test_csv_and_xlsx_have_the_lists_own_rows_and_human_values(client, company, customers):
    client.force_login(company.sales1)
    text = body(client.get("/customers/?export=csv"))
    assert text.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
    assert len(rows) == 1 + len(NASTY)
    sheet = load_workbook(io.BytesIO(body(client.get("/customers/?export=xlsx")))).active
    assert [cell.value for cell in sheet[1]] == rows[0]
    assert sheet.max_row == 1 + len(NASTY)
    assert "Sales1" in rows[1]
    assert all(cell.data_type != "f" for line in sheet.iter_rows() for cell in line)


def test_nothing_in_a_csv_begins_like_a_formula(client, company, customers):
    client.force_login(company.sales1)
    rows = list(csv.reader(io.StringIO(body(client.get("/customers/?export=csv")).decode("utf-8-sig"))))
    assert not [
        cell
        for row in rows
        for cell in row
        if cell.strip()[:1] in ("=", "+", "-", "@", "＝") and len(cell) > 1
    ]


def test_an_export_comes_back_as_it_is(client, company, customers):
    client.force_login(company.sales1)
    content = io.BytesIO(body(client.get("/customers/?export=csv")))
    content.size, content.name = len(content.getvalue()), "back.csv"
    content.seek(0)
    job = run(company.sales1, content)
    assert job.key == "id" and job.outcome["failed"] == job.outcome["created"] == 0


def test_an_export_writes_one_event_and_nothing_else(client, company, customers):
    client.force_login(company.sales1)
    before = Event._base_manager.count()
    body(client.get("/customers/?export=csv&q=平常"))
    event = Event._base_manager.order_by("pk").last()
    assert Event._base_manager.count() == before + 1
    assert (event.name, event.payload["rows"], event.payload["format"]) == ("list.exported", 1, "csv")


def test_over_the_cap_it_is_refused_and_without_the_right_too(client, company, customers):
    role = company.sales1.role
    role.export_cap = 3
    role.save(update_fields=["export_cap"])
    client.force_login(company.sales1)
    assert client.get("/customers/?export=csv").status_code == 403
    assert client.get("/customers/?export=csv&q=平常").status_code == 200
    client.force_login(company.finance1)
    assert client.get("/customers/?export=csv").status_code == 403
    client.force_login(company.sales1)
    assert client.get("/customers/?export=docx").status_code == 400


def test_a_long_list_is_offered_in_the_background(client, company, customers, monkeypatch):
    from crm.listing.exporting import responses

    monkeypatch.setattr(responses, "IN_REQUEST", 2)
    client.force_login(company.sales1)
    answer = client.get("/customers/?export=csv")
    assert answer.status_code == 200 and "Content-Disposition" not in answer
    assert 'name="resource"' in answer.content.decode()
