"""Imports and exports by REST."""

import io

import pytest
from openpyxl import load_workbook
from rest_framework.test import APIClient

from accounts.models import Customer
from accounts.tests.import_tools import carry_on, text_file, xlsx
from crm.events.delivery import deliver_pending
from crm.records.models import ExportJob, ImportJob

pytestmark = pytest.mark.django_db

SHEET = [["客户名称", "手机"], ["嘉兴明锐光学有限公司", "13805732216"], ["台州巨峰精工有限公司", "138"]]


@pytest.fixture
def api(company):
    def client_of(user) -> APIClient:
        client = APIClient()
        client.force_authenticate(user)
        return client

    return client_of


def finished(answer) -> dict:
    carry_on(ImportJob._base_manager.get(pk=answer.json()["id"]))
    return answer.json()["id"]


def test_a_dry_run_ends_ready_and_the_parts_sum_to_the_file(api, company):
    client = api(company.sales1)
    answer = client.post(
        "/api/v1/imports/", {"file": xlsx(*SHEET), "resource": "customers", "dry_run": "true"}
    )
    assert answer.status_code == 202, answer.json()
    pk = finished(answer)
    body = client.get(f"/api/v1/imports/{pk}/").json()
    assert body["state"] == "ready" and body["progress"] == 100
    counts = body["counts"]
    assert (
        counts["total"]
        == sum(counts[name] for name in ("created", "updated", "unchanged", "skipped", "failed"))
        == 2
    )
    assert [(e["row"], e["column"]) for e in body["errors"]] == [(3, "手机")]
    assert body["errors"][0]["code"] and body["errors"][0]["message"]
    assert not Customer.objects.exists()
    assert client.post(f"/api/v1/imports/{pk}/commit/").status_code == 202
    carry_on(ImportJob._base_manager.get(pk=pk))
    assert client.get(f"/api/v1/imports/{pk}/").json()["counts"]["created"] == 1


def test_without_dry_run_it_is_written_at_once(api, company):
    client = api(company.sales1)
    pk = finished(client.post("/api/v1/imports/", {"file": xlsx(*SHEET), "resource": "customers"}))
    body = client.get(f"/api/v1/imports/{pk}/").json()
    assert body["state"] == "done" and Customer.objects.get().owner == company.sales1
    book = load_workbook(
        io.BytesIO(b"".join(client.get(f"/api/v1/imports/{pk}/errors.xlsx").streaming_content))
    )
    assert book.active.max_row == 2


def test_a_mapping_of_ones_own_is_obeyed_and_a_wrong_one_refused(api, company):
    client = api(company.sales1)
    rows = [["Firma", "Ort"], ["Acme Trading Ltd", "上海"]]
    good = {"file": xlsx(*rows), "resource": "customers", "mapping": '{"Firma": "name", "Ort": null}'}
    pk = finished(client.post("/api/v1/imports/", good))
    assert client.get(f"/api/v1/imports/{pk}/").json()["mapping"] == {"Firma": "name"}
    for wrong in ('{"Nope": "name"}', '{"Firma": "nope"}', '{"Firma": "name", "Ort": "name"}', "[1]", "{"):
        answer = client.post(
            "/api/v1/imports/", {"file": xlsx(*rows), "resource": "customers", "mapping": wrong}
        )
        assert answer.status_code == 400 and "mapping" in answer.json()["errors"]


def test_a_sheet_without_the_required_column_fails_with_the_reason(api, company):
    client = api(company.sales1)
    pk = finished(
        client.post(
            "/api/v1/imports/", {"file": xlsx(["颜色"], ["红"]), "resource": "customers", "dry_run": True}
        )
    )
    body = client.get(f"/api/v1/imports/{pk}/").json()
    assert body["state"] == "failed" and body["error"]
    deliver_pending()
    assert [note.title for note in company.sales1.notifications.all()] == [
        f"Failed: {ImportJob.objects.get(pk=pk)}"
    ]


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"PK\x03\x04broken", b"\x00\x01\x02\x03" * 100])
def test_an_unreadable_file_is_400_with_the_reason(api, company, content):
    answer = api(company.sales1).post(
        "/api/v1/imports/", {"file": text_file(content), "resource": "customers"}
    )
    assert answer.status_code == 400 and answer.json()["errors"]["file"]
    assert answer["Content-Type"].startswith("application/problem+json")
    assert not ImportJob._base_manager.exists()


def test_refusals_by_right_and_by_owner(api, company):
    rows = {"file": xlsx(*SHEET), "resource": "customers"}
    assert api(company.finance1).post("/api/v1/imports/", rows).status_code == 403
    client = api(company.sales1)
    assert client.post("/api/v1/imports/", {"file": xlsx(*SHEET), "resource": "users!"}).status_code == 400
    assert client.post("/api/v1/imports/", {"resource": "customers"}).status_code == 400
    pk = finished(client.post("/api/v1/imports/", {"file": xlsx(*SHEET), "resource": "customers"}))
    other = api(company.manager1)
    for path in (f"/api/v1/imports/{pk}/", f"/api/v1/imports/{pk}/errors.xlsx"):
        hidden, absent = other.get(path), other.get(path.replace(str(pk), "999999999"))
        assert (hidden.status_code, hidden.content) == (404, absent.content)
    assert other.post(f"/api/v1/imports/{pk}/commit/").status_code == 404


def test_a_repeated_key_is_one_import(api, company):
    client = api(company.sales1)
    headers = {"Idempotency-Key": "k-1"}
    file = xlsx(*SHEET)
    first = client.post("/api/v1/imports/", {"file": file, "resource": "customers"}, headers=headers)
    file.seek(0)
    again = client.post("/api/v1/imports/", {"file": file, "resource": "customers"}, headers=headers)
    assert first.json()["id"] == again.json()["id"]
    other = {"file": xlsx(["公司"], ["乙公司"]), "resource": "customers"}
    assert client.post("/api/v1/imports/", other, headers=headers).status_code == 422
    file.seek(0)
    otherwise = {"file": file, "resource": "customers", "mode": "create"}
    assert client.post("/api/v1/imports/", otherwise, headers=headers).status_code == 422


def test_a_commit_sent_again_with_its_key_is_answered_again(api, company):
    client = api(company.sales1)
    given = {"file": xlsx(*SHEET), "resource": "customers", "dry_run": "true"}
    path = f"/api/v1/imports/{finished(client.post('/api/v1/imports/', given))}/commit/"
    first, again = (client.post(path, headers={"Idempotency-Key": "k"}) for _time in range(2))
    assert (first.status_code, again.status_code) == (202, 202) and first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"


def test_the_rows_of_an_import_are_paged_as_every_list(api, company):
    client = api(company.sales1)
    sheet = [["客户名称"], *([f"公司{n}有限公司"] for n in range(60))]
    given = {"file": xlsx(*sheet), "resource": "customers", "dry_run": "true"}
    pk = finished(client.post("/api/v1/imports/", given))
    page = client.get(f"/api/v1/imports/{pk}/rows/?tab=all").json()
    following = client.get(page["next"]).json()
    assert (len(page["results"]), len(following["results"]), following["next"]) == (50, 10, None)
    assert page["results"][-1]["row"] < following["results"][0]["row"]
    for query, named in (("tab=x", "tab"), ("after=x", "after"), ("page=2", "page")):
        refused = client.get(f"/api/v1/imports/{pk}/rows/?{query}")
        assert refused.status_code == 400 and list(refused.json()["errors"]) == [named]


def test_an_export_is_made_in_the_background_and_fetched_by_its_owner_only(
    api, company, django_capture_on_commit_callbacks
):
    client = api(company.sales1)
    finished(client.post("/api/v1/imports/", {"file": xlsx(*SHEET), "resource": "customers"}))
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(
            "/api/v1/exports/", {"resource": "customers", "format": "csv", "reason": "test"}, format="json"
        )
    assert answer.status_code == 202, answer.json()
    body = client.get(f"/api/v1/exports/{answer.json()['id']}/").json()
    assert body["state"] == "done"
    text = b"".join(client.get(body["download"]).streaming_content).decode("utf-8-sig")
    assert "嘉兴明锐光学有限公司" in text
    other = api(company.manager1)
    assert other.get(f"/api/v1/exports/{body['id']}/").status_code == 404
    assert other.get(body["download"]).status_code == 404
    assert client.post(body["download"], headers={"Idempotency-Key": "k"}).status_code == 200


def test_a_queued_export_looks_at_the_rights_of_the_moment_it_runs(api, company):
    from crm.events.actor import Actor
    from crm.listing.exporting import jobs

    job = jobs.request_export(company.sales1, "customers", actor=Actor.of(company.sales1))
    person = company.sales1
    person.is_active = False
    person.save(update_fields=["is_active"])
    jobs.run_export(job.pk)
    job.refresh_from_db()
    assert job.state == ExportJob.State.FAILED and not job.file


def test_an_export_over_the_cap_of_the_role_is_refused_and_recorded(api, company):
    from crm.events.models import Event

    client = api(company.sales1)
    sheet = [["客户名称"], *([f"公司{n}有限公司"] for n in range(3))]
    finished(client.post("/api/v1/imports/", {"file": xlsx(*sheet), "resource": "customers"}))
    role = company.sales1.role
    role.export_cap = 2
    role.save(update_fields=["export_cap"])
    answer = client.post("/api/v1/exports/", {"resource": "customers"}, format="json")
    assert answer.status_code == 409 and answer.json()["code"] == "over_cap"
    assert Event._base_manager.filter(name="list.export_refused").count() == 1


def test_two_workers_with_one_export_make_one_file(company, monkeypatch):
    from crm.events.actor import Actor
    from crm.events.models import Event
    from crm.listing.exporting import jobs

    monkeypatch.setattr(jobs, "_wake", lambda pk: None)
    job = jobs.request_export(company.sales1, "customers", file_format="csv", actor=Actor.of(company.sales1))
    real = jobs._make

    def meanwhile(held):
        jobs.run_export(job.pk)  # the second worker comes while the first is at it
        real(held)

    monkeypatch.setattr(jobs, "_make", meanwhile)
    jobs.run_export(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (ExportJob.State.DONE, 1)
    assert Event.objects.filter(name="list.exported").count() == 1
