"""bin/upgrade: in which order it works, and when it refuses."""

import subprocess
from pathlib import Path

import pytest
from _yuanke import processes, upgrade
from _yuanke.steps import StepFailed

TOOL = """#!/bin/sh
echo "$(basename "$0") $1 of $(cat version)" >> "$CRM_DATA_DIR/said"
"""


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
    done = subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "run").mkdir(parents=True)
    return folder


@pytest.fixture
def clone(tmp_path: Path, monkeypatch) -> Path:
    """A clone of version one, while its origin already has version two."""
    origin = tmp_path / "origin"
    (origin / "bin").mkdir(parents=True)
    git(origin, "init", "--quiet", "--initial-branch=main")
    for name in ("manage", "prepare"):
        (origin / "bin" / name).write_text(TOOL)
        (origin / "bin" / name).chmod(0o755)
    here = tmp_path / "clone"
    for version in ("one", "two"):
        (origin / "version").write_text(version)
        git(origin, "add", ".")
        git(origin, "commit", "--quiet", "-m", version)
        if not here.exists():
            git(tmp_path, "clone", "--quiet", str(origin), str(here))
    monkeypatch.setattr(upgrade, "ROOT", here)
    return here


def test_the_old_version_is_saved_before_the_new_one_comes(clone, data, capsys):
    assert upgrade.main(["--data", str(data)]) == 0
    said = (data / "said").read_text().splitlines()
    assert said == ["manage backup of one", f"prepare {data} of two", "manage migrate of two"]
    assert "restore --replace" in capsys.readouterr().err, "the way back is told"

    (data / "said").unlink()
    upgrade.main(["--data", str(data)])
    assert not (data / "said").exists(), "nothing to do, nothing done"


def test_a_failed_backup_leaves_everything_as_it_was(clone, data):
    (data / "said").mkdir()  # so that the tools fail
    with pytest.raises(StepFailed):
        upgrade.main(["--data", str(data)])
    assert (clone / "version").read_text() == "one"


def test_refused_over_changes_by_hand_and_under_a_running_system(clone, data):
    with processes.locked(data / "run" / "serve.lock", wait=False) as held:
        assert held
        with pytest.raises(StepFailed, match="running"):
            upgrade.main(["--data", str(data)])
    (clone / "version").write_text("mine")
    with pytest.raises(StepFailed, match="by hand"):
        upgrade.main(["--data", str(data)])
