"""Uploads: kept for a draft, limited in size and room, and gone without a trace where something fails."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.files.storage import default_storage
from django.test import TestCase
from django.utils import timezone

from accounts.models import Activity
from accounts.tests.factories import by, make_customer
from accounts.tests.test_record_files import HTMX, JSON, as_, attach, customer, everything, upload, url
from crm.records import services as records
from crm.records.models import StoredFile
from crm.records.tasks import delete_unattached_files

__all__ = ["as_", "customer"]  # fixtures
pytestmark = pytest.mark.django_db


class TestDrafts:
    def test_what_is_uploaded_while_writing_goes_along(self, as_, company, customer):
        client = as_("sales1")
        sent = client.post("/files/", {"files": [upload("现场.png")]}).json()["results"]
        data = {"kind": "note", "body": "见照片", "place": "record", "uploads": [sent[0]["id"]]}
        answer = client.post(f"/customers/{customer.pk}/follow-up/", data, headers=HTMX)
        assert answer.status_code == 200, answer.content.decode()
        row = Activity._base_manager.get().files.get()
        assert (row.file.name, row.file_id) == ("现场.png", sent[0]["id"])
        page = client.get(customer.get_absolute_url()).content.decode()
        assert url(row.activity, row) in page
        assert client.post(f"/files/{row.file_id}/discard/").status_code == 404, "it is no draft any more"

    @pytest.mark.parametrize(
        "whose", ["a colleague's draft", "a colleague's file", "one's own file", "nobody's"]
    )
    def test_68_the_id_of_another_upload_attaches_nothing(self, as_, company, customer, whose):
        theirs = make_customer(company.sales3)
        stored = records.store_upload(upload(), user=company.sales3, actor=by(company.sales3))
        ids = {
            "a colleague's draft": stored.pk,
            "a colleague's file": attach(theirs, company.sales3).file_id,
            "one's own file": attach(customer, company.sales1).file_id,
            "nobody's": 987_654_321,
        }
        before, client = everything(), as_("sales1")
        data = {"kind": "note", "body": "x", "place": "record", "uploads": [ids[whose]]}
        answer = client.post(f"/customers/{customer.pk}/follow-up/", data, headers=HTMX)
        assert answer.status_code == 422 and "no longer there" in answer.content.decode()
        assert client.post(f"/files/{ids[whose]}/discard/").status_code == 404
        assert everything() == before and not Activity._base_manager.exists()

    def test_a_draft_given_up_leaves_nothing(self, as_, company):
        client = as_("sales1")
        (sent,) = client.post("/files/", {"files": [upload()]}).json()["results"]
        assert as_("sales2").post(f"/files/{sent['id']}/discard/").status_code == 404
        with TestCase.captureOnCommitCallbacks(execute=True):
            assert as_("sales1").post(f"/files/{sent['id']}/discard/").status_code == 204
        assert everything()[0][0] == [] and everything()[2] == []

    def test_a_draft_keeps_its_files_for_a_week(self, company):
        stored = records.store_upload(upload(), user=company.sales1, actor=by(company.sales1))
        with time_machine.travel(timezone.now() + timedelta(days=6), tick=False):
            delete_unattached_files()
        assert StoredFile._base_manager.filter(pk=stored.pk).exists()
        with time_machine.travel(timezone.now() + timedelta(days=8), tick=False):
            delete_unattached_files()
        assert not StoredFile._base_manager.exists()

    def test_who_writes_nothing_keeps_no_files(self, as_, company):
        company.marketing1.groups.clear()
        before = everything()
        assert as_("marketing1").post("/files/", {"files": [upload()]}).status_code == 403
        assert everything() == before

    def test_a_wrong_file_sent_with_the_form_is_named_and_nothing_is_saved(self, as_, customer):
        before = everything()
        data = {
            "kind": "note",
            "body": "x",
            "place": "record",
            "files": [upload("好.png"), upload("坏.exe", b"MZ")],
        }
        answer = as_("sales1").post(f"/customers/{customer.pk}/follow-up/", data, headers=HTMX)
        assert answer.status_code == 422 and "坏.exe: " in answer.content.decode()
        assert everything() == before and not Activity._base_manager.exists()


class TestRoom:
    def test_52_a_file_over_the_limit_is_refused(self, as_, customer, settings):
        settings.FILE_MAX_MB, before = 1, everything()
        big = upload("a.txt", b"x" * (1024 * 1024 + 1))
        answer = as_("sales1").post(url(customer), {"files": [big]}, headers=JSON)
        assert "at most 1 MB" in answer.json()["results"][0]["error"]
        assert everything() == before

    @pytest.mark.parametrize("address", ["/files/", "/customers/1/files/", "/api/v1/customers/1/files/"])
    def test_52_ten_gigabytes_are_refused_before_they_are_read(self, as_, customer, address):
        class Unread(io.BytesIO):
            def read(self, *_args):
                raise AssertionError("read")

        extra = {"CONTENT_LENGTH": str(10 * 1024**3), "wsgi.input": Unread()}
        before = everything()
        answer = as_("sales1").generic("POST", address, b"", "multipart/form-data; boundary=x", **extra)
        assert answer.status_code == 413 and everything() == before

    def test_52_a_persons_files_have_a_limit_that_the_bin_counts_towards(
        self, as_, company, customer, settings
    ):
        settings.FILES_PERSON_MB = 1
        half, client = b"x" * 700_000, as_("sales1")
        assert client.post(url(customer), {"files": [upload("a.txt", half)]}, headers=JSON).status_code == 201
        row = customer.files.get()
        client.post(url(customer, row, "delete/"))
        before = everything()
        full = client.post(url(customer), {"files": [upload("b.txt", half)]}, headers=JSON)
        assert "reached their limit" in full.json()["results"][0]["error"] and everything() == before
        assert as_("manager1").post(url(customer), {"files": [upload("b.txt", half)]}).status_code == 302
        as_("sales1").post(url(customer, row, "purge/"))
        again = client.post(url(customer), {"files": [upload("b.txt", half)]}, headers=JSON)
        assert again.status_code == 201

    def test_52_so_have_those_of_the_company(self, as_, company, customer, settings):
        settings.FILES_PERSON_MB, settings.FILES_TOTAL_MB = 0, 1
        half = b"x" * 700_000
        attach(customer, company.manager1, "a.txt", half)
        before = everything()
        full = as_("sales1").post(url(customer), {"files": [upload("b.txt", half)]}, headers=JSON)
        assert "is full" in full.json()["results"][0]["error"] and everything() == before
        page = as_("admin").get("/settings/system/").content.decode()
        assert "Of these attachments" in page and "1.0\xa0MB" in page

    def test_a_storage_that_fails_is_spoken_of_and_leaves_no_row(self, as_, customer, monkeypatch):
        def full(self, name, content):
            (Path(settings.MEDIA_ROOT) / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(settings.MEDIA_ROOT) / name).write_bytes(b"half")
            raise OSError(28, "No space left on device")

        before = everything()
        monkeypatch.setattr("django.core.files.storage.FileSystemStorage._save", full)
        answer = as_("sales1").post(url(customer), {"files": [upload()]}, headers=JSON)
        assert answer.status_code == 422 and "could not be stored" in answer.json()["results"][0]["error"]
        assert everything() == before

    def test_a_failure_after_the_bytes_were_written_takes_them_back(self, company, customer, monkeypatch):
        before = everything()
        monkeypatch.setattr("crm.records.services.files.record_event", explode)
        with pytest.raises(ZeroDivisionError):
            attach(customer, company.sales1)
        assert everything() == before

    def test_bytes_that_are_gone_answer_404(self, as_, company, customer):
        row = attach(customer, company.sales1)
        default_storage.delete(row.file.content.name)
        assert as_("sales1").get(url(customer, row, "download/")).status_code == 404


def explode(*_args, **_values):
    raise ZeroDivisionError
