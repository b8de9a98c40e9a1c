"""Signing in and the list while a large import runs, beside the same before it: real web, worker and beat processes."""

import re
import tempfile
import time
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from itertools import cycle
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.files import File

from crm.demo.bench.company import viewers
from crm.demo.bench.figures import Figure
from crm.demo.bench.imports import ROWS, write_sheet
from crm.identity.models import User
from crm.listing.importing import jobs
from crm.records.models import ImportJob

BEFORE, LISTS = 40, 4  # visits measured before the import; lists each looks at
PAUSE = 0.1  # between two requests of a person
TIMES = 2.0
PASSWORD = "bench-2026-load"  # noqa: S105 - of a company that is thrown away
PEOPLE = 30
ENDED = (ImportJob.State.DONE, ImportJob.State.FAILED, ImportJob.State.STOPPED)
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def measure() -> list[Figure]:
    """People come, sign in and page through the list; then the same goes on until an import of many rows is done."""
    sellers = User._base_manager.filter(username__startswith="seller").order_by("pk")[:PEOPLE]
    User._base_manager.filter(pk__in=[one.pk for one in sellers]).update(password=make_password(PASSWORD))
    names = cycle([one.username for one in sellers])
    for _round in range(5):
        visit(next(names))  # every process answers its first requests slowly
    quiet = [visit(next(names)) for _round in range(BEFORE)]
    with tempfile.TemporaryDirectory() as folder:
        sheet = Path(folder) / "customers.xlsx"
        write_sheet(sheet, ROWS, "A")
        began = time.perf_counter()
        with open(sheet, "rb") as handle:
            job = jobs.start_import(
                viewers()["administrator"], File(handle, name=sheet.name), "customers", key="external_id"
            )
        busy = list(visits_during(lambda: state_of(job.pk) not in ENDED, names))
        took = time.perf_counter() - began
    if state_of(job.pk) != ImportJob.State.DONE:
        raise RuntimeError(f"The import is {state_of(job.pk)}")
    what = f"while {ROWS:,} rows come in"
    sign_in, alone = p95([s for s, _lists in busy]), p95([s for s, _lists in quiet])
    lists = [p95([one for _s, own in visits for one in own]) for visits in (busy, quiet)]
    return [
        Figure("load", f"signing in, p95, {what}", sign_in, "ms", alone, "no import", TIMES * alone),
        Figure("load", f"list, p95, {what}", lists[0], "ms", lists[1], "no import", TIMES * lists[1]),
        Figure("load", f"visits {what}", len(busy), ""),
        Figure("load", f"rows a second {what} and people work", ROWS / took, ""),
    ]


def visits_during(still: Callable[[], bool], names: Iterator[str]) -> Iterator[tuple[float, list[float]]]:
    """One visit after the other as long as something goes on."""
    while still():
        yield visit(next(names))


def visit(name: str) -> tuple[float, list[float]]:
    """Somebody signs in with a new browser and pages through the list; the milliseconds of each answer."""
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    form = browser.open(_address("/auth/login/")).read().decode()
    token = TOKEN.search(form)
    if token is None:
        raise RuntimeError("The sign-in page has no form.")
    data = urlencode({"login": name, "password": PASSWORD, "csrfmiddlewaretoken": token[1]}).encode()
    request = Request(_address("/auth/login/"), data, {"Referer": _address("/")})  # noqa: S310 - our own server
    answers = [_timed(lambda: browser.open(request).url)]
    if "/auth/" in answers[0][1]:
        raise RuntimeError(f"{name} could not sign in: {answers[0][1]}")
    for _round in range(LISTS):
        time.sleep(PAUSE)
        answers.append(_timed(lambda: browser.open(_address("/customers/")).read().decode()[:0]))
    time.sleep(PAUSE)
    return answers[0][0], [took for took, _answer in answers[1:]]


def p95(times: list[float]) -> float:
    """The time that nineteen of twenty stay under."""
    return sorted(times)[max(0, -(-len(times) * 19 // 20) - 1)]


def state_of(pk: int) -> str:
    """How far the import is."""
    return ImportJob._base_manager.values_list("state", flat=True).get(pk=pk)


def _timed(ask: Callable[[], str]) -> tuple[float, str]:
    began = time.perf_counter()
    answer = ask()
    return (time.perf_counter() - began) * 1000, answer


def _address(path: str) -> str:
    return f"{settings.BASE_URL}{path}"
