"""Backup and restore as an administrator does them: dump, restore elsewhere, compare what came back."""

import json
import os
import shutil
import tarfile
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from crm.core.backup import MANIFEST, checksums

pytestmark = pytest.mark.django_db(transaction=True)

OTHER = f"restored_backup_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"  # two workers have one each


@pytest.fixture
def data(settings, tmp_path: Path) -> Path:
    """A data folder with a key and one stored file."""
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    stored = tmp_path / "files" / "attachment" / "ab" / "合同.pdf"
    stored.parent.mkdir(parents=True)
    stored.write_bytes(b"%PDF-1.7 contract")
    (tmp_path / "secret.key").write_text("key")
    return tmp_path


@pytest.fixture
def saved(data: Path) -> Path:
    """A backup of a database that holds something."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE kept AS SELECT n AS id, '客户' || n AS name FROM generate_series(1, 500) AS n"
        )
    try:
        call_command("backup", data / "one.tar", stdout=StringIO())
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE kept")
    return data / "one.tar"


@pytest.fixture
def elsewhere(data: Path):
    """Another, empty database; the connection of the test leads there meanwhile."""
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {OTHER}")
        cursor.execute(f"CREATE DATABASE {OTHER} TEMPLATE template0")
    connection.close()
    connection.settings_dict["NAME"] = OTHER
    yield connection
    connection.close()
    connection.settings_dict["NAME"] = name
    with connection.cursor() as cursor:
        cursor.execute(
            f"DROP DATABASE IF EXISTS {OTHER}"
        )  # it waits for an autovacuum; FORCE would be refused


def test_what_was_saved_comes_back_row_for_row(saved, data, elsewhere, settings, capsys):
    with tarfile.open(saved) as archive:
        manifest = json.loads(archive.extractfile(MANIFEST).read())
    assert saved.stat().st_mode & 0o077 == 0, "a backup holds personal data and the key"
    assert manifest["tables"]["kept"][0] == "500"
    for lost in ("files", "secret.key"):
        gone = data / lost
        shutil.rmtree(gone) if gone.is_dir() else gone.unlink()

    call_command("restore", saved)

    assert "checksums equal" in capsys.readouterr().out
    with elsewhere.cursor() as cursor:
        assert checksums(cursor) == manifest["tables"]
        cursor.execute(
            "SELECT has_table_privilege(%s, 'events_event', 'UPDATE')", [settings.APP_DATABASE_ROLE]
        )
        assert cursor.fetchone() == (False,), "the audit log stays insert-only"
    assert (data / "files/attachment/ab/合同.pdf").read_bytes() == b"%PDF-1.7 contract"
    assert (data / "secret.key").read_text() == "key"
    assert (data / "secret.key").stat().st_mode & 0o077 == 0


def test_a_database_that_holds_something_is_given_up_only_when_told_so(saved, elsewhere):
    with elsewhere.cursor() as cursor:
        cursor.execute("CREATE TABLE precious (id int)")
    with pytest.raises(CommandError, match="not empty"):
        call_command("restore", saved)
    with elsewhere.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM precious")

    call_command("restore", saved, "--replace")
    with elsewhere.cursor() as cursor:
        assert "precious" not in checksums(cursor)


@pytest.mark.parametrize("harm", ["cut", "altered", "strange"])
def test_a_damaged_backup_is_refused_before_anything_is_written(saved, data, elsewhere, harm):
    if harm == "cut":
        saved.write_bytes(saved.read_bytes()[: saved.stat().st_size // 2])
    elif harm == "altered":
        saved.write_bytes(saved.read_bytes().replace(b"%PDF-1.7 contract", b"%PDF-1.7 c0ntract"))
    else:
        saved.write_text("no archive at all")
    with pytest.raises(CommandError, match="backup"):
        call_command("restore", saved)
    with elsewhere.cursor() as cursor:
        assert checksums(cursor) == {}


def test_no_file_lands_outside_the_folder(data, elsewhere):
    with tarfile.open(data / "evil.tar", "w") as archive:
        archive.add(data / "secret.key", "../../escaped.key")
    with pytest.raises(CommandError, match="not a whole backup"):
        call_command("restore", data / "evil.tar")
    assert not (data.parent / "escaped.key").exists()


def test_an_earlier_backup_is_never_overwritten(saved):
    with pytest.raises(CommandError, match="already there"):
        call_command("backup", saved)
