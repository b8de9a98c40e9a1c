"""The pages of an import, as a person walks through them."""

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import Customer
from accounts.services import transfer_customers
from accounts.tests.import_tools import carry_on, xlsx
from crm.identity.tests.factories import actor
from crm.records.models import ImportJob

pytestmark = pytest.mark.django_db

SHEET = [
    ["公司", "联系人", "手机", "跟单"],
    ["嘉兴明锐光学有限公司", "蒋文博", "13805732216", ""],
    ["台州巨峰精工有限公司", "何雪", "1380576221", ""],
]


def upload(client, *rows, **data):
    return client.post(reverse("import_new"), {"resource": "customers", "file": xlsx(*rows), **data})


def only_job() -> ImportJob:
    return carry_on(ImportJob._base_manager.get())


def test_from_upload_to_records(client, company):
    client.force_login(company.sales1)
    assert client.get(reverse("import_new")).status_code == 200
    answer = upload(client, *SHEET)
    job = only_job()
    assert answer.url == reverse("import_detail", args=[job.pk])
    page = client.get(answer.url).content.decode()
    assert "嘉兴明锐光学有限公司" in page and "1380576221" in page
    assert Customer.objects.count() == 0
    client.post(reverse("import_commit", args=[job.pk]))
    job = only_job()
    assert job.state == "done"
    assert Customer.objects.get().owner == company.sales1
    done = client.get(reverse("import_detail", args=[job.pk])).content.decode()
    assert reverse("import_errors", args=[job.pk]) in done
    made = Customer.objects.get()
    rows = reverse("import_rows", args=[job.pk]) + "?tab=created"
    assert made.get_absolute_url() in client.get(rows).content.decode()
    transfer_customers([made], owner=company.sales3, actor=actor(company.admin))
    assert made.get_absolute_url() not in client.get(rows).content.decode()


def test_the_error_workbook_can_be_mended_and_imported_as_it_is(client, company):
    client.force_login(company.sales1)
    upload(client, *SHEET)
    job = only_job()
    client.post(reverse("import_commit", args=[job.pk]))
    answer = client.get(reverse("import_errors", args=[only_job().pk]))
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    sheet = book.active
    assert [cell.value for cell in sheet[1]][:4] == SHEET[0]
    assert sheet.max_row == 2 and sheet["C2"].fill.fgColor.rgb == "FFFCEAE6"
    sheet["C2"] = "13805762218"
    mended = io.BytesIO()
    book.save(mended)
    mended.seek(0)
    mended.name = "mended.xlsx"
    client.post(reverse("import_new"), {"resource": "customers", "file": mended})
    job = carry_on(ImportJob._base_manager.latest("pk"))
    assert job.outcome["failed"] == 0 and job.outcome["created"] == 1


def test_the_preview_answers_for_every_tab(client, company):
    client.force_login(company.sales1)
    upload(client, *SHEET)
    job = only_job()
    for tab in ("all", "errors", "created", "updated", "skipped", "nonsense"):
        assert client.get(reverse("import_rows", args=[job.pk]) + f"?tab={tab}").status_code == 200
    assert client.get(reverse("import_status", args=[job.pk]))["HX-Refresh"] == "true"


def test_a_column_assigned_by_hand_takes_the_field_from_another(client, company):
    client.force_login(company.sales1)
    upload(client, ["公司", "简称"], ["嘉兴明锐光学有限公司", "明锐"])
    job = only_job()
    client.post(reverse("import_mapping", args=[job.pk]), {"column-0": "name", "column-1": "name"})
    job.refresh_from_db()
    assert job.mapping == {"简称": "name"}


def test_nobody_else_reaches_an_import(client, company):
    client.force_login(company.sales1)
    upload(client, *SHEET)
    job = only_job()
    for other in (company.sales2, company.manager1, company.admin):
        client.force_login(other)
        for name in ("import_detail", "import_status", "import_rows", "import_errors"):
            assert client.get(reverse(name, args=[job.pk])).status_code == 404
            assert client.get(reverse(name, args=[999_999_999])).status_code == 404
        for name in ("import_mapping", "import_sheet", "import_commit", "import_stop"):
            assert client.post(reverse(name, args=[job.pk])).status_code == 404
    job.refresh_from_db()
    assert job.state == "ready"


def test_people_without_the_right_import_nothing(client, company):
    # Finance imports receipts: customers are not among the kinds it is offered.
    for person, page, sent in ((company.finance1, 200, 422), (company.service1, 403, 403)):
        client.force_login(person)
        assert client.get(reverse("import_new")).status_code == page
        assert upload(client, *SHEET).status_code == sent
    assert not ImportJob._base_manager.exists()


def test_an_unreadable_file_is_refused_with_the_reason_and_kept_nowhere(client, company, settings):
    client.force_login(company.sales1)
    answer = client.post(
        reverse("import_new"), {"resource": "customers", "file": io.BytesIO(b"%PDF-1.7 ...")}
    )
    assert answer.status_code == 422
    assert not ImportJob._base_manager.exists()


def test_a_double_click_is_one_import(client, company):
    client.force_login(company.sales1)
    first = upload(client, *SHEET, nonce="abc")
    second = upload(client, *SHEET, nonce="abc")
    assert first.url == second.url
    assert ImportJob._base_manager.count() == 1


def test_the_template_has_the_columns_and_comes_back_as_it_is(client, company):
    client.force_login(company.sales1)
    answer = client.get(reverse("import_template", args=["customers"]))
    content = b"".join(answer.streaming_content)
    assert load_workbook(io.BytesIO(content)).active.max_column > 10
    file = io.BytesIO(content)
    file.name = "template.xlsx"
    client.post(reverse("import_new"), {"resource": "customers", "file": file})
    job = only_job()
    assert job.outcome["created"] == 1 and job.outcome["failed"] == 0, job.error


def test_the_list_shows_ones_own_imports(client, company):
    client.force_login(company.sales1)
    upload(client, *SHEET)
    assert "customers.xlsx" in client.get(reverse("import_list")).content.decode()
    client.force_login(company.sales2)
    assert "customers.xlsx" not in client.get(reverse("import_list")).content.decode()
