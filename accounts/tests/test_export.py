"""Lists as files: the same rows and columns, human values, nothing a spreadsheet would compute, within the cap."""

import csv
import io
import re

import pytest
from openpyxl import load_workbook

from accounts.models import Customer
from accounts.services import create_contact
from accounts.tests.import_tools import run, text_file, xlsx
from crm.events.actor import system
from crm.events.models import Event
from crm.identity.services import update_company

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


def number_of(rows):
    """The number that every row bears."""
    (number,) = {row[-1] for row in rows[1:]}
    return number


def test_every_row_bears_the_number_that_leads_to_the_entry_in_the_log(client, company, customers):
    client.force_login(company.sales1)
    answer = client.get("/customers/?export=csv&reason=Trade fair")
    rows = list(csv.reader(io.StringIO(body(answer).decode("utf-8-sig"))))
    number = number_of(rows)
    assert number[0] == "X" and len(number) == 9 and number in answer["Content-Disposition"]
    event = Event._base_manager.get(name="list.exported")
    assert (event.payload["number"], event.payload["reason"]) == (number, "Trade fair")
    client.force_login(company.admin)
    page = client.get(f"/settings/events/?number={number}").content.decode()
    assert "Trade fair" in page and "Sales1" in page
    found = client.get(f"/api/v1/events/?number={number.lower()}").json()["results"]
    assert [one["id"] for one in found] == [event.pk]
    assert client.get("/api/v1/events/?number=X00000000").json()["results"] == []


def test_a_workbook_says_who_took_it_out_when_and_why(client, company, customers):
    client.force_login(company.sales1)
    book = load_workbook(io.BytesIO(body(client.get("/customers/?export=xlsx&reason=R%26D"))))
    number = Event._base_manager.get(name="list.exported").payload["number"]
    sheet, about = book.worksheets
    assert {row[-1].value for row in sheet.iter_rows(min_row=2)} == {number}
    for text in (sheet.oddFooter.left.text, sheet.oddHeader.right.text, book.properties.description):
        assert number in text and "Sales1" in text
    assert (book.properties.creator, book.properties.identifier) == ("Sales1", number)
    told = [cell.value for row in about.iter_rows() for cell in row]
    assert {number, "Sales1", "R&D"} <= set(told)


def test_a_workbook_comes_back_as_it_is(client, company, customers):
    client.force_login(company.sales1)
    content = io.BytesIO(body(client.get("/customers/?export=xlsx")))
    content.size, content.name = len(content.getvalue()), "back.xlsx"
    content.seek(0)
    job = run(company.sales1, content)
    assert job.key == "id" and job.outcome["failed"] == job.outcome["created"] == 0


@pytest.fixture
def long_lists(monkeypatch):
    from crm.listing.exporting import responses

    monkeypatch.setattr(responses, "IN_REQUEST", 2)


def ask(client, **data):
    return client.post("/exports/", {"resource": "customer", "format": "xlsx", **data})


def test_a_long_list_needs_a_reason(client, company, customers, long_lists):
    from crm.records.models import ExportJob

    client.force_login(company.sales1)
    ask(client, reason="  ")
    assert not ExportJob._base_manager.exists()
    body_ = {"resource": "customers", "format": "csv"}
    refused = client.post("/api/v1/exports/", body_, content_type="application/json")
    assert refused.status_code == 400 and "reason" in refused.json()["errors"]


def test_a_prepared_file_bears_its_number_too(
    client, company, customers, long_lists, django_capture_on_commit_callbacks
):
    from crm.records.models import ExportJob

    client.force_login(company.sales1)
    with django_capture_on_commit_callbacks(execute=True):
        ask(client, reason="Trade fair")
    job = ExportJob._base_manager.get()
    assert job.state == "done", job.error
    event = Event._base_manager.get(name="list.exported")
    number = event.payload["number"]
    assert number in job.file_name and event.payload["reason"] == "Trade fair"
    with job.file.open("rb") as file:
        sheet = load_workbook(file).worksheets[0]
    assert {row[-1].value for row in sheet.iter_rows(min_row=2)} == {number}


def test_a_prepared_file_is_nobody_elses_and_goes_after_its_time(
    client, company, customers, long_lists, django_capture_on_commit_callbacks, settings
):
    from datetime import timedelta

    import time_machine
    from django.urls import reverse
    from django.utils import timezone

    from crm.listing.exporting.jobs import forget_old_files
    from crm.records.models import ExportJob

    client.force_login(company.sales1)
    with django_capture_on_commit_callbacks(execute=True):
        ask(client, reason="Trade fair")
    url = reverse("export_download", args=[ExportJob._base_manager.get().pk])
    body(client.get(url))
    client.force_login(company.manager1)
    assert client.get(url).status_code == 404
    client.force_login(company.sales1)
    assert forget_old_files() == 0
    with time_machine.travel(timezone.now() + timedelta(hours=settings.EXPORT_KEEP_HOURS, minutes=1)):
        client.force_login(company.sales1)
        assert client.get(url).status_code == 404  # even before the file is tidied away
        assert forget_old_files() == 1
    assert client.get(url).status_code == 404


def test_a_file_is_not_finished_for_somebody_who_left_meanwhile(company, customers, monkeypatch):
    from crm.events.actor import Actor
    from crm.listing.exporting import jobs
    from crm.records.models import ExportJob

    monkeypatch.setattr(jobs, "PROGRESS_EVERY", 2)
    monkeypatch.setattr(jobs, "_wake", lambda job_id: None)
    job = jobs.request_export(
        company.sales1, "customer", file_format="csv", reason="x", actor=Actor.of(company.sales1)
    )
    real = jobs.table.rows_of

    def leaving(*args):
        for number, row in enumerate(real(*args)):
            if number == 1:
                type(company.sales1)._base_manager.filter(pk=company.sales1.pk).update(is_active=False)
            yield row

    monkeypatch.setattr(jobs.table, "rows_of", leaving)
    jobs.run_export(job.pk)
    job = ExportJob._base_manager.get()
    assert job.state in ("failed", "stopped") and not job.file
    assert not Event._base_manager.filter(name="list.exported").exists()


@pytest.fixture
def wants_reasons(customers):
    update_company(asks_export_reason=True, actor=system("test"))
    return "报价核对"


@pytest.mark.parametrize(
    "address",
    [
        "/customers/?export=csv&q=公司",
        "/contacts/cards.vcf",
        "/contacts/{contact}/card.vcf",
        "/customers/{pk}/sheet.pdf",
    ],
)
def test_a_company_that_wants_to_know_why_is_told_with_every_file(client, company, wants_reasons, address):
    contact = create_contact(Customer.objects.first(), name="王敏", actor=system("test"))
    address = address.format(pk=contact.customer_id, contact=contact.pk)
    client.force_login(company.sales1)
    asked = client.get(address)
    page = asked.content.decode()
    assert asked.status_code == 200 and "Content-Disposition" not in asked
    assert 'name="reason"' in page and "required" in page
    assert not Event.objects.filter(name__contains="exported").exists()
    form = page.partition('class="card job-card"')[2].partition("</form>")[0]
    given = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    answer = client.get(address.partition("?")[0], {**given, "reason": wants_reasons})
    assert "attachment" in answer["Content-Disposition"]
    event = Event.objects.get(name__contains="exported")
    assert event.payload["reason"] == wants_reasons
    if "export" in address:
        assert given == {"export": "csv", "q": "公司"}
        assert body(answer)


def test_the_api_asks_for_the_reason_of_a_short_export_too(client, company, wants_reasons):
    client.force_login(company.sales1)
    wanted = {"resource": "customers", "format": "csv"}
    refused = client.post("/api/v1/exports/", wanted, content_type="application/json")
    assert refused.status_code in (400, 409) and "reason" in refused.content.decode()
    made = client.post(
        "/api/v1/exports/", wanted | {"reason": wants_reasons}, content_type="application/json"
    )
    assert made.status_code == 202, made.content
