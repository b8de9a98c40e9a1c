"""What is refused before it is read, and what is deleted after its time."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from crm.listing.exporting.jobs import forget_old_files
from crm.listing.importing.forgetting import forget_old_imports
from crm.records.models import ExportJob, ImportJob, ImportRow

pytestmark = pytest.mark.django_db

ACROSS = 200 * 1024 * 1024


def test_an_upload_over_the_limit_is_refused_unread_as_a_page(client, settings):
    settings.IMPORT_MAX_MB = 50
    answer = client.generic(
        "POST",
        "/imports/new/",
        b"",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(ACROSS),
    )
    assert answer.status_code == 413
    assert "50 MB" in answer.content.decode()
    assert not ImportJob._base_manager.exists()


def test_an_upload_over_the_limit_is_refused_unread_as_a_problem(client, settings):
    settings.IMPORT_MAX_MB = 50
    answer = client.generic(
        "POST",
        "/api/v1/imports/",
        b"",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(ACROSS),
    )
    assert answer.status_code == 413
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "too_large" and "50 MB" in answer.json()["detail"]


@pytest.fixture
def someone(django_user_model):
    return django_user_model._base_manager.create(username="someone", name="Someone")


def job_of(user, days: int, **values) -> ImportJob:
    """An import that ended, or was last touched, so many days ago, with a file and a row."""
    then = timezone.now() - timedelta(days=days)
    values = {"state": "done", "finished_at": then} | values
    job = ImportJob(
        user=user,
        resource="customers",
        file_name="a.xlsx",
        beat_at=then,
        counts={"total": 1, "created": 1},
        columns=[{"index": 0, "header": "客户名称", "samples": ["嘉兴明锐光学有限公司"]}],
        **values,
    )
    job.file.save("upload.xlsx", ContentFile(b"data"), save=False)
    job.save()
    ImportRow._base_manager.create(job=job, number=2, cells=["嘉兴明锐光学有限公司"])
    return job


def test_files_rows_and_examples_are_deleted_after_their_days(
    someone, settings, django_capture_on_commit_callbacks
):
    settings.IMPORT_KEEP_DAYS = 30
    old, fresh = job_of(someone, 31), job_of(someone, 29)
    name = old.file.name
    with django_capture_on_commit_callbacks(execute=True):
        assert forget_old_imports() == 1
    old.refresh_from_db()
    assert not default_storage.exists(name) and not old.file and old.forgotten_at
    assert "明锐" not in str(old.columns) and old.counts == {"total": 1, "created": 1}
    assert [row.job_id for row in ImportRow._base_manager.all()] == [fresh.pk]
    assert default_storage.exists(fresh.file.name)
    assert forget_old_imports() == 0


def test_an_import_left_lying_ends_with_its_rows(someone, settings):
    settings.IMPORT_KEEP_DAYS = 30
    job = job_of(someone, 31, state="ready", finished_at=None)
    working = job_of(someone, 31, state="committing", finished_at=None)
    assert forget_old_imports() == 1
    job.refresh_from_db()
    assert (job.state, bool(job.finished_at)) == ("stopped", True)
    assert ImportRow._base_manager.filter(job=working).exists()


def test_export_files_are_deleted_after_their_hours(someone, settings):
    settings.EXPORT_KEEP_HOURS = 24
    names = []
    for hours in (25, 23):
        name = default_storage.save("exports/test.csv", ContentFile(b"a,b"))
        names.append(name)
        ExportJob._base_manager.create(
            user=someone,
            resource="customers",
            format="csv",
            state="done",
            file=name,
            finished_at=timezone.now() - timedelta(hours=hours),
        )
    assert forget_old_files() == 1
    assert [default_storage.exists(name) for name in names] == [False, True]
    assert forget_old_files() == 0
