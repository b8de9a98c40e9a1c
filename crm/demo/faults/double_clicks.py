"""F12: every form that creates something, and the creating calls of the API, sent many times at once: one record."""

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from crm.demo.faults import filled_forms, filled_sales_forms
from crm.demo.faults.filled_forms import Form, World
from crm.demo.faults.outcome import Outcome
from crm.demo.faults.stage import Stage
from crm.identity.models import User

HANDS = 8
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
ERROR = re.compile(r'error[^>]*">([^<]+)<')


CALLS = {
    "customers/": ("accounts_customer", {"name": "双击接口有限公司"}),
    "contacts/": ("accounts_contact", {"name": "孙双"}),
    "activities/": ("accounts_activity", {"kind": "note", "body": "接口写的跟进记录"}),
}
"""What the API creates of the everyday records."""


def play(stage: Stage, cycles: int) -> Outcome:
    """Each form and call so many times, by several hands at once."""
    outcome = Outcome("every creating form and call sent again and again, by several hands at once")
    with stage.plain_pages(), override_settings(CONFIRM_MINUTES=0):
        w = filled_forms.world()
        filled = [*filled_forms.forms(w), *filled_sales_forms.forms(w)]
        missing = creating_routes() - {form.route for form in filled}
        outcome.check(not missing, f"nobody has filled in: {', '.join(sorted(missing))}")
        for form in filled:
            _many(stage, outcome, form.table, form.route, cycles, _form_sender(w, form, outcome))
            stage.say(form.route)
        for path, (table, body) in CALLS.items():
            linked = {} if path == "customers/" else {"customer": w.customer.pk}
            send = _call_sender(w.people["sales1"], path, body | linked)
            _many(stage, outcome, table, f"POST {path}", cycles, send)
    outcome.counts |= {"forms": len(filled), "calls": len(CALLS), "times each": cycles, "hands": HANDS}
    return outcome


def creating_routes() -> set[str]:
    """The routes whose views promise to create only once, or whose names say that they create."""
    found = set()
    for name, view in _routes(get_resolver()):
        named = name.endswith(("_create", "_add")) and name not in ELSEWHERE
        if getattr(view, "creates_once", False) or named:
            found.add(name)
    # One view makes and edits; a list of each kind keeps its views in the same way.
    return {
        name
        for name in found
        if not name.endswith("_edit") and (not name.endswith("_views") or name == "customer_views")
    }


ELSEWHERE = {
    "recent_add",  # looks at a record again: nothing new
    "access_add",  # the right is there or not
}


def _routes(resolver: URLResolver) -> Iterator[tuple[str, Any]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            if entry.namespace not in ("admin", None) or entry.app_name == "admin":
                continue
            yield from _routes(entry)
        elif isinstance(entry, URLPattern) and entry.name:
            yield entry.name, _innermost(entry.callback)


def _innermost(view: Any) -> Any:
    """The view under its decorators and partials, as far as the mark of `once`."""
    while not getattr(view, "creates_once", False):
        inner = getattr(view, "__wrapped__", None) or getattr(view, "func", None)
        if inner is None:
            return view
        view = inner
    return view


def _form_sender(w: World, form: Form, outcome: Outcome) -> Callable[[], Any]:
    """Open the page once; what comes back sends that very form."""
    address = reverse(form.route, args=form.args) + form.query
    browser = Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1"})
    browser.force_login(w.people[form.who])
    page = browser.get(form.page or address)
    found = TOKEN.search(page.content.decode())
    outcome.check(found is not None, f"{form.route}: no form at {form.page or address} ({page.status_code})")
    data = form.data | {"csrfmiddlewaretoken": found[1] if found else ""}
    local = threading.local()

    def send() -> Any:
        if not hasattr(local, "browser"):
            local.browser = Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1"})
            local.browser.cookies = browser.cookies.copy()
        answer = local.browser.post(address, data)
        if answer.status_code >= 400:
            outcome.check(False, f"{form.route}: {ERROR.findall(answer.content.decode())}")
        return answer

    return send


def _call_sender(user: User, path: str, body: dict[str, Any]) -> Callable[[], Any]:
    browser = Client(headers={"host": "127.0.0.1"})
    browser.force_login(user)

    def send() -> Any:
        again = Client(headers={"host": "127.0.0.1", "Idempotency-Key": f"faults {path}"})
        again.cookies = browser.cookies.copy()
        return again.post(f"/api/v1/{path}", body, content_type="application/json")

    return send


def _many(stage: Stage, outcome: Outcome, table: str, what: str, times: int, send: Callable[[], Any]) -> None:
    """Send it so many times, several at once, and count the rows that came."""
    before = stage.count(f'SELECT count(*) FROM "{table}"')

    def one(_number: int) -> int:
        try:
            return int(send().status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(HANDS) as hands:
        statuses = sorted(hands.map(one, range(times)))
    came = stage.count(f'SELECT count(*) FROM "{table}"') - before
    outcome.lost += came < 1
    outcome.doubled += max(0, came - 1)
    outcome.check(came == 1, f"{what}: {came} rows, answers {sorted(set(statuses))}")
    outcome.check(statuses[-1] < 400, f"{what}: answers {sorted(set(statuses))}")
