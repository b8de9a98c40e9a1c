from datetime import timedelta

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.test import TestCase
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from crm.core.writes import RuleBroken
from crm.identity.access import visible
from crm.identity.tests.factories import actor
from crm.records import services
from crm.records.models import StoredFile
from crm.records.rules.files import content_type_of, safe_name

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 30


def upload(name, content):
    return ContentFile(content, name=name)


@pytest.fixture
def stored(company):
    return services.store_upload(
        upload("../../截图 1.PNG", PNG), user=company.sales1, actor=actor(company.sales1)
    )


def test_an_upload_gets_a_random_place_and_keeps_its_name(stored):
    assert stored.name == "截图 1.PNG"
    assert "截图" not in stored.content.name and stored.content.name.startswith("attachment/")
    assert (stored.content_type, stored.size, stored.is_image) == ("image/png", len(PNG), True)
    with stored.content.open("rb") as content:
        assert content.read() == PNG


def test_only_the_uploader_reaches_a_file_that_belongs_to_nothing(stored, company):
    assert visible(StoredFile, company.sales1).get() == stored
    assert not visible(StoredFile, company.sales2).exists()
    assert not visible(StoredFile, company.admin).exists()


def test_pictures_may_be_shown_everything_else_is_saved(stored, company):
    shown = services.download(stored, inline=True)
    assert shown["Content-Disposition"].startswith("inline")
    assert shown["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert shown["X-Content-Type-Options"] == "nosniff"
    shown.file_to_stream.close()  # response.close() would end the request and with it the connection
    text = services.store_upload(
        upload("a.txt", b"<script>"), user=company.sales1, actor=actor(company.sales1)
    )
    saved = services.download(text, inline=True)
    assert saved["Content-Disposition"].startswith("attachment")
    assert saved["Content-Type"] == "application/octet-stream"
    saved.file_to_stream.close()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.svg", b"<svg onload=alert(1)>", "type"),
        ("a.html", b"<script>", "type"),
        ("a.png", b"<html>", "type"),
        ("a.exe", b"MZ", "type"),
        ("a.pdf", b"PK\x03\x04", "type"),
        ("a.txt", b"a\x00b", "type"),
        ("png", PNG, "type"),
        ("a.txt", b"", "empty"),
    ],
)
def test_what_is_not_accepted(company, name, content, code):
    with pytest.raises(RuleBroken) as error:
        services.store_upload(upload(name, content), user=company.sales1, actor=actor(company.sales1))
    assert error.value.code == code
    assert not StoredFile._base_manager.exists()


def test_too_large(company):
    with pytest.raises(RuleBroken) as error:
        services.store_upload(
            upload("a.txt", b"x" * 101), user=company.sales1, actor=actor(company.sales1), max_bytes=100
        )
    assert error.value.code == "large"


def test_the_bytes_go_with_the_file(stored, company, django_capture_on_commit_callbacks):
    storage, place = stored.content.storage, stored.content.name
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_file(stored, actor=actor(company.sales1))
    assert not storage.exists(place)


@given(st.text(max_size=300))
def test_any_name_is_made_safe(name):
    safe = safe_name(name)
    assert safe and len(safe) <= 200 and "/" not in safe and "\\" not in safe
    assert content_type_of(safe, b"<html>") in (
        None,
        "text/plain",
        "text/csv",
        "message/rfc822",
        "text/vcard",
    )


def test_uploads_that_nothing_holds_go_after_a_day(stored, company):
    storage, name = stored.content.storage, stored.content.name
    failed = [
        storage.save(f"{folder}/00/" + "0" * 32, ContentFile(b"of a transaction that failed"))
        for folder in ("attachment", "import", "preview")
    ]
    assert services.delete_unattached(actor=actor(company.admin)) == 0
    assert all(storage.exists(one) for one in (name, *failed))
    later = time_machine.travel(timezone.now() + timedelta(days=8), tick=False)
    with later, TestCase.captureOnCommitCallbacks(execute=True):
        assert services.delete_unattached(actor=actor(company.admin)) >= 4
    assert not StoredFile._base_manager.exists()
    assert not any(storage.exists(one) for one in (name, *failed))
