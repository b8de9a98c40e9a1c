"""F5: no broker while people work: they sign in and read and write; what waited is done soon after it is back."""

import time
from statistics import quantiles

import requests
from django.conf import settings

from crm.demo.faults import world
from crm.demo.faults.outcome import Outcome
from crm.demo.faults.stage import Stage
from crm.demo.faults.worker_killed import NEEDED

MOST_BACKLOG = 60.0
"""Seconds until everything that waited has to be done."""
FOR_PLANS = 10
"""One round in so many plans a follow-up whose reminder falls due at once."""
HURRY = 60
"""Outages shorter than this many rounds are those of the tests: they do not wait for the timetable of real life."""

WAITING = (
    "SELECT (SELECT count(*) FROM accounts_reminder WHERE state = 'pending' AND remind_at <= now())"
    " + (SELECT count(*) FROM automation_outgoingemail WHERE state IN ('pending', 'sending') AND next_at <= now())"
    " + (SELECT count(*) FROM events_delivery WHERE state = 'pending')"
)


def play(stage: Stage, cycles: int) -> Outcome:
    """Take the broker away for about so many seconds; once a second somebody signs in, reads and writes."""
    people = world.people()
    mine = world.customer(people["sales1"])
    caller = world.Caller(stage.url, people["sales1"])
    stage.needs_pages()
    plain = cycles >= HURRY
    stage.hurry(*NEEDED)
    for name in ("web", "worker", "beat"):
        stage.start(name, plain=plain)
    stage.until(stage.web_answers, "web answers")
    stage.until(lambda: requests.get(f"{stage.url}/healthz", timeout=20).status_code == 200, "all is well")
    stage.watch_over()
    stage.lose_broker()
    times: dict[str, list[float]] = {"sign in": [], "list": [], "record": [], "write": []}
    outcome, planned = Outcome("no broker while people sign in, read and write"), 0
    for cycle in range(cycles):
        began = time.monotonic()
        _round(stage, caller, mine.pk, times, outcome, cycle)
        if cycle % FOR_PLANS == 0:
            planned += len(world.plan_due(people["sales1"], mine, 1))
        stage.until(lambda began=began: not plain or time.monotonic() - began >= 1, "a second has passed")
        if cycle % 60 == 59:
            stage.say(f"{cycle + 1} of {cycles} rounds")
    waiting = stage.count(WAITING)
    outcome.check(waiting > 0, "nothing waited for the broker: this fault proves nothing")
    stage.broker.start()
    took = stage.until(lambda: not stage.count(WAITING), "what waited is done", patience=300)
    outcome.check(not stage.timed or took <= MOST_BACKLOG, f"what waited took {took:.0f} s")
    outcome.lost = planned - stage.count(
        "SELECT count(*) FROM automation_notification WHERE kind = 'reminder'"
    )
    outcome.doubled = stage.sink.doubled
    outcome.counts |= {"rounds": cycles, "waited": waiting, "backlog done after (s)": round(took, 1)}
    outcome.counts |= {f"{what} p95 (ms)": _p95(found) for what, found in times.items()}
    return outcome


def _round(
    stage: Stage, caller: world.Caller, pk: int, times: dict[str, list[float]], outcome: Outcome, cycle: int
) -> None:
    """Somebody signs in, opens the list and a record, and writes a follow-up."""
    with requests.Session() as browser:
        browser.get(f"{stage.url}/auth/login/", timeout=60)
        form = {
            "login": "sales1",
            "password": world.PASSWORD,
            "csrfmiddlewaretoken": browser.cookies.get(settings.CSRF_COOKIE_NAME, ""),
        }
        for what, path, data in (
            ("sign in", "/auth/login/", form),
            ("list", "/customers/", None),
            ("record", f"/customers/{pk}/", None),
        ):
            began = time.perf_counter()
            answer = browser.request("POST" if data else "GET", stage.url + path, data=data, timeout=60)
            times[what].append(time.perf_counter() - began)
            inside = answer.status_code == 200 and "/auth/login" not in answer.url
            outcome.check(inside, f"{what}: {answer.status_code} at {answer.url}")
    began = time.perf_counter()
    wrote = caller("POST", "activities/", {"kind": "note", "customer": pk, "body": f"第{cycle}轮"})
    times["write"].append(time.perf_counter() - began)
    outcome.check(wrote is not None and wrote.status_code == 201, f"write: {wrote and wrote.text[:200]}")


def _p95(seconds: list[float]) -> int:
    found = quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0]
    return round(found * 1000)
