"""The files of records by REST: the same rights, the same rules, the same bin."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from accounts.models import Customer, CustomerFile
from accounts.tests.factories import make_customer
from accounts.tests.import_tools import text_file
from accounts.tests.test_record_files import attach, content_of, everything, png
from crm.identity.services import create_token
from crm.identity.tests.factories import actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(company):
    return make_customer(company.sales1)


@pytest.fixture
def api(company):
    def client_of(username: str) -> APIClient:
        client = APIClient()
        client.force_authenticate(getattr(company, username))
        return client

    return client_of


def url(record, row=None, act: str = "") -> str:
    base = f"/api/v1/customers/{record.pk}/files/"
    return base if row is None else f"{base}{row.pk}/{act}"


def sent(name="报价单.png", content=None):
    return {"file": SimpleUploadedFile(name, content or png())}


def test_added_listed_fetched_removed_and_brought_back(api, company, customer):
    client = api("sales1")
    made = client.post(url(customer), sent())
    assert made.status_code == 201, made.json()
    body = made.json()
    assert (body["name"], body["content_type"], body["size"]) == ("报价单.png", "image/png", len(png()))
    assert body["uploaded_by"] == company.sales1.pk and made["Location"].endswith(f"/files/{body['id']}/")
    assert [one["id"] for one in client.get(url(customer)).json()["results"]] == [body["id"]]
    row = CustomerFile.objects.get()
    assert client.get(url(customer, row)).json() == body
    fetched = client.get(body["download"])
    assert content_of(fetched) == png() and fetched["Content-Disposition"].startswith("attachment")
    assert client.delete(url(customer, row)).status_code == 204
    assert client.get(url(customer, row)).status_code == 404
    assert client.post(url(customer, row, "restore/")).json()["id"] == row.pk
    assert client.get(url(customer)).json()["results"]


def test_the_same_rights_as_in_the_browser(api, company, customer):
    row = attach(customer, company.sales1)
    before = everything()
    other = api("sales3")
    for answer in (
        other.get(url(customer)),
        other.post(url(customer), sent()),
        other.get(url(customer, row)),
        other.get(url(customer, row, "download/")),
        other.delete(url(customer, row)),
        other.post(url(customer, row, "restore/")),
        api("admin").get(f"/api/v1/users/{company.sales1.pk}/files/"),
    ):
        assert answer.status_code == 404
    reader = api("marketing1")
    assert reader.get(url(customer, row)).status_code == 200
    assert reader.post(url(customer), sent()).status_code == 403
    assert reader.delete(url(customer, row)).status_code == 403
    assert APIClient().get(url(customer)).status_code == 401
    assert everything() == before


def test_a_token_that_only_reads_adds_nothing(company, customer):
    _row, token = create_token(company.sales1, name="r", read_only=True, actor=actor(company.sales1))
    client, before = APIClient(), everything()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert client.get(url(customer)).status_code == 200
    assert client.post(url(customer), sent()).status_code == 403
    assert everything() == before


def test_what_is_wrong_stands_at_the_field(api, customer):
    client, before = api("sales1"), everything()
    for body in (sent("a.exe", b"MZ"), sent("a.png", b"<svg>"), {}):
        answer = client.post(url(customer), body, format="multipart")
        assert answer.status_code == 400 and answer.json()["errors"]["file"], body
    assert everything() == before


def test_the_same_upload_sent_twice_with_a_key_is_one_file(api, customer):
    client, key = api("sales1"), {"Idempotency-Key": "one"}
    first = client.post(url(customer), sent(), headers=key)
    again = client.post(url(customer), sent(), headers=key)
    assert first.json() == again.json() and again["Idempotency-Replayed"] == "true"
    assert CustomerFile.objects.count() == 1
    assert client.post(url(customer), sent("b.png"), headers=key).status_code == 422


def test_06_an_import_takes_no_file_that_it_names(api, company, customer):
    """Neither as the table itself, by its number, nor as a value in a column."""
    row, client = attach(customer, company.sales1), api("sales3")
    before = everything()
    for named in (row.file_id, row.file.content.name, f"/{row.file.content.name}"):
        answer = client.post("/api/v1/imports/", {"file": named, "resource": "customers"}, format="json")
        assert answer.status_code in (400, 415)
        answer = client.post("/api/v1/imports/", {"file": str(named), "resource": "customers"})
        assert answer.status_code == 400
    table = text_file(
        f"客户名称,文件,files,file\n台州巨峰精工有限公司,{row.file_id},{row.pk},{row.file.name}\n"
    )
    mapping = '{"客户名称": "name", "文件": "files", "files": "files", "file": "file"}'
    client.post("/api/v1/imports/", {"file": table, "resource": "customers", "mapping": mapping})
    assert everything()[0] == before[0]
    assert not CustomerFile.objects.exclude(customer=customer).exists()
    assert not Customer.objects.filter(owner=company.sales3, files__isnull=False).exists()
