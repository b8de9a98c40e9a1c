"""An export over the cap: asked for, approved by the superior, made once, fetched once."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from accounts.tests.factories import make_customer
from crm.approvals import services
from crm.approvals.models import ApprovalRequest
from crm.events.delivery import deliver_pending
from crm.events.models import Event
from crm.identity.services import update_team
from crm.identity.tests.factories import SYSTEM, actor, make_company
from crm.listing.rest.testing import Caller
from crm.records.models import ExportJob

pytestmark = pytest.mark.django_db


@pytest.fixture
def company():
    made = make_company()
    update_team(made.east, leader=made.manager1, actor=SYSTEM)
    role = made.sales1.role
    role.export_cap = 2
    role.save(update_fields=["export_cap"])
    for _number in range(4):
        make_customer(made.sales1)
    return made


@pytest.fixture
def asked(client, company):
    client.force_login(company.sales1)
    page = client.get("/customers/?export=csv")
    assert page.status_code == 403 and 'name="approval"' in page.content.decode()
    data = {"resource": "customer", "format": "csv", "approval": "1"}
    client.post("/exports/", {**data, "reason": " "})
    assert not ExportJob._base_manager.exists()
    client.post("/exports/", {**data, "reason": "Trade fair"})
    return ExportJob._base_manager.get()


def approve(company, job):
    request = ApprovalRequest.objects.get(subject_id=job.pk, kind="export")
    services.approve(request, user=company.manager1, actor=actor(company.manager1))
    job.refresh_from_db()
    return request


def test_the_superior_reads_what_is_asked_for(client, company, asked):
    assert asked.state == "asked" and not asked.file
    client.force_login(company.manager1)
    request = ApprovalRequest.objects.get()
    page = client.get(request.get_absolute_url()).content.decode()
    assert "Trade fair" in page and "Export over the limit" in page
    assert client.get(f"/exports/{asked.pk}/").status_code == 404  # the file is not theirs


def test_everybody_reads_it_in_their_own_language(client, company):
    """Asked for in English, read in Chinese: what list it is, what it is narrowed to, the flow, its steps, the news."""
    client.force_login(company.sales1)
    data = {"resource": "customer", "format": "csv", "approval": "1", "reason": "Trade fair"}
    client.post("/exports/", {**data, "query": "lifecycle_stage=lead"})
    request = ApprovalRequest.objects.get()
    own = client.get(request.get_absolute_url()).content.decode()
    reader = company.manager1
    reader.language = "zh-hans"
    reader.save(update_fields=["language"])
    deliver_pending()
    with override("zh-hans"):
        assert [note.title for note in reader.notifications.all()] == ["Sales1 请你审批：导出客户"]
    client.force_login(reader)
    page = client.get(request.get_absolute_url()).content.decode()
    inbox = client.get("/approvals/").content.decode()
    told = Caller(reader)("GET", f"/api/v1/approvals/{request.pk}/").json()
    pairs = [
        ("Export: Customers", "导出客户"),
        ("4 rows · Life cycle", "4 行 · 生命周期"),
        ("Exports over the limit", "超限导出"),
        ("Superior", "直属主管"),
        ("Submitted for approval: Export: Customers", "提交审批：导出客户"),
    ]
    for english, chinese in pairs:
        assert english in own and chinese not in own
        assert chinese in page and english not in page
    assert "导出客户" in inbox and "Export:" not in inbox
    assert (
        told["title"] == "导出客户" and "生命周期" in told["facts"]["filters"] and "said" not in told["facts"]
    )


def test_approved_it_is_fetched_once(client, company, asked, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        approve(company, asked)
    asked.refresh_from_db()
    assert asked.state == "done", asked.error
    event = Event._base_manager.get(name="list.exported")
    assert event.payload["rows"] == 4 and event.payload["reason"] == "Trade fair"
    client.force_login(company.sales1)
    url = f"/exports/{asked.pk}/download/"
    assert client.get(url).status_code == 302  # looking does not use it up
    first = client.post(url)
    assert first.status_code == 200 and event.payload["number"] in first["Content-Disposition"]
    assert len(first.getvalue().splitlines()) == 1 + 4
    again = client.post(url)
    assert again.status_code == 302
    assert Caller(company.sales1)("POST", f"/api/v1/exports/{asked.pk}/download/").status_code == 409


def test_whoever_went_on_with_other_work_is_told_that_the_file_is_there(
    company, asked, django_capture_on_commit_callbacks
):
    a_while_ago = asked.created_at - timedelta(minutes=5)
    ExportJob._base_manager.filter(pk=asked.pk).update(created_at=a_while_ago)
    with django_capture_on_commit_callbacks(execute=True):
        approve(company, asked)
    deliver_pending()
    told = company.sales1.notifications.get(kind="job_done")
    assert told.title == "Finished: Export: Customers" and told.url == f"/exports/{asked.pk}/"


def test_rejected_nothing_is_made(company, asked):
    request = ApprovalRequest.objects.get()
    services.reject(request, user=company.manager1, actor=actor(company.manager1), comment="no")
    asked.refresh_from_db()
    assert asked.state == "stopped" and asked.error and not asked.file


def test_withdrawn_by_stopping_it(client, company, asked):
    client.post(f"/exports/{asked.pk}/stop/")
    asked.refresh_from_db()
    assert asked.state == "stopped" and ApprovalRequest.objects.get().state == "withdrawn"


def test_a_list_that_grew_is_approved_anew(company, asked, django_capture_on_commit_callbacks):
    for _number in range(4):
        make_customer(company.sales1)
    with django_capture_on_commit_callbacks(execute=True):
        approve(company, asked)
    asked.refresh_from_db()
    assert asked.state == "failed" and "grown" in asked.error
    deliver_pending()
    told = company.sales1.notifications.get(kind="job_done")
    assert told.title == "Failed: Export: Customers" and told.url == f"/exports/{asked.pk}/"
    with override("zh-hans"):
        assert told.title == "失败：导出客户"


def test_through_the_api(company):
    call = Caller(company.sales1)
    body = {"resource": "customers", "format": "csv", "reason": "Trade fair"}
    assert call("POST", "/api/v1/exports/", body).status_code == 409
    answer = call("POST", "/api/v1/exports/", {**body, "approval": True})
    assert answer.status_code == 202 and answer.json()["state"] == "asked"
