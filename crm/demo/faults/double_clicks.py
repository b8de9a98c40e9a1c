"""F12: every form that creates something, and the creating calls of the API, sent many times at once: one record."""

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.models import Contact, Customer
from crm.demo.faults import world
from crm.demo.faults.outcome import Outcome
from crm.demo.faults.stage import Stage
from crm.events.actor import Actor
from crm.identity.models import Role, User

HANDS = 8
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


ERROR = re.compile(r'error[^>]*">([^<]+)<')


@dataclass(frozen=True)
class Form:
    """One form: who sends it where with what, and the table in which one row appears."""

    route: str
    who: str
    table: str
    data: dict[str, Any]
    args: tuple[int, ...] = ()
    page: str = ""  # where the form stands, if not at its own address
    query: str = ""


@dataclass
class World:
    """What the forms speak of."""

    people: dict[str, User]
    customer: Customer
    contact: Contact
    other: Customer
    planned: int
    first: str = field(default_factory=lambda: timezone.localdate().isoformat())


def forms(w: World) -> list[Form]:
    """Every form that creates, filled in."""
    mine = (w.customer.pk,)
    note = {"kind": "note", "body": "发了报价单，等对方内部讨论", "place": "page"}
    role = Role._base_manager.get(slug="salesperson")
    team = w.people["sales1"].team_id
    person = {"username": "newcomer", "name": "新来的", "role": role.pk, "team": team}
    robot = {"name": "双击群", "kind": "wecom", "news": "team_overdue", "language": "en", "is_active": "on"}
    robot["address"] = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=double"
    cover = {"away": w.people["sales1"].pk, "by": w.people["sales2"].pk}
    new = {
        "name": "双击贸易有限公司",
        "contact_name": "王双",
        "contact_phone": "13912345678",
        "next_date": w.first,
        "next_step": "回访",
    }
    return [
        Form("customer_create", "sales1", "accounts_customer", new),
        Form("contact_create", "sales1", "accounts_contact", {"name": "李双"}, mine),
        Form("contact_link", "sales1", "accounts_contactlink", {"customer": w.other.pk}, (w.contact.pk,)),
        Form(
            "activity_create",
            "sales1",
            "accounts_activity",
            {"kind": "task", "subject": "寄样品", "date": w.first},
        ),
        Form("customer_follow_up", "sales1", "accounts_activity", note, mine),
        Form(
            "activity_complete",
            "sales1",
            "accounts_activity",
            {"outcome": "progress", "body": "谈妥了价格和交期", "next_date": w.first},
            (w.planned,),
        ),
        Form("member_add", "admin", "identity_user", person),
        Form("team_add", "admin", "identity_team", {"name": "双击组", "parent": team}),
        Form(
            "role_add",
            "admin",
            "identity_role",
            {"name_zh": "双击角色", "name_en": "Clickers", "slug": "clickers", "like": role.pk},
        ),
        Form(
            "field_add",
            "admin",
            "records_customfield",
            {"label_zh": "双击字段", "label_en": "Clicks", "kind": "text"},
            query="?model=accounts.customer",
        ),
        Form(
            "section_add",
            "admin",
            "records_recordsection",
            {"label_zh": "双击区", "label_en": "Clicked"},
            query="?model=accounts.customer",
        ),
        Form("tag_add", "admin", "records_tag", {"name": "双击", "colour": "teal", "is_active": "on"}),
        Form("covers", "admin", "identity_cover", {**cover, "first_date": w.first, "last_date": w.first}),
        Form(
            "settings_tokens", "sales1", "identity_apitoken", {"name": "ERP", "read_only": "on", "days": "30"}
        ),
        Form(
            "export_new",
            "admin",
            "records_exportjob",
            {"resource": "customers", "format": "csv"},
            page="/customers/",
        ),
        Form("customer_views", "sales1", "records_savedview", {"name": "双击视图", "query": "tier=A"}),
        Form("robot_add", "admin", "automation_grouprobot", robot),
    ]


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
        w = _world()
        filled = forms(w)
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
        if name not in {"field_edit", "section_edit", "tag_edit", "robot_edit"}
        and (not name.endswith("_views") or name == "customer_views")
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


def _world() -> World:
    people = world.people()
    mine, other = world.customer(people["sales1"]), world.customer(people["sales1"])
    from accounts.services import create_contact

    contact = create_contact(mine, name="赵双", actor=Actor.of(people["sales1"]))
    (planned,) = world.plan_due(people["sales1"], mine, 1)
    return World(people, mine, contact, other, planned.pk)


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
