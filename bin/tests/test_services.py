"""The embedded services: started by whoever comes first, stopped by whoever goes last, safe against kill -9."""

import os
import signal
import time
from pathlib import Path

import pytest
from _yuanke import processes
from _yuanke.broker import Broker
from _yuanke.places import Data
from _yuanke.postgres import APP, OWNER, Postgres
from _yuanke.services import Services
from _yuanke.steps import Progress


@pytest.fixture
def quiet(monkeypatch):
    """Without the addresses under which this very test run reaches its own services."""
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    with open(os.devnull, "w") as nowhere:
        yield Progress(out=nowhere)


@pytest.fixture
def data(tmp_path: Path) -> Data:
    return Data(tmp_path / "daten 数据").make()


@pytest.fixture
def postgres(data: Data):
    server = Postgres(data)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def broker(data: Data):
    server = Broker(data)
    server.start()
    yield server
    server.stop()


def test_the_database_is_as_the_house_wants_it(postgres: Postgres) -> None:
    assert postgres.sql("SHOW server_encoding") == "UTF8"
    assert postgres.sql("SELECT cardinality(show_trgm('张伟')) > 0") == "t", "trigrams of Chinese"
    assert postgres.sql(f"SELECT pg_has_role('{OWNER}', '{APP}', 'MEMBER')") == "t"
    assert postgres.sql(f"SELECT rolsuper FROM pg_roles WHERE rolname = '{APP}'") == "f"
    assert postgres.sql("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'crm'") == OWNER
    assert postgres.sql("SHOW listen_addresses") == "127.0.0.1"
    assert postgres.sql("SHOW fsync") == postgres.sql("SHOW synchronous_commit") == "on"


def test_the_database_survives_kill_9(postgres: Postgres) -> None:
    postgres.sql("CREATE TABLE kept AS SELECT 7 AS number")
    port = postgres.port
    pid = postgres.pid()
    assert pid
    os.kill(pid, signal.SIGKILL)
    while processes.alive(pid):
        time.sleep(0.02)
    assert postgres.pid() is None
    assert postgres.start()
    assert postgres.port == port
    assert postgres.sql("SELECT number FROM kept") == "7"


def test_a_stranger_who_got_the_servers_pid_is_not_mistaken_for_it(postgres: Postgres) -> None:
    postgres.stop()
    lock = postgres.cluster / "postmaster.pid"
    lock.write_text(f"{os.getppid()}\n{postgres.cluster}\n")
    assert postgres.pid() is None
    assert postgres.start()


def test_the_broker_survives_kill_9(broker: Broker) -> None:
    assert broker.ask("SET", "kept", "7") == "+OK"
    while not any(b"kept" in log.read_bytes() for log in broker.folder.rglob("*.aof")):
        time.sleep(0.02)
    pid = broker.pid()
    assert pid
    os.kill(pid, signal.SIGKILL)
    while broker.pid():
        time.sleep(0.02)
    assert broker.start()
    assert broker.ask("STRLEN", "kept") == ":1"


def test_the_broker_wants_its_password(broker: Broker) -> None:
    broker.password.file.write_text("{}")
    assert broker.ask("PING") != "+PONG"
    processes.end(broker.pid() or 0, patience=5)


def test_the_last_one_to_go_stops_the_services(data: Data, quiet: Progress) -> None:
    first, second = Services(data), Services(data)
    with first.running(quiet):
        with second.running(quiet):
            pid = first.postgres.pid()
            assert pid == second.postgres.pid()
        assert first.postgres.pid() == pid
    assert first.postgres.pid() is None
    assert first.broker.pid() is None


def test_what_died_is_revived(data: Data, quiet: Progress) -> None:
    services = Services(data)
    with services.running(quiet):
        assert services.revive() == []
        os.kill(services.broker.pid(), signal.SIGKILL)
        while services.broker.pid():
            time.sleep(0.02)
        assert services.revive() == ["the broker"]


def test_real_services_take_the_place_of_the_embedded_ones(data: Data, monkeypatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://crm@db.example/crm")
    monkeypatch.setenv("REDIS_URL", "redis://broker.example/0")
    services = Services(data)
    assert services.postgres is None
    assert services.broker is None


def test_secrets_are_private_and_stay(data: Data) -> None:
    from _yuanke import secrets

    known = secrets.Secrets(data)
    assert known.get("one") == secrets.Secrets(data).get("one") != known.get("two")
    assert known.file.stat().st_mode & 0o077 == 0
    assert secrets.secret_key(data) == secrets.secret_key(data)
    assert (data.folder / "secret.key").stat().st_mode & 0o077 == 0
