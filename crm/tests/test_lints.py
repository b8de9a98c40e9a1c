"""The lints are tests, so that one summary tells whether all is well."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]

LINTS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "imports go down the tower": ["lint-imports", "--no-cache"],
    "types": ["mypy", "--no-error-summary"],
    "templates": ["djlint", "--lint", "--quiet", "templates"],
}


@pytest.mark.parametrize("name", LINTS)
def test_lint(name: str) -> None:
    program, *arguments = LINTS[name]
    done = subprocess.run(
        [str(Path(sys.executable).parent / program), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.django_db
def test_every_change_of_a_model_has_its_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
