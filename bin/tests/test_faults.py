"""A short version of every fault of `bin/faults`, on a copy of the test database and a broker of its own."""

import contextlib
import os
import uuid
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from _yuanke import faults as launcher
from _yuanke.places import Data
from _yuanke.steps import StepFailed
from django.conf import settings
from django.db import connection

from crm.demo.faults.outcome import Outcome
from crm.demo.faults.registry import FAULTS
from crm.demo.faults.stage import NotAStage, Stage

pytestmark = pytest.mark.django_db(transaction=True)


def address(variable: str, database: str) -> str:
    """The address of another database on the server of the tests, in the same role."""
    return urlunsplit(urlsplit(os.environ[variable])._replace(path=f"/{database}"))


@pytest.fixture
def copy():
    """A copy of the test database, by its addresses for the app and for its owner; dropped afterwards."""
    name = f"{launcher.PREFIX}{uuid.uuid4().hex[:12]}"
    template = connection.settings_dict["NAME"]
    connection.close()
    with contextlib.closing(psycopg2.connect(address("DATABASE_OWNER_URL", "postgres"))) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            # What threads of earlier tests left open holds the database; none of them is at work any more.
            ours = "datname = %s AND usename IS NOT NULL"
            cursor.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}", [template])
            cursor.execute(f'CREATE DATABASE {name} TEMPLATE "{template}"')
            yield address("DATABASE_URL", name), address("DATABASE_OWNER_URL", name)
            # FORCE would ask for more rights where the server is vacuuming; that ends by itself when the rest is gone.
            cursor.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}", [name])
            cursor.execute(f"DROP DATABASE {name}")


@pytest.mark.parametrize("key", FAULTS)
def test_survives(key: str, copy, tmp_path: Path) -> None:
    data = launcher.stage_folder(tmp_path / "stage")
    try:
        env = launcher.stage_environment(data, *copy)
        account = launcher.play(key, data, env, FAULTS[key].short, timed=False)
    except StepFailed as failed:
        pytest.fail(failed.detail)
    assert account["kept"], launcher.table([account])


def test_a_broken_promise_stands_in_the_table() -> None:
    account = Outcome("sent twice", counts={"times": 2}, doubled=1, broken=["2 rows"]).as_json()
    shown = launcher.table([{"fault": "F12", **account}])
    assert "BROKEN" in shown
    assert "! 2 rows" in shown
    assert "0 / 1 / 0" in shown


def test_the_command_knows_every_fault() -> None:
    assert tuple(FAULTS) == launcher.FAULTS


def test_an_installation_is_refused(tmp_path: Path, monkeypatch) -> None:
    Data(tmp_path).make()
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    with pytest.raises(NotAStage, match="bin/faults"):
        Stage()
    (tmp_path / launcher.MARK).touch()
    with pytest.raises(NotAStage, match="bin/faults"):
        Stage()  # its database is not one of the faults'


def test_no_task_escapes_the_fault_that_runs_all_of_them_again() -> None:
    from crm.demo.faults.run_twice import registry, uncovered

    assert len(registry()) >= 18
    assert uncovered() == [], "say in run_twice.py what these are called with"
