"""Bulk verbs: on ticked rows and on all that match, never beyond one's rights, resumable, stoppable, undoable."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Customer
from crm.automation.models import Notification
from crm.core.hooks import hooks
from crm.core.tasks import OutOfMemory
from crm.events.delivery import deliver_pending
from crm.events.models import Event
from crm.identity.services import deactivate_user, share
from crm.identity.tests.factories import SYSTEM, make_company
from crm.listing import bulk
from crm.listing.tasks import run_bulk_job, wake_waiting_jobs
from crm.records.models import BackgroundJob
from crm.records.services import jobs
from crm.tests.probe import PROBE

pytestmark = [pytest.mark.django_db, pytest.mark.urls("crm.tests.probe")]


@pytest.fixture
def company():
    return make_company()


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setitem(hooks.list_pages, "probe", PROBE)


def make(company, owner, name, **values):
    person = getattr(company, owner)
    return Customer._base_manager.create(name=name, owner=person, team=person.team, **values)


@pytest.fixture
def rows(company):
    return [make(company, "sales1", f"客户{number}") for number in range(8)]


@pytest.fixture
def foreign(company):
    return make(company, "sales3", "别人的客户")


@pytest.fixture
def as_user(client, company):
    def sign_in(name):
        client.force_login(getattr(company, name))
        return client

    return sign_in


def ids(rows):
    return [row.pk for row in rows]


def test_a_verb_asks_first_then_does(as_user, company, rows):
    client = as_user("sales1")
    asked = client.post("/probe/bulk/transfer/", {"ids": ids(rows[:3])})
    assert asked.status_code == 200 and 'name="owner"' in asked.content.decode()
    done = client.post(
        "/probe/bulk/transfer/", {"ids": ids(rows[:3]), "confirmed": "1", "owner": company.sales2.pk}
    )
    assert done.status_code == 302
    assert Customer.objects.filter(owner=company.sales2).count() == 3


def test_a_wrong_form_writes_nothing(as_user, rows):
    refused = as_user("sales1").post(
        "/probe/bulk/transfer/", {"ids": ids(rows), "confirmed": "1", "owner": 0}
    )
    assert refused.status_code == 422
    assert not BackgroundJob.objects.exists()


def test_forged_ids_of_others_are_not_there(as_user, company, rows, foreign):
    as_user("sales1").post(
        "/probe/bulk/transfer/",
        {"ids": [rows[0].pk, foreign.pk], "confirmed": "1", "owner": company.sales2.pk},
    )
    foreign.refresh_from_db()
    assert foreign.owner == company.sales3 and foreign.version == 1
    assert BackgroundJob.objects.get().total == 1
    nothing = as_user("sales1").post("/probe/bulk/delete/", {"ids": [foreign.pk], "confirmed": "1"})
    assert nothing.status_code == 302 and BackgroundJob.objects.count() == 1


def test_a_forged_filter_reaches_no_further_than_the_scope(as_user, company, rows, foreign):
    client = as_user("sales1")
    client.post("/probe/bulk/delete/", {"all": "1", "query": "owner=none&sort=name", "confirmed": "1"})
    assert Customer.objects.count() == 9
    bad = client.post("/probe/bulk/delete/", {"all": "1", "query": "team__id=1", "confirmed": "1"})
    assert bad.status_code == 400 and Customer.objects.count() == 9
    client.post("/probe/bulk/delete/", {"all": "1", "query": "", "confirmed": "1"})
    assert list(Customer.objects.all()) == [foreign]


def test_rows_one_sees_but_may_not_touch_are_reported(as_user, company, rows):
    as_user("exec").post("/probe/bulk/mark/", {"ids": ids(rows[:2]), "confirmed": "1", "note": "x"})
    assert not BackgroundJob.objects.exists()  # the executive's role lacks the verb
    shared = make(company, "sales2", "同组的客户")
    share(shared, user=company.sales1, level="read", actor=SYSTEM)
    as_user("sales1").post(
        "/probe/bulk/mark/", {"ids": [rows[0].pk, shared.pk], "confirmed": "1", "note": "x"}
    )
    job = BackgroundJob.objects.get()
    assert (job.done, job.failed, job.failures[0]["id"]) == (1, 1, shared.pk)
    shared.refresh_from_db()
    assert shared.name == "同组的客户"


def test_a_verb_the_role_lacks_is_refused(as_user, rows):
    assert as_user("marketing1").post("/probe/bulk/delete/", {"ids": ids(rows)}).status_code == 403
    assert as_user("sales1").post("/probe/bulk/nonsense/", {"ids": ids(rows)}).status_code == 404


def test_each_failure_has_its_reason_and_the_rest_is_done(as_user, company, rows):
    bad = make(company, "sales1", "bad one")
    answer = as_user("sales1").post(
        "/probe/bulk/mark/",
        {"ids": [bad.pk, rows[0].pk], "confirmed": "1", "note": "好"},
        headers={"HX-Request": "true"},
    )
    assert "A bad one." in answer.content.decode()
    rows[0].refresh_from_db()
    assert rows[0].name == "客户0 好"


def test_many_rows_run_in_the_background(as_user, company, rows, django_capture_on_commit_callbacks):
    answer = as_user("sales1").post(
        "/probe/bulk/mark/", {"all": "1", "query": "", "confirmed": "1", "note": "好"}
    )
    job = BackgroundJob.objects.get()
    assert answer["Location"] == job.get_absolute_url()
    assert (job.state, job.done, job.total) == ("done", 8, 8)  # tests run tasks at once
    assert Customer.objects.filter(name__endswith=" 好").count() == 8


def test_a_job_is_private(as_user, company, rows):
    as_user("sales1").post("/probe/bulk/mark/", {"ids": ids(rows[:1]), "confirmed": "1", "note": "好"})
    job = BackgroundJob.objects.get()
    assert as_user("sales1").get(job.get_absolute_url()).status_code == 200
    for other in ("manager1", "admin"):
        assert as_user(other).get(job.get_absolute_url()).status_code == 404
        assert as_user(other).post(f"{job.get_absolute_url()}stop/").status_code == 404
        assert as_user(other).post(f"{job.get_absolute_url()}undo/").status_code == 404


def queued(company, rows, note="好", person="sales1"):
    params = {"listing": "probe", "verb": "mark", "data": {"note": [note]}, "query": ""}
    return jobs.create_job(getattr(company, person), kind="bulk", title="t", params=params, total=len(rows))


def test_a_job_runs_once_however_often_it_is_woken(company, rows):
    job = queued(company, rows)
    run_bulk_job(job.pk)
    run_bulk_job(job.pk)
    assert set(Customer.objects.values_list("name", flat=True)) == {f"客户{n} 好" for n in range(8)}


def test_a_killed_runners_successor_goes_on_where_it_stopped(company, rows, monkeypatch):
    monkeypatch.setattr(bulk, "BATCH", 3)
    job = queued(company, rows)
    calls = []

    def dies(*args, **kwargs):
        if len(calls) == 2:
            raise MemoryError
        calls.append(1)
        return original(*args, **kwargs)

    original = bulk.apply
    monkeypatch.setattr(bulk, "apply", dies)
    with pytest.raises(OutOfMemory):
        run_bulk_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done) == ("running", 6)
    assert jobs.claim(job.pk) is None  # its runner may still live
    BackgroundJob.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    monkeypatch.setattr(bulk, "apply", original)
    assert wake_waiting_jobs() == 1
    job.refresh_from_db()
    assert (job.state, job.done) == ("done", 8)
    assert set(Customer.objects.values_list("name", flat=True)) == {f"客户{n} 好" for n in range(8)}


def test_a_runner_that_was_overtaken_does_nothing_more(company, rows):
    job = queued(company, rows)
    first = jobs.claim(job.pk)
    BackgroundJob.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    assert jobs.claim(job.pk) is not None
    assert jobs.hold(first) is None


def test_a_job_that_kills_its_runners_is_given_up(company, rows):
    job = queued(company, rows)
    BackgroundJob.objects.update(state="running", attempts=5, seen_at=timezone.now() - timedelta(minutes=2))
    run_bulk_job(job.pk)
    job.refresh_from_db()
    assert job.state == "failed"


def test_stop_keeps_what_is_done(company, rows, monkeypatch, as_user):
    monkeypatch.setattr(bulk, "BATCH", 3)
    job = queued(company, rows)
    original = bulk.apply

    def stops(*args, **kwargs):
        jobs.stop(BackgroundJob.objects.get(pk=job.pk))
        return original(*args, **kwargs)

    monkeypatch.setattr(bulk, "apply", stops)
    run_bulk_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done) == ("stopped", 3)


def test_rights_that_ended_meanwhile_end_the_job(company, rows):
    job = queued(company, rows)
    deactivate_user(company.sales1, actor=SYSTEM)
    run_bulk_job(job.pk)
    job.refresh_from_db()
    assert job.state == "failed" and job.result["error"]
    assert not Customer.objects.filter(name__endswith=" 好").exists()


def test_undo_of_a_transfer_and_of_a_deletion(as_user, company, rows):
    client = as_user("sales1")
    done = client.post(
        "/probe/bulk/transfer/",
        {"ids": ids(rows[:3]), "confirmed": "1", "owner": company.sales2.pk},
        headers={"HX-Request": "true"},
    )
    job = BackgroundJob.objects.get()
    assert f"/jobs/{job.pk}/undo/" in done["HX-Trigger"]
    Customer.objects.filter(pk=rows[0].pk).update(updated_at=timezone.now() + timedelta(minutes=1))
    client.post(f"/jobs/{job.pk}/undo/")
    assert Customer.objects.filter(owner=company.sales2).count() == 1  # changed since: stays
    assert Customer.objects.filter(owner=company.sales1).count() == 7
    client.post(f"/jobs/{job.pk}/undo/")
    assert Customer.objects.filter(owner=company.sales1).count() == 7
    client.post("/probe/bulk/delete/", {"ids": ids(rows[4:6])})
    assert Customer.objects.count() == 6
    client.post(f"/jobs/{BackgroundJob.objects.first().pk}/undo/")
    assert Customer.objects.count() == 8


def test_nothing_ticked(as_user, rows):
    assert as_user("sales1").post("/probe/bulk/delete/", {}).status_code == 302
    assert (
        as_user("sales1").post("/probe/bulk/delete/", {}, headers={"HX-Request": "true"}).status_code == 204
    )
    assert as_user("sales1").get("/probe/bulk/delete/").status_code == 405


def test_the_end_of_a_job_is_an_event_its_person_hears_of(company, rows):
    job = queued(company, rows)
    BackgroundJob.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    run_bulk_job(job.pk)
    event = Event._base_manager.get(name="job.finished")
    assert event.payload["done"] == 8 and event.payload["seconds"] >= 300
    assert event.actor_id == str(job.user_id)
    deliver_pending()
    assert Notification._base_manager.filter(user=job.user, url=job.get_absolute_url()).exists()
