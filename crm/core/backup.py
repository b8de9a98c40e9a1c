"""A backup is one file: the database as of one moment, the stored files, this installation's key, and what they add up to.

The checksums are taken in the very snapshot that is dumped, so that a restore can prove that nothing is missing.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.db import connection, transaction
from django.utils import timezone

DUMP, FILES, KEY, MANIFEST = "database.dump", "files", "secret.key", "manifest.json"


class BackupFailed(Exception):
    """Why a backup could not be made or restored, in words for the person at the terminal."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds: rows and checksum of each table, the digest of each file."""

    made_at: str
    tables: dict[str, list[str]]
    files: dict[str, str]

    @property
    def rows(self) -> int:
        return sum(int(rows) for rows, _sum in self.tables.values())


def back_up(target: Path) -> Manifest:
    """Write everything into one new file; people may go on working meanwhile."""
    if target.exists():
        raise BackupFailed(f"{target} is already there.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
        dump, half = Path(folder) / DUMP, Path(folder) / "half.tar"
        half.touch(mode=0o600)
        tables = _dump(dump)
        files: dict[str, str] = {}
        with tarfile.open(half, "w") as archive:
            archive.add(dump, DUMP)
            for file in sorted(_stored_files()):
                name = file.relative_to(settings.MEDIA_ROOT).as_posix()
                files[name] = _digest(file)
                archive.add(file, f"{FILES}/{name}")
            if (key := settings.DATA_DIR / KEY).exists():
                archive.add(key, KEY)
            manifest = Manifest(timezone.now().isoformat(), tables, files)
            _add_text(archive, MANIFEST, json.dumps(asdict(manifest), indent=1))
        half.rename(target)
    return manifest


def restore(source: Path, *, replace: bool = False) -> Manifest:
    """Put a backup back into an empty database, or with `replace` into one whose contents are given up.

    Raises BackupFailed before anything is written where the file is damaged, the database is in use or not empty,
    and afterwards where the restored tables are not those that were saved.
    """
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR, prefix=".restore-") as name:
        folder = Path(name)
        manifest = _unpack(source, folder)
        _make_room(replace)
        _run("pg_restore", "--exit-on-error", "--no-owner", "--single-transaction", "-d", "", folder / DUMP)
        with connection.cursor() as cursor:
            found = checksums(cursor)
        if different := sorted(
            {t for t in found | manifest.tables if found.get(t) != manifest.tables.get(t)}
        ):
            raise BackupFailed(f"These tables came back different: {', '.join(different)}")
        for file in manifest.files:
            kept = Path(settings.MEDIA_ROOT) / file
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(folder / FILES / file, kept)
        if (folder / KEY).exists() and (replace or not (settings.DATA_DIR / KEY).exists()):
            shutil.move(folder / KEY, settings.DATA_DIR / KEY)
    return manifest


def checksums(cursor: Any) -> dict[str, list[str]]:
    """Rows and checksum of every table: equal contents have equal sums, whatever the order of the rows."""
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    found = {}
    for (table,) in cursor.fetchall():
        name = connection.ops.quote_name(table)
        cursor.execute(
            "SELECT count(*)::text, coalesce(sum(hashtextextended(one::text, 0)::numeric), 0)::text "  # noqa: S608
            f"FROM {name} AS one"
        )
        found[table] = list(cursor.fetchone())
    return found


def _dump(target: Path) -> dict[str, list[str]]:
    """Dump the database and count it, both in one snapshot."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        _run("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={target}")
        return checksums(cursor)


def _make_room(replace: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        )
        if cursor.fetchone()[0]:
            raise BackupFailed("The database is in use. Stop the web part, the workers and beat first.")
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        if cursor.fetchone()[0]:
            if not replace:
                raise BackupFailed("The database is not empty. To give up what it holds, say --replace.")
            cursor.execute(
                "DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC"
            )
    connection.close()


def _unpack(source: Path, folder: Path) -> Manifest:
    """Take a backup apart and make sure that it is whole."""
    try:
        with tarfile.open(source) as archive:
            for member in archive:
                _take_out(archive, member, folder)
        manifest = Manifest(**json.loads((folder / MANIFEST).read_text()))
    except (OSError, tarfile.TarError, ValueError, TypeError) as error:
        raise BackupFailed(f"{source} is not a whole backup: {error}") from error
    damaged = [name for name, digest in manifest.files.items() if _digest(folder / FILES / name) != digest]
    if damaged or not (folder / DUMP).exists():
        raise BackupFailed(f"The backup is damaged: {', '.join(damaged[:5]) or DUMP}")
    return manifest


def _take_out(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """One file of the archive, nowhere but inside the folder."""
    target = (folder / member.name).resolve()
    content = archive.extractfile(member) if member.isfile() else None
    if content is None or not target.is_relative_to(folder.resolve()):
        raise ValueError(member.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as kept:
        shutil.copyfileobj(content, kept)
    if target.name == KEY:
        target.chmod(0o600)


def _stored_files() -> list[Path]:
    if not isinstance(storages["default"], FileSystemStorage):
        return []  # an object store has backups of its own
    root = Path(settings.MEDIA_ROOT)
    return [file for file in root.rglob("*") if file.is_file() and not file.is_symlink()]


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError:
        return ""


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode()
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    archive.addfile(member, io.BytesIO(content))


def _run(program: str, *words: str | Path) -> None:
    """Run one of PostgreSQL's programs on our database; the password goes through the environment."""
    here = connection.settings_dict
    env = {
        **os.environ,
        "PGHOST": here["HOST"],
        "PGPORT": str(here["PORT"] or 5432),
        "PGUSER": here["USER"],
        "PGPASSWORD": here["PASSWORD"],
        "PGDATABASE": here["NAME"],
    }
    given = [here["NAME"] if word == "" else str(word) for word in words]
    try:
        done = subprocess.run([program, *given], env=env, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise BackupFailed(f"{program} is not there. Install PostgreSQL's client programs.") from error
    if done.returncode != 0:
        raise BackupFailed(f"{program}: {done.stderr.strip()[-1000:]}")
