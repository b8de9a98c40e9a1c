"""Files of records: who sees, adds, removes and brings them back; what is refused leaves nothing behind."""

import io
import re
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase
from django.utils import timezone
from PIL import Image

from accounts import services
from accounts.models import ActivityFile, CustomerFile
from accounts.queries.timeline import timeline
from accounts.tests.factories import SYSTEM, by, make_contact, make_customer
from crm.core.writes import RuleBroken
from crm.events.models import Event
from crm.identity.access import visible
from crm.identity.models import User
from crm.records import services as records
from crm.records.models import StoredFile
from crm.records.tasks import delete_unattached_files, make_previews

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
JSON = {"Accept": "application/json"}


def png(size=(40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (30, 90, 200)).save(out, "PNG")
    return out.getvalue()


def upload(name: str = "报价单.png", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, png() if content is None else content)


def attach(record, user, name: str = "报价单.png", content: bytes | None = None):
    stored = records.store_upload(upload(name, content), user=user, actor=by(user))
    return records.attach_files(record, [stored], actor=by(user))[0]


def content_of(response) -> bytes:
    return b"".join(response.streaming_content)  # read to its end, a file is closed


def everything() -> tuple:
    """All there is of files: rows, links, events, bytes."""
    folder = Path(settings.MEDIA_ROOT)
    names = sorted(str(path) for path in folder.rglob("*") if path.is_file()) if folder.exists() else []
    tables = (StoredFile, CustomerFile, ActivityFile)
    rows = [sorted(map(repr, model._base_manager.values_list())) for model in tables]
    events = Event._base_manager.exclude(subject_type="identity.user").count()  # signing in is one, too
    return rows, events, names


@pytest.fixture
def customer(company):
    User._base_manager.update(language="en")
    return make_customer(company.sales1, "杭州云栖精密机械有限公司")


@pytest.fixture
def as_(client, company):
    def signed_in(username: str):
        client.force_login(getattr(company, username))
        return client

    return signed_in


def url(record, row=None, act: str = "") -> str:
    kind = {"customer": "customers", "contact": "contacts", "activity": "activities"}[record._meta.model_name]
    base = f"/{kind}/{record.pk}/files/"
    return base if row is None else f"{base}{row.pk}/{act}"


class TestAdding:
    def test_several_files_at_once_each_by_itself(self, as_, customer):
        files = [upload("a.png"), upload("b.exe", b"MZ"), upload("../../etc/c.txt", b"text")]
        answer = as_("sales1").post(url(customer), {"files": files}, headers=JSON)
        assert answer.status_code == 422
        results = answer.json()["results"]
        assert [(one["name"], bool(one["error"])) for one in results] == [
            ("a.png", False),
            ("b.exe", True),
            ("c.txt", False),
        ]
        assert "PDF" in results[1]["error"], "an error says what helps"
        assert sorted(row.file.name for row in customer.files.all()) == ["a.png", "c.txt"]

    def test_without_javascript_the_form_sends_them_and_says_what_is_wrong(self, as_, customer):
        client = as_("sales1")
        done = client.post(url(customer), {"files": [upload("a.png")]})
        assert done.status_code == 302 and done.url == url(customer)
        wrong = client.post(url(customer), {"files": [upload("a.svg", b"<svg onload=alert(1)>")]})
        assert wrong.status_code == 422 and "can carry programs" in wrong.content.decode()
        assert client.post(url(customer), {}).status_code == 422
        assert customer.files.count() == 1

    def test_who_comments_adds_who_only_reads_does_not(self, as_, customer):
        assert as_("exec").post(url(customer), {"files": [upload()]}).status_code == 302
        before = everything()
        for reader in ("marketing1", "service1", "servicemanager1"):
            client = as_(reader)
            assert client.get(url(customer)).status_code == 200
            assert "data-upload-to" not in client.get(url(customer)).content.decode()
            assert client.post(url(customer), {"files": [upload()]}).status_code == 403
        assert as_("sales3").post(url(customer), {"files": [upload()]}).status_code == 404
        assert everything() == before

    def test_the_timeline_tells_of_every_act(self, as_, company, customer):
        client = as_("sales1")
        client.post(url(customer), {"files": [upload("合同.png")]})
        row = customer.files.get()
        client.post(url(customer, row, "delete/"))
        client.post(url(customer, row, "restore/"))
        client.post(url(customer, row, "delete/"))
        client.post(url(customer, row, "purge/"))
        told = [item.event.title for item in timeline(company.sales1, customer).items if item.event][:5]
        assert told == [
            "Deleted the file 合同.png for good",
            "Removed the file 合同.png",
            "Restored the file 合同.png",
            "Removed the file 合同.png",
            "Added the file 合同.png",
        ]

    def test_a_contacts_file_is_told_and_shown_at_the_customer(self, as_, company, customer):
        person = make_contact(customer, "沈立群")
        attach(person, company.sales1, "名片.png")
        assert "Added the file 名片.png" in [
            i.event.title for i in timeline(company.sales1, customer).items if i.event
        ]
        page = as_("sales1").get(url(customer)).content.decode()
        assert "名片.png" in page and "沈立群" in page
        assert "名片.png" in client_panel(as_("sales1"), customer)
        assert "名片.png" in as_("sales1").get(url(person)).content.decode()

    def test_a_file_belongs_to_one_record(self, company, customer):
        row, other = attach(customer, company.sales1), make_customer(company.sales1)
        with pytest.raises(RuleBroken):
            records.attach_files(other, [row.file], actor=by(company.sales1))
        assert not other.files.exists()


def client_panel(client, customer) -> str:
    return client.get(f"/customers/{customer.pk}/panels/right/files/", headers=HTMX).content.decode()


class TestSeeing:
    def test_22_a_hidden_file_answers_like_one_that_never_was(self, as_, company, customer):
        row, mine = attach(customer, company.sales1), make_customer(company.sales3)
        make_previews()
        before = everything()
        client = as_("sales3")
        for act in ("", "small/", "large/", "download/"):
            hidden, absent = (
                client.get(url(customer, row, act)),
                client.get(f"/customers/987654/files/9/{act}"),
            )
            assert (hidden.status_code, hidden.content) == (absent.status_code, absent.content)
            assert hidden.status_code == 404
        for act in ("delete/", "restore/", "purge/"):
            assert client.post(url(customer, row, act)).status_code == 404
        assert client.get(url(mine, row, "download/")).status_code == 404, "below a record of one's own"
        client.logout()
        assert client.get(url(customer, row, "download/")).status_code == 302
        assert everything() == before

    def test_22_neither_name_nor_place_is_ever_an_address(self, as_, company, customer):
        row = attach(customer, company.sales1)
        client = as_("admin")
        for guess in (
            f"/files/{row.file.content.name}",
            f"/media/{row.file.content.name}",
            f"/files/{row.file_id}/",
        ):
            assert client.get(guess).status_code in (404, 405)
        *_folders, stored = row.file.content.name.split("/")
        assert row.file.name not in row.file.content.name
        assert re.fullmatch("[0-9a-f]{32}", stored), "drawn by lot, so nobody counts upwards"

    def test_sight_of_the_record_is_sight_of_its_files(self, company, customer):
        attach(customer, company.sales1)
        for name in ("sales1", "manager1", "director", "exec", "admin", "marketing1", "service1"):
            assert visible(CustomerFile, getattr(company, name)).exists(), name
        for name in ("sales2", "sales3", "manager2", "finance1"):
            assert not visible(CustomerFile, getattr(company, name)).exists(), name

    def test_the_files_of_a_deleted_customer_are_hidden_and_come_back_with_it(self, as_, company, customer):
        row = attach(customer, company.sales1)
        services.delete_customer(customer, actor=SYSTEM)
        for name in ("sales1", "admin"):
            assert as_(name).get(url(customer, row, "download/")).status_code == 404
        customer.refresh_from_db()
        services.restore_customer(customer, actor=SYSTEM)
        assert content_of(as_("sales1").get(url(customer, row, "download/"))) == png()

    def test_a_transfer_takes_the_files_along(self, as_, company, customer):
        row = attach(customer, company.sales1)
        services.transfer_customers([customer], owner=company.sales3, keep_reader=False, actor=SYSTEM)
        assert as_("sales1").get(url(customer, row, "download/")).status_code == 404, "though one uploaded it"
        assert content_of(as_("sales3").get(url(customer, row, "download/"))) == png()

    def test_merging_moves_the_files(self, company, customer):
        other = make_customer(company.sales1, "杭州云栖精密机械厂")
        row = attach(other, company.sales1)
        merge = services.merge_customers(customer, other, actor=by(company.manager1))
        assert customer.files.get() == row
        services.undo_merge(merge, actor=by(company.manager1))
        assert not customer.files.exists() and other.files.get() == row

    def test_panel_and_list_show_what_there_is(self, as_, company, customer):
        for number in range(6):
            attach(customer, company.sales1, f"图{number}.png")
        make_previews()
        client = as_("sales1")
        panel = client_panel(client, customer)
        assert "图5.png" in panel and "图1.png" not in panel and ">6<" in panel and "/small/" in panel
        assert "图1.png" in client.get(url(customer), headers=HTMX).content.decode()
        found = client.get(url(customer) + "?q=图3").content.decode()
        assert "图3.png" in found and "图4.png" not in found
        assert as_("marketing1").get(url(customer) + "?part=panel").status_code == 200

    def test_the_record_page_itself_does_not_read_files(
        self, as_, company, customer, django_assert_max_num_queries
    ):
        attach(customer, company.sales1)
        client = as_("sales1")
        client.get(customer.get_absolute_url())
        with django_assert_max_num_queries(25):
            client.get(customer.get_absolute_url())

    def test_an_unknown_kind_of_record_is_not_there(self, as_, customer):
        assert as_("admin").get(f"/users/{customer.pk}/files/").status_code == 404


class TestShowing:
    def test_pictures_and_pdfs_open_everything_else_is_saved(self, as_, company, customer):
        client = as_("sales1")
        kinds = {
            "a.png": (png(), "inline", "image/png"),
            "a.pdf": (b"%PDF-1.7\n<script>alert(1)</script>", "inline", "application/pdf"),
            "a.txt": (b"<script>alert(1)</script>", "attachment", "application/octet-stream"),
            "a.eml": (b"Subject: x\n\n<script>", "attachment", "application/octet-stream"),
            "a.zip": (b"PK\x03\x04<html><script>", "attachment", "application/octet-stream"),
        }
        for name, (content, shown, content_type) in kinds.items():
            row = attach(customer, company.sales1, name, content)
            for query, wanted in (("?inline=1", shown), ("", "attachment")):
                answer = client.get(url(customer, row, "download/") + query)
                assert content_of(answer) == content
                assert answer["Content-Disposition"].startswith(wanted), name
                assert answer["Content-Type"] == content_type
                assert answer["X-Content-Type-Options"] == "nosniff"
                assert answer["Content-Security-Policy"].startswith("default-src 'none'")
                assert "no-store" in answer["Cache-Control"]

    def test_38_what_can_carry_programs_is_refused_and_never_rendered(self, as_, company, customer):
        client, before = as_("sales1"), everything()
        for name, content in (
            ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
            ("a.html", b"<script>alert(1)</script>"),
            ("a.png.html", png()),
            ("a.pHp", b"<?php"),
            ("a.png", b"<svg onload=alert(1)>"),
            ("a.pdf", b"<html>%PDF-1.7"),
            ("a.docx", archive("a.txt")),
            ("a.xlsx", archive("word/document.xml")),
            ("a.docx", b"PK\x03\x04 and nothing more"),
        ):
            answer = client.post(url(customer), {"files": [upload(name, content)]}, headers=JSON)
            assert answer.status_code == 422, name
        assert everything() == before
        for content_type in ("image/svg+xml", "text/html", "application/xhtml+xml"):  # came in some other way
            stored = records.store_made(
                b"<script>", "a.svg", content_type, purpose="attachment", user=company.sales1, actor=SYSTEM
            )
            (row,) = records.attach_files(customer, [stored], actor=SYSTEM)
            answer = client.get(url(customer, row, "download/") + "?inline=1")
            assert answer["Content-Disposition"].startswith("attachment")
            assert answer["Content-Type"] == "application/octet-stream"
            content_of(answer)

    def test_51_a_file_that_is_two_things_is_shown_as_what_it_begins_with(self, as_, company, customer):
        both = b"GIF89a" + b"/*" + b"\x00" * 40 + b"*/=1;</script><script>alert(1)</script>"
        row = attach(customer, company.sales1, "both.gif", both)
        answer = as_("sales1").get(url(customer, row, "download/") + "?inline=1")
        assert answer["Content-Type"] == "image/gif" and "sandbox" in answer["Content-Security-Policy"]
        assert answer["X-Content-Type-Options"] == "nosniff"
        content_of(answer)

    @pytest.mark.parametrize(
        "name", ["../../../etc/passwd.txt", "..\\..\\boot.txt", "/abs.txt", "a\x00b.txt", "x" * 400 + ".txt"]
    )
    def test_51_no_name_leads_out_of_the_storage(self, company, customer, name):
        row = attach(customer, company.sales1, content=b"text", name="x.txt")
        stored = records.store_upload(named(name), user=company.sales1, actor=by(company.sales1))
        assert "/" not in stored.name and "\\" not in stored.name and "\x00" not in stored.name
        assert Path(stored.content.path).is_relative_to(Path(settings.MEDIA_ROOT) / "attachment")
        assert row.file.content.name != stored.content.name

    @pytest.mark.parametrize(
        "name",
        ['"><img src=x onerror=alert(1)>.txt', "<script>alert(1)</script>.txt", "a\r\nSet-Cookie: b=c.txt"],
    )
    def test_35_a_file_name_stays_text(self, as_, company, customer, name):
        row = attach(customer, company.sales1, name, b"text")
        client = as_("sales1")
        pages = [
            client.get(url(customer)),
            client.get(url(customer, row)),
            client.get(customer.get_absolute_url()),
        ]
        for page in [*pages, client.get(url(customer, row), headers=HTMX)]:
            body = page.content.decode()
            assert "<script>alert" not in body and "<img src=x" not in body
        answer = client.get(url(customer, row, "download/"))
        assert "\n" not in answer["Content-Disposition"] and "Set-Cookie" not in answer.headers
        content_of(answer)

    def test_small_pictures_come_when_they_are_ready(self, as_, company, customer):
        row, client = attach(customer, company.sales1), as_("sales1")
        assert client.get(url(customer, row, "small/")).status_code == 404
        assert "load delay" in client_panel(client, customer), "the panel looks again"
        make_previews()
        small = client.get(url(customer, row, "small/"))
        assert small["Content-Type"] == "image/webp" and content_of(small)[8:12] == b"WEBP"
        content_of(client.get(url(customer, row, "large/")))
        assert "load delay" not in client_panel(client, customer)


def archive(entry: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as written:
        written.writestr(entry, "x")
    return out.getvalue()


def named(name: str) -> SimpleUploadedFile:
    """An upload whose name no library has tidied yet."""
    made = SimpleUploadedFile("x.txt", b"text")
    made._name = name
    return made


def test_an_office_document_is_known_by_what_is_inside(company, customer):
    for name, entry in (
        ("a.docx", "word/document.xml"),
        ("a.xlsx", "xl/workbook.xml"),
        ("发票.ofd", "OFD.xml"),
    ):
        assert attach(customer, company.sales1, name, archive(entry)).file.name == name


class TestRemoving:
    def test_the_uploader_and_who_may_change_the_record_remove(self, as_, company, customer):
        row = attach(customer, company.exec, "exec.png")
        own = attach(customer, company.sales1, "own.png")
        before = everything()
        assert as_("marketing1").post(url(customer, own, "delete/")).status_code == 403
        assert as_("exec").post(url(customer, own, "delete/")).status_code == 403, "comments, edits nothing"
        assert everything() == before
        assert as_("exec").post(url(customer, row, "delete/")).status_code == 302
        assert as_("manager1").post(url(customer, own, "delete/")).status_code == 302
        assert not customer.files.exists()

    def test_the_toast_offers_to_bring_it_back(self, as_, company, customer):
        row, client = attach(customer, company.sales1), as_("sales1")
        answer = client.post(url(customer, row, "delete/"), {"close": "1"}, headers=HTMX)
        undo = url(customer, row, "restore/")
        assert undo in answer["HX-Trigger"] and "filesChanged" in answer["HX-Trigger"]
        assert client.get(url(customer, row, "download/")).status_code == 404
        assert row.file.name in client.get(url(customer)).content.decode(), "in the bin"
        assert as_("exec").post(undo).status_code == 404
        assert as_("sales1").post(undo, headers=HTMX).status_code == 204
        assert customer.files.get() == row

    def test_a_followups_file_is_removed_by_its_writer_not_by_the_manager(self, as_, company, customer):
        activity = services.log_follow_up(
            kind="note", customer=customer, body="看了", author=company.sales1, actor=by(company.sales1)
        ).activity
        row = attach(activity, company.sales1)
        assert as_("manager1").get(url(activity, row)).status_code == 200
        assert as_("manager1").post(url(activity, row, "delete/")).status_code == 403
        assert as_("sales1").post(url(activity, row, "delete/")).status_code == 302
        assert not activity.files.exists()

    def test_only_what_lies_in_the_bin_goes_for_good(self, as_, company, customer):
        row, client = attach(customer, company.sales1), as_("sales1")
        assert client.post(url(customer, row, "purge/")).status_code == 404
        client.post(url(customer, row, "delete/"))
        with TestCase.captureOnCommitCallbacks(execute=True):
            assert client.post(url(customer, row, "purge/")).status_code == 302
        assert not StoredFile._base_manager.exists() and not default_storage.exists(row.file.content.name)

    def test_after_30_days_the_bin_is_emptied_with_bytes_and_pictures(self, company, customer):
        row, kept = attach(customer, company.sales1), attach(customer, company.sales1, "kept.png")
        make_previews()
        row.file.refresh_from_db()
        records.remove_file(row, actor=by(company.sales1))
        places = [row.file.content.name, row.file.thumbnail.name, row.file.picture.name]
        with time_machine.travel(timezone.now() + timedelta(days=29), tick=False):
            delete_unattached_files()
        assert all(map(default_storage.exists, places))
        with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
            with TestCase.captureOnCommitCallbacks(execute=True):
                assert records.purge_removed(actor=SYSTEM) == 1
            assert delete_unattached_files() == 0, "a second run finds nothing"
        assert not any(map(default_storage.exists, places))
        assert customer.files.get() == kept and default_storage.exists(kept.file.content.name)
