"""Small questions about processes and ports that several parts ask."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    stat = Path(f"/proc/{pid}/stat")
    with contextlib.suppress(OSError):
        return stat.read_text().rpartition(")")[2].split()[0] not in "ZX"
    return not Path("/proc/self/stat").exists() or stat.exists()


def birth(pid: int) -> str:
    """When a process began, as the system tells it: pids are used again, this pair is not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    done = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True)
    return done.stdout.strip()


class PidFile:
    """A process we started, noted so that a later start finds it even after `kill -9` of its parent."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def write(self, pid: int) -> None:
        """Note a process that has just been started."""
        self.file.write_text(f"{pid} {birth(pid)}\n")

    def read(self) -> int | None:
        """The process, if it is still the one that was noted."""
        try:
            pid, _, born = self.file.read_text().strip().partition(" ")
            number = int(pid)
        except (OSError, ValueError):
            return None
        return number if alive(number) and birth(number) == born else None

    def forget(self) -> None:
        """The process has ended."""
        self.file.unlink(missing_ok=True)


def end(pid: int, *, patience: float, group: bool = False, gently: int = signal.SIGTERM) -> None:
    """Ask a process (or its whole group) to end, and insist when it takes too long."""
    send = os.killpg if group else os.kill
    for sign, wait in ((gently, patience), (signal.SIGKILL, 10.0)):
        try:
            send(pid, sign)
        except ProcessLookupError:
            return
        except PermissionError:
            return
        until = time.monotonic() + wait
        while time.monotonic() < until:
            if not alive(pid):
                return
            time.sleep(0.05)


def free_port() -> int:
    """A free port on the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether somebody could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


@contextlib.contextmanager
def locked(file: Path, *, shared: bool = False, wait: bool = True) -> Iterator[bool]:
    """Hold a file lock; yields False when it is taken and `wait` is off. The system frees it when we die."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, "a") as handle:
        mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(handle, mode if wait else mode | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)
