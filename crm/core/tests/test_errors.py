"""When the database is away people get a decent page, and programs a problem document."""

import psycopg2
import pytest
from django.db import OperationalError, connection
from django.test import Client

from crm.core.errors import database_is_away


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def database_away(monkeypatch) -> None:
    def refuse(*args: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", refuse)


def test_a_page_says_that_the_database_is_away(client: Client, database_away) -> None:
    client.cookies["session"] = "a" * 32
    answer = client.get("/auth/login/", headers={"accept-language": "en"})
    assert answer.status_code == 503
    assert answer["Retry-After"] == "30"
    assert "The database is not answering" in answer.content.decode()
    assert '<html lang="en">' in answer.content.decode()


def test_it_looks_as_its_reader_chose(client: Client, database_away) -> None:
    client.cookies.load({"session": "a" * 32, "django_language": "zh-hans", "theme": "dark"})
    page = client.get("/auth/login/", headers={"accept-language": "en"}).content.decode()
    assert "数据库暂时没有响应" in page
    assert "css/dark" in page and "prefers-color-scheme" not in page
    client.cookies["theme"] = "light"
    assert "css/dark" not in client.get("/auth/login/").content.decode()


@pytest.mark.django_db
def test_what_somebody_chose_is_kept_in_their_browser(client: Client, company) -> None:
    person = company.sales1
    person.language, person.theme = "zh-hans", "dark"
    person.save(update_fields=["language", "theme"])
    client.force_login(person)
    kept = client.get("/").cookies
    assert (kept["django_language"].value, kept["theme"].value) == ("zh-hans", "dark")
    assert not {"django_language", "theme"} & set(client.get("/").cookies)  # once is enough


def test_the_api_answers_with_a_problem_document(client: Client, database_away) -> None:
    client.cookies["session"] = "a" * 32
    answer = client.get("/api/v1/customers/", headers={"accept": "application/json"})
    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 503


def test_a_refused_statement_is_our_own_fault() -> None:
    class Deadlock(psycopg2.OperationalError):
        pgcode = "40P01"

    class Shutdown(psycopg2.OperationalError):
        pgcode = "57P01"

    def wrapped(cause: Exception) -> OperationalError:
        error = OperationalError()
        error.__cause__ = cause
        return error

    assert not database_is_away(wrapped(Deadlock()))
    assert database_is_away(wrapped(Shutdown()))
    assert database_is_away(wrapped(psycopg2.OperationalError()))
    assert not database_is_away(ValueError())
