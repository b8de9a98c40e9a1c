"""A real Chromium against a real server; tests skip with the reason where there is none."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import connection
from django.http import HttpRequest, HttpResponseBase
from playwright.sync_api import Browser, BrowserContext, Page, TimeoutError, sync_playwright
from pytest_django.live_server_helper import LiveServer

from crm.identity.tests.factories import PASSWORD

# Playwright runs an event loop of its own in this thread; Django would take that for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]


ANSWERS: dict[str, HttpResponseBase] = {}
"""Answers that Django has given already, each for the next browser that asks for its address."""


class QuickServer(StaticFilesHandler):
    """Lets the browser keep styles and scripts, as an installation does: a page names some fifty. What a test has
    rendered already is not rendered again."""

    def serve(self, request: HttpRequest) -> HttpResponseBase:
        answer = super().serve(request)
        answer["Cache-Control"] = "max-age=3600"
        return answer

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        asked = environ["PATH_INFO"] + ("?" + environ["QUERY_STRING"] if environ.get("QUERY_STRING") else "")
        if environ["REQUEST_METHOD"] == "GET" and (answer := ANSWERS.pop(asked, None)) is not None:
            cookies = [("Set-Cookie", one.OutputString()) for one in answer.cookies.values()]
            start_response(f"{answer.status_code} {answer.reason_phrase}", [*answer.items(), *cookies])
            return [answer.content]
        return super().__call__(environ, start_response)


@pytest.fixture(scope="session")
def live_server() -> Iterator[LiveServer]:
    """The server of pytest-django, quicker; `answers` are those it need not render."""
    server = LiveServer("localhost", start=False)
    server.thread.static_handler, server.answers = QuickServer, ANSWERS
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("CRM_CHROMIUM", shutil.which("chromium") or shutil.which("chromium-browser"))
    if not path:
        pytest.skip("no Chromium on this machine (apt-get install chromium libatomic1)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
        connection.close()


def close_quietly(context: BrowserContext) -> None:
    """Close a browser once its pages have all they asked for: a request still under way on the server would stand in
    the way of emptying the tables after the test."""
    for page in context.pages:
        with suppress(TimeoutError):
            page.wait_for_load_state("networkidle", timeout=5_000)
    context.close()


@pytest.fixture
def sign_in(chromium: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """`sign_in("sales1")` is a page of that person's browser, after Today has opened."""
    contexts = []

    def open_as(username: str, locale: str = "zh-CN", width: int = 1440) -> Page:
        context = chromium.new_context(locale=locale, viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.goto(f"{live_server.url}/auth/login/")
        page.fill("input[name=login]", username)
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit].btn-primary")
        page.wait_for_url(f"{live_server.url}/**")
        return page

    yield open_as
    for context in contexts:
        close_quietly(context)
