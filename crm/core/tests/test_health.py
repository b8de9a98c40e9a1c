"""/healthz names the part that is down; /metrics is for this machine or a token."""

import pytest
import redis
from django.db import OperationalError, connection
from django.test import Client

from crm.core import health


class Answers:
    """A broker that knows these signs of life."""

    def __init__(self, *signs: str | None) -> None:
        self.signs = list(signs)

    def mget(self, keys: list[str]) -> list[str | None]:
        return self.signs


@pytest.fixture
def broker(monkeypatch):
    def use(answers: object) -> None:
        monkeypatch.setattr(health, "broker", lambda: answers)

    use(Answers("1", "1"))
    return use


@pytest.mark.django_db
def test_everything_answers(client: Client, broker) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {"database": "ok", "broker": "ok", "worker": "ok", "beat": "ok"},
    }


@pytest.mark.django_db
def test_a_silent_worker_is_named(client: Client, broker) -> None:
    broker(Answers(None, "1"))
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {
        "database": "ok",
        "broker": "ok",
        "worker": "no sign of life",
        "beat": "ok",
    }


@pytest.mark.django_db
def test_an_absent_broker_is_named(client: Client, broker) -> None:
    class Away:
        def mget(self, keys: list[str]) -> None:
            raise redis.ConnectionError

    broker(Away())
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["broker"] == "unreachable"


def test_an_absent_database_is_named(client: Client, broker, monkeypatch) -> None:
    def refuse() -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "unreachable"


@pytest.mark.django_db
def test_the_health_page_answers_under_any_host_name(client: Client, broker) -> None:
    assert client.get("/healthz", headers={"host": "10.1.2.3:8000"}).status_code == 200


@pytest.mark.django_db
def test_metrics_for_this_machine(client: Client, broker) -> None:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert b'crm_up{part="database"} 1.0' in answer.content


@pytest.mark.parametrize(
    "headers",
    [{"x-forwarded-for": "203.0.113.9"}, {"x-forwarded-for": "127.0.0.1"}, {"authorization": "Bearer "}],
)
def test_metrics_are_not_for_strangers(client: Client, broker, headers) -> None:
    remote = "203.0.113.9" if "authorization" in headers else "127.0.0.1"
    assert client.get("/metrics", headers=headers, REMOTE_ADDR=remote).status_code == 403


@pytest.mark.django_db
def test_metrics_for_the_holder_of_the_token(client: Client, broker, settings) -> None:
    settings.METRICS_TOKEN = "a-long-token"
    headers = {"authorization": "Bearer a-long-token"}
    assert client.get("/metrics", headers=headers, REMOTE_ADDR="203.0.113.9").status_code == 200
