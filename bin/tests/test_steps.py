"""The progress display and the stamps."""

import io
import sys
from pathlib import Path

import pytest
from _yuanke.stamps import Stamp, fingerprint
from _yuanke.steps import Progress, StepFailed, report, run


def test_a_failed_command_shows_its_last_words_and_the_way_out() -> None:
    with pytest.raises(StepFailed) as failed:
        run([sys.executable, "-c", "raise SystemExit('disk full')"], failing="It failed", mend="rm -r var")
    out = io.StringIO()
    report(failed.value, out)
    assert "disk full" in out.getvalue()
    assert "    rm -r var\n" in out.getvalue()


def test_a_missing_program_is_named() -> None:
    with pytest.raises(StepFailed, match="no-such-program is not there"):
        run(["no-such-program"], failing="It failed")


def test_the_display_tells_done_from_failed() -> None:
    out = io.StringIO()
    progress = Progress(out=out)
    with progress.step("One") as step:
        step.already_done()
    with pytest.raises(StepFailed), progress.step("Two"):
        raise StepFailed("no")
    assert out.getvalue() == " ✓ One  already there\n ✗ Two\n"


def test_a_stamp_holds_only_for_what_it_was_made_from(tmp_path: Path) -> None:
    source = tmp_path / "list.txt"
    source.write_text("one")
    stamp = Stamp(tmp_path / "stamps", "list")
    assert not stamp.says(fingerprint([source]))
    stamp.write(fingerprint([source]))
    assert stamp.says(fingerprint([source]))
    source.write_text("two")
    assert not stamp.says(fingerprint([source]))
    stamp.write(f"{fingerprint([source])} more")
    assert stamp.begins(fingerprint([source])) and not stamp.says(fingerprint([source]))
    stamp.forget()
    assert not stamp.begins(fingerprint([source]))
    assert not stamp.says(fingerprint([source]))
