"""Keeps web, worker and beat running: starts them, starts a crashed one again, ends them all together."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from . import processes
from .places import Data
from .services import Services
from .steps import Progress, StepFailed

PATIENCE = 25.0
"""Seconds a part may take to finish its requests or tasks before it is told more firmly."""
LAST_PATIENCE = 5.0
"""Seconds until it is killed after that."""


class Stopped(BaseException):
    """SIGTERM, SIGINT or SIGHUP arrived."""


class Part:
    """One child process with its own log."""

    def __init__(self, name: str, command: list[str], data: Data, cwd: Path) -> None:
        self.name = name
        self.command = command
        self.cwd = cwd
        self.log = data.logs / f"{name}.log"
        self.noted = processes.PidFile(data.run / f"{name}.pid")
        self.process: subprocess.Popen | None = None
        self.started = 0.0
        self.crashes = 0
        self.not_before = 0.0

    def start(self, env: dict[str, str]) -> None:
        """Start the part in a session of its own, so that Ctrl+C reaches only us."""
        if self.log.exists() and self.log.stat().st_size > 20_000_000:
            os.replace(self.log, self.log.with_suffix(".old.log"))
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=env,
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.noted.write(self.process.pid)
        self.started = time.monotonic()

    def crashed(self) -> int | None:
        """The exit code, if the part has ended by itself."""
        if self.process is None:
            return None
        code = self.process.poll()
        if code is not None:
            self._sweep(self.process.pid)
            self.process = None
            # A part that ran well for a minute starts with a clean slate.
            self.crashes = 1 if time.monotonic() - self.started > 60 else self.crashes + 1
            self.not_before = time.monotonic() + min(30.0, 0.5 * 2 ** (self.crashes - 1))
        return code

    def ask_to_end(self, sign: int = signal.SIGTERM) -> None:
        """Send a signal to the part's main process."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(sign)

    def wait(self, until: float) -> bool:
        """Wait for the end; True when it came in time."""
        if self.process is not None:
            try:
                self.process.wait(max(0.01, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                return False
            self._sweep(self.process.pid)
            self.process = None
        self.noted.forget()
        return True

    def kill(self) -> None:
        """End the part and everything it started, at once."""
        if self.process is not None:
            self._sweep(self.process.pid)
            self.process.wait()
            self.process = None
        self.noted.forget()

    def end_orphan(self) -> None:
        """End what a killed supervisor has left running."""
        if pid := self.noted.read():
            processes.end(pid, patience=5, group=True)
            self._sweep(pid)
        self.noted.forget()

    def tail(self, lines: int = 15) -> str:
        """The last lines of the log."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""

    @staticmethod
    def _sweep(pid: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


class Supervisor:
    """All parts of one running system."""

    def __init__(
        self, parts: list[Part], environment: Callable[[], dict[str, str]], services: Services
    ) -> None:
        self.parts = parts
        self.environment = environment
        self.services = services
        self.env = environment()

    def start(self) -> None:
        """Start every part. Signs of life of an earlier run must not count."""
        if self.services.broker is not None:
            self.services.broker.ask("DEL", "crm:alive:worker", "crm:alive:beat")
        for part in self.parts:
            part.start(self.env)

    def wait_until_healthy(self, url: str, progress: Progress, patience: float = 120.0) -> None:
        """Wait until the health page says that everything answers."""
        with progress.step("Waiting until everything answers") as step:
            until, said = time.monotonic() + patience, ""
            while True:
                healthy, missing = health(url)
                if healthy:
                    return
                if missing != said:
                    step.say(missing)
                    said = missing
                self.watch()
                broken = next((part for part in self.parts if part.crashes >= 3), None)
                if broken or time.monotonic() > until:
                    part = broken or self.parts[0]
                    raise StepFailed(
                        f"{part.name} does not start." if broken else f"Not everything answers: {missing}.",
                        detail=part.tail(),
                        command=f"less {part.log}",
                    )
                time.sleep(0.2)

    def run(self) -> None:
        """Watch over the parts until we are told to stop."""
        while True:
            time.sleep(0.5)
            self.watch()

    def watch(self) -> None:
        """Start again what has died: services first, then parts."""
        for name in self.services.revive():
            say(f"{name} had died and runs again")
        fresh = self.environment()
        if fresh != self.env:
            self.env = fresh
            for part in self.parts:
                part.kill()
        for part in self.parts:
            code = part.crashed()
            if code is not None:
                say(f"{part.name} ended with code {code} and is started again; its log: {part.log}")
            if part.process is None and time.monotonic() >= part.not_before:
                part.start(self.env)

    def stop(self) -> None:
        """End every part: gently first, and for good when one takes too long."""
        for sign, patience in ((signal.SIGTERM, PATIENCE), (signal.SIGQUIT, LAST_PATIENCE)):
            for part in self.parts:
                part.ask_to_end(sign)
            until = time.monotonic() + patience
            still = [part for part in self.parts if not part.wait(until)]
            if not still:
                return
        for part in self.parts:
            part.kill()


@contextlib.contextmanager
def stop_signals() -> Iterator[None]:
    """Turn the signals that mean "stop" into an exception, once; while stopping they change nothing."""
    signs = [signal.SIGTERM, signal.SIGINT]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # under nohup it stays ignored
        signs.append(signal.SIGHUP)

    def handle(sign: int, frame: object) -> None:
        for each in signs:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(signal.Signals(sign).name)

    before = {sign: signal.signal(sign, handle) for sign in signs}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


def health(url: str) -> tuple[bool, str]:
    """Ask the health page: whether all is well, and otherwise what is not."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200, ""
    except urllib.error.HTTPError as error:
        with contextlib.suppress(ValueError, AttributeError):
            checks = json.loads(error.read()).get("checks", {})
            missing = [name for name, state in checks.items() if state != "ok"]
            if missing:
                return False, "waiting for " + ", ".join(missing)
        return False, f"the web server answers {error.code}"
    except OSError:
        return False, "waiting for web"


def say(text: str) -> None:
    """A word on the terminal while the system runs."""
    print(f"   {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
