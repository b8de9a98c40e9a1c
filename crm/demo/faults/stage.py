"""Where faults are played: the parts of the system on a database, a broker and a mail sink that nobody else uses.

The parts are started by the very code of `bin/serve`, and killed by the numbers of the processes started here.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import override_settings

from crm.demo.faults.sink import MailSink

sys.path.append(str(settings.BASE_DIR / "bin"))
from _yuanke import processes, serve
from _yuanke.broker import Broker
from _yuanke.faults import MARK, PREFIX
from _yuanke.places import Data
from _yuanke.services import Services
from _yuanke.supervisor import Part, Supervisor, stop_signals

__all__ = ["DidNotHappen", "NotAStage", "Stage", "stop_signals"]

CELERY_APP = "crm.demo.faults.celery"
PATIENCE = 300.0
"""Seconds to wait for a sign before the fault is given up."""


class NotAStage(Exception):
    """This is somebody's installation: nothing is killed or emptied here."""


class DidNotHappen(Exception):
    """A sign that was waited for did not come."""


class Stage:
    """One database, one broker, one mail sink, and the parts that run on them.

    Where it is not `timed` nobody is judged by seconds: tests share their machine with others.
    """

    def __init__(self, say: Callable[[str], object] = lambda _text: None, *, timed: bool = True) -> None:
        self.say = say
        self.timed = timed
        self.data = Data(Path(settings.DATA_DIR))
        refuse_installations(self.data)
        self.broker = Broker(self.data)
        self.sink = MailSink()
        self.parts: dict[str, Part] = {}
        self.watched: Supervisor | None = None
        self.hurried: tuple[str, ...] = ()
        self.port = processes.free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Stage:
        self.broker.start()
        self.sink.start()
        return self

    def __exit__(self, *exception: object) -> None:
        for part in self.parts.values():
            part.kill()
        self.sink.stop()
        self.broker.stop()
        connection.close()

    # -- parts -------------------------------------------------------------------------------------------------

    def environment(self, **more: str) -> dict[str, str]:
        """What the parts read: this stage's services and no others."""
        return {
            **os.environ,
            "CRM_BASE_URL": self.url,
            "CRM_LOG_LEVEL": "WARNING",
            "CRM_WORKER_PROCESSES": "2",
            "CRM_SLOW_QUERY_MS": "0",
            "CRM_WEB_PROCESSES": "2",
            "EMAIL_URL": f"smtp://127.0.0.1:{self.sink.port}",
            "FAULTS_HURRY": ",".join(self.hurried),
            **more,
        }

    def hurry(self, *entries: str) -> None:
        """What beat has to send quickly for this fault. Where seconds are judged it sends everything quickly: the
        whole timetable twice a second keeps two processors busy."""
        self.hurried = () if self.timed else entries

    def start(self, name: str, like: str = "", *, plain: bool = False, **more: str) -> Part:
        """Start web, worker or beat (or a second one `like` it); `plain` keeps the timetable of real life."""
        part = self.parts.get(name) or self._part(name, like or name, plain)
        self.parts[name] = part
        part.start(self.environment(**more))
        return part

    def _part(self, name: str, like: str, plain: bool) -> Part:
        asked = argparse.Namespace(bind="127.0.0.1", port=self.port)
        (found,) = (p for p in serve.parts_of(asked, self.data) if p.name == like)
        command = [
            word.replace(str(self.data.run / "beat"), str(self.data.run / name)) for word in found.command
        ]
        if not plain and "-A" in command:
            command[command.index("-A") + 1] = CELERY_APP
        return Part(name, command, self.data, found.cwd)

    def watch_over(self) -> None:
        """From now on parts that end by themselves are started again while signs are waited for, as bin/serve does."""
        services = Services(self.data)
        services.postgres = services.broker = None
        self.watched = Supervisor([*self.parts.values()], self.environment, services)

    def kill(self, *names: str) -> None:
        """End parts as a power cut would: SIGKILL, the main process and its children at once."""
        for name in names:
            self.parts[name].kill()

    def kill_children(self, name: str) -> int:
        """Kill only the processes that do a part's work, as the kernel does when memory runs out; returns how many."""
        process = self.parts[name].process
        assert process is not None
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for pid in map(int, children):
            os.kill(pid, signal.SIGKILL)
        return len(children)

    def restart(self, name: str) -> None:
        """Kill a part and start it again."""
        self.kill(name)
        self.parts[name].start(self.environment())

    def fell(self) -> list[str]:
        """Parts that have ended by themselves."""
        return [name for name, part in self.parts.items() if part.crashed() is not None]

    def web_answers(self) -> bool:
        """Whether the web part takes connections."""
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    @staticmethod
    def plain_pages() -> override_settings:
        """Pages asked in this very process name static files as they are called in the source."""
        plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        return override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain})

    def needs_pages(self) -> None:
        """Collect the static files: pages name them."""
        # Under the names of an installation, but not packed: that takes longer than the whole fault.
        named = {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
        with override_settings(STORAGES={**settings.STORAGES, "staticfiles": named}):
            call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["redoc"])

    # -- the broker --------------------------------------------------------------------------------------------

    def flush_broker(self) -> None:
        """Make the broker forget everything."""
        if self.broker.ask("FLUSHALL") != "+OK":
            raise DidNotHappen("the broker did not forget")

    def lose_broker(self) -> None:
        """Kill the broker and take away what it had written down."""
        if pid := self.broker.pid():
            os.kill(pid, signal.SIGKILL)
            self.until(lambda: not processes.alive(pid), "the broker ends")
        shutil.rmtree(self.broker.folder / "appendonlydir", ignore_errors=True)
        self.broker.noted.forget()

    # -- looking -----------------------------------------------------------------------------------------------

    def until(self, sign: Callable[[], Any], what: str, patience: float = PATIENCE) -> float:
        """Wait for a sign; returns the seconds it took, raises where it does not come."""
        began = time.monotonic()
        while not sign():
            if self.watched:
                self.watched.watch()
            if time.monotonic() - began > patience:
                tails = "\n".join(f"--- {n}\n{part.tail(8)}" for n, part in self.parts.items())
                raise DidNotHappen(f"Waited {patience:.0f} s in vain until {what}.\n{tails}")
            time.sleep(0.05)
        return time.monotonic() - began

    def count(self, sql: str, parameters: Iterable[Any] = ()) -> int:
        """One number, asked from the database itself."""
        return int(self.rows(sql, parameters)[0][0] or 0)

    def rows(self, sql: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows, asked from the database itself."""
        with connection.cursor() as cursor:
            cursor.execute(sql, list(parameters))
            return cursor.fetchall()

    def change(self, sql: str, parameters: Iterable[Any] = ()) -> int:
        """Let time pass in the tables; returns how many rows it passed for."""
        with connection.cursor() as cursor:
            cursor.execute(sql, list(parameters))
            return cursor.rowcount


def refuse_installations(data: Data) -> None:
    """Raise unless `bin/faults` has made this data folder and this database for faults."""
    name = str(connection.settings_dict["NAME"])
    if not (data.folder / MARK).exists() or not name.startswith(PREFIX):
        raise NotAStage(
            f"{data.folder} with the database {name} may be somebody's installation. Use bin/faults, "
            "which makes a folder and a database of its own."
        )
