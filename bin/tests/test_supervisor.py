"""The supervisor: a crashed part runs again, nothing is left behind, orphans are found."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from _yuanke import processes
from _yuanke.places import Data
from _yuanke.steps import StepFailed
from _yuanke.supervisor import Part, Stopped, Supervisor, stop_signals

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time\nfor s in (15, 3): signal.signal(s, signal.SIG_IGN)\nprint('ready', flush=True)\ntime.sleep(60)",
]


class NoServices:
    """Services that are somebody else's."""

    postgres = broker = None

    def revive(self) -> list[str]:
        return []


@pytest.fixture
def data(tmp_path: Path) -> Data:
    return Data(tmp_path / "data").make()


@pytest.fixture
def supervise(data: Data):
    running = []

    def build(*commands: list[str]) -> Supervisor:
        parts = [Part(f"part{number}", command, data, Path("/")) for number, command in enumerate(commands)]
        supervisor = Supervisor(parts, lambda: dict(os.environ), NoServices())
        running.append(supervisor)
        supervisor.start()
        return supervisor

    yield build
    for supervisor in running:
        for part in supervisor.parts:
            part.kill()


def wait_for(condition, seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "did not happen in time"
        time.sleep(0.02)


def test_a_killed_part_is_started_again(supervise) -> None:
    supervisor = supervise(SLEEPER)
    part = supervisor.parts[0]
    first = part.process.pid
    os.kill(first, signal.SIGKILL)

    def runs_again() -> bool:
        supervisor.watch()
        return part.process is not None and part.process.pid != first

    wait_for(runs_again)
    assert processes.alive(part.process.pid)


def test_a_part_that_keeps_failing_is_started_ever_more_slowly(supervise) -> None:
    supervisor = supervise([sys.executable, "-c", "raise SystemExit(3)"])
    part = supervisor.parts[0]

    def failed_twice() -> bool:
        supervisor.watch()
        return part.crashes == 2

    wait_for(failed_twice)
    assert part.not_before - time.monotonic() > 0.5


def test_stop_ends_every_part(supervise) -> None:
    supervisor = supervise(SLEEPER, SLEEPER)
    pids = [part.process.pid for part in supervisor.parts]
    supervisor.stop()
    assert not any(processes.alive(pid) for pid in pids)
    assert not any(part.noted.file.exists() for part in supervisor.parts)


def test_stop_ends_the_deaf_and_their_children(supervise, monkeypatch) -> None:
    monkeypatch.setattr("_yuanke.supervisor.PATIENCE", 0.3)
    monkeypatch.setattr("_yuanke.supervisor.LAST_PATIENCE", 0.1)
    child = f"import subprocess, sys; subprocess.Popen({SLEEPER!r}); exec({STUBBORN[2]!r})"
    supervisor = supervise([sys.executable, "-c", child])
    part = supervisor.parts[0]
    wait_for(lambda: "ready" in part.tail())
    group = part.process.pid
    supervisor.stop()
    wait_for(lambda: not members(group))


def members(group: int) -> list[str]:
    listed = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return [state for number, state in rows if number == str(group) and not state.startswith("Z")]


def test_what_a_killed_supervisor_left_running_is_ended(data: Data) -> None:
    left = Part("web", SLEEPER, data, Path("/"))
    left.start(dict(os.environ))
    found = Part("web", SLEEPER, data, Path("/"))
    found.end_orphan()
    assert left.process.wait(5) == -signal.SIGTERM


def test_a_stranger_with_a_used_pid_is_left_alone(data: Data) -> None:
    stranger = subprocess.Popen(SLEEPER, start_new_session=True)
    try:
        part = Part("web", SLEEPER, data, Path("/"))
        part.noted.file.write_text(f"{stranger.pid} an-earlier-birth\n")
        part.end_orphan()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_signal_stops_once(data: Data) -> None:
    with pytest.raises(Stopped, match="SIGTERM"), stop_signals():
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()  # returns as soon as the signal has been handled


def test_a_part_that_never_starts_shows_its_log(supervise) -> None:
    from _yuanke.steps import Progress

    supervisor = supervise([sys.executable, "-c", "raise SystemExit('no such setting')"])
    with pytest.raises(StepFailed) as failed, open(os.devnull, "w") as nowhere:
        supervisor.wait_until_healthy("http://127.0.0.1:9/healthz", Progress(out=nowhere), patience=10)
    assert "no such setting" in failed.value.detail


def test_one_data_folder_serves_once(data: Data) -> None:
    lock = data.run / "serve.lock"
    with processes.locked(lock) as first, processes.locked(lock, wait=False) as second:
        assert first
        assert not second
