"""The progress display: one line for each step, and a clear last word when one fails."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path


class StepFailed(Exception):
    """A step cannot go on. Says what is missing and, where there is one, the exact command that mends it."""

    def __init__(self, reason: str, *, command: str = "", detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.command = command
        self.detail = detail


class Step:
    """One line of the display while it is being worked on."""

    def __init__(self, title: str, out) -> None:
        self.title = title
        self.out = out
        self.note = ""
        self.skipped = False
        self.live = out.isatty()
        self.started = time.monotonic()

    def say(self, note: str) -> None:
        """Tell what is happening inside the step."""
        self.note = note
        if self.live:
            self._draw("·", note)
        else:
            print(f"    {self.title}: {note}", file=self.out, flush=True)

    def already_done(self) -> None:
        """The step found nothing to do."""
        self.skipped = True

    def _draw(self, mark: str, note: str, end: str = "") -> None:
        print(
            f"\r\033[K {mark} {self.title}{'  ' + note if note else ''}", end=end, file=self.out, flush=True
        )

    def finish(self, mark: str) -> None:
        seconds = time.monotonic() - self.started
        note = "already there" if self.skipped else (f"{seconds:.1f} s" if seconds >= 0.5 else "")
        if self.live:
            self._draw(mark, note, end="\n")
        else:
            print(f" {mark} {self.title}{'  ' + note if note else ''}", file=self.out, flush=True)


class Progress:
    """Shows steps. `quiet` keeps successful steps that had nothing to do off the screen."""

    def __init__(self, *, quiet: bool = False, out=None) -> None:
        self.quiet = quiet
        self.out = out or sys.stderr

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Show one step from its start to its end."""
        step = Step(title, self.out)
        if step.live and not self.quiet:
            step._draw("·", "")
        try:
            yield step
        except BaseException:
            step.finish("✗")
            raise
        if self.quiet and (step.skipped or time.monotonic() - step.started < 2):
            if step.live:
                print("\r\033[K", end="", file=self.out, flush=True)
            return
        step.finish("✓")

    def note(self, text: str) -> None:
        """Say something between two steps."""
        print(f"   {text}", file=self.out, flush=True)


def run(
    command: Sequence[str | Path],
    *,
    failing: str,
    mend: str = "",
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | None = None,
    timeout: float | None = None,
) -> str:
    """Run a command silently and return its output; raise StepFailed with the end of that output otherwise."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            env=env,
            cwd=cwd,
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
        )
    except FileNotFoundError as error:
        raise StepFailed(f"{failing}: {words[0]} is not there.", command=mend) from error
    except subprocess.TimeoutExpired as error:
        raise StepFailed(f"{failing}: no answer within {timeout:.0f} seconds.", command=mend) from error
    if done.returncode != 0:
        tail = "\n".join(done.stdout.strip().splitlines()[-15:])
        raise StepFailed(f"{failing}.", command=mend, detail=tail)
    return done.stdout


def report(error: StepFailed, out=None) -> None:
    """Print what a failed step has to say."""
    out = out or sys.stderr
    if error.detail:
        print("\n" + "\n".join("   | " + line for line in error.detail.splitlines()), file=out)
    print(f"\n{error.reason}", file=out)
    if error.command:
        print(f"This should mend it:\n\n    {error.command}\n", file=out)
    out.flush()
