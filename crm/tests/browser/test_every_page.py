"""Every page there is, as people see it: no grave finding of axe in light and dark, wide and on a phone, nothing wider
than 320 pixels, and a console that stays silent. The pages come from the table of routes, so new ones are in."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client
from django.urls import NoReverseMatch, reverse
from playwright.sync_api import BrowserContext, expect

from accounts import services
from accounts.tests.factories import make_tag
from crm.identity.models import User
from crm.identity.tests.factories import actor
from crm.tests.browser.conftest import close_quietly
from crm.tests.browser.walk import DESK, NARROWEST, PHONE, Eyes, eyes_of
from crm.tests.routes import ROUTES
from crm.tests.world import World, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# A salesperson looks at all that is theirs, an administrator at what is left, others at what they see otherwise.
LANGUAGES = {"sales1": "zh-hans", "admin": "en", "manager1": "en", "service1": "zh-hans", "finance1": "en"}
ALSO = {
    "manager1": ["today", "data_quality", "customer_merge"],
    "service1": ["today", "customer_list", "customer_detail"],
    "finance1": ["today", "customer_detail"],
}
# What can differ in the dark, and on a phone.
IN_THE_DARK = ["color-contrast"]
ON_A_PHONE = ["target-size", "scrollable-region-focusable"]
SHARES = 2  # the walk goes in so many parts, so that workers of the suite share it
FEWEST = 60  # pages of one part; fewer mean that the walk lost its way


@pytest.fixture
def world() -> World:
    made = make_world()
    company, customer = made.company, made.records["customer"]["own"]
    for name, language in LANGUAGES.items():
        person = getattr(company, name)
        person.language, person.theme = language, "auto"
        person.save()
    me = actor(company.sales1)
    services.tag_customers([customer], add=[make_tag("重点客户")], actor=me)
    services.set_highlights(customer, [{"label": "决策人", "text": "总经理直接拍板"}], actor=me)
    services.create_contact(customer, name="王敏", phone="13805120001", email="w@example.com", actor=me)
    return made


def sign_in_here(person: User, context: BrowserContext, address: str) -> Client:
    """Let somebody else use this browser, which keeps its styles and scripts; returns Django's quick one as well."""
    client = Client(headers={"host": address.removeprefix("http://")})
    client.force_login(person)
    name = configured.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": address}])
    return client


def answering(client: Client, world: World, names: list[str]) -> Iterator[tuple[str, str, Any]]:
    """Names and addresses of those routes that answer this person, with the answer that is a whole page."""
    for name in names:
        route, kwargs = ROUTES[name], dict(ROUTES[name].kwargs)
        if route.kind:
            relations = world.records[route.kind]
            kwargs["pk"] = relations.get("deal" if route.reading else "own", relations["own"]).pk
        try:
            address = reverse(name, kwargs=kwargs)
        except NoReverseMatch:
            continue
        answer = client.get(address)
        kind = answer.headers.get("Content-Type", "")
        if answer.status_code == 200:
            is_page = "html" in kind and b"<html" in answer.content[:2000]
            yield name, address, answer if is_page else None


def look(seen: Eyes, address: str, *, whole: bool) -> None:
    """One page in light and dark, wide and narrow; the frame only where it was not seen yet."""
    seen.begin()
    if not seen.open(address):
        return
    seen.judge("in light", inside=not whole)
    seen.dark(True)
    seen.judge("in the dark", *IN_THE_DARK, inside=not whole)
    seen.size(PHONE)
    seen.judge("on a phone", *ON_A_PHONE, inside=not whole)
    seen.size(NARROWEST)
    seen.measure("at 320 pixels")


# What opens over a page: where, what opens it, and what is there then.
OVER = [
    ("/customers/", ".bar [data-opens-drawer]", ".drawer"),
    ("/customers/", "[data-help]", ".help-topic"),
    ("/customers/", "summary:has-text('筛选')", "details[open] .menu"),
    ("/customers/", ".filter-bar summary[hx-get*='/columns/']", ".columns-form"),
    ("/customers/", ".row-check >> nth=0", ".bulk"),
    ("/customers/", ".bar-me", ".menu-who"),
    ("/", "[data-tour-start]", ".tour-card"),
]


def test_what_opens_over_a_page(world, chromium, live_server):
    """Drawers, menus, the bulk bar, the palette, the tour: light and dark."""
    context = chromium.new_context()
    sign_in_here(world.company.sales1, context, live_server.url)
    own = world.records["customer"]["own"].pk
    with eyes_of(context) as seen:
        for place, opener, opened in OVER:
            seen.begin()
            seen.open(f"{live_server.url}{place}")
            seen.at += f" {opener}"
            seen.page.locator(opener).first.click()
            expect(seen.page.locator(opened).first).to_be_visible()
            seen.judge("in light")
            seen.dark(True)
            seen.judge("in the dark", *IN_THE_DARK)
        seen.open(f"{live_server.url}/customers/{own}/")
        seen.page.keyboard.press("Control+k")
        seen.page.keyboard.type("own")
        expect(seen.page.locator(".palette-row").first).to_be_visible()
        seen.judge("with the palette")
        seen.page.keyboard.press("Escape")
        expect(seen.page.locator("#palette")).to_be_hidden()
        seen.page.keyboard.press("n")
        expect(seen.page.locator("#composer-text")).to_be_focused()
        seen.judge("with the composer")
    close_quietly(context)
    assert not seen.wrong, "\n" + "\n".join(seen.wrong)


def test_the_keyboard_never_gets_lost(world, chromium, live_server):
    """The first Tab offers to skip the frame; whatever has the focus is in sight, wide and narrow."""
    context = chromium.new_context()
    sign_in_here(world.company.sales1, context, live_server.url)
    own = world.records["customer"]["own"].pk
    with eyes_of(context) as seen:
        for place in ("/customers/", f"/customers/{own}/", "/"):
            for size in (DESK, PHONE):
                seen.size(size)
                seen.open(f"{live_server.url}{place}")
                seen.page.keyboard.press("Tab")
                expect(seen.page.locator(".skip-link")).to_be_focused()
                seen.page.keyboard.press("Enter")
                expect(seen.page.locator("#content")).to_be_focused()
                seen.tab_through(40)
    close_quietly(context)
    assert not seen.wrong, "\n" + "\n".join(seen.wrong)


@pytest.mark.parametrize("share", range(SHARES))
def test_every_page_for_everybody(share, world, chromium, live_server):
    asked = [name for name, route in ROUTES.items() if route.method == "get" and not name.startswith("api-")]
    left, wrong, walked, answered = asked[share::SHARES], [], set(), set()
    context = chromium.new_context()
    with eyes_of(context) as seen:
        for who in LANGUAGES:
            mine = ALSO[who][share::SHARES] if who in ALSO else left
            client, whole = sign_in_here(getattr(world.company, who), context, live_server.url), True
            for name, address, page in answering(client, world, mine):
                answered.add(name)
                if page is not None:
                    live_server.answers[address] = page
                    look(seen, f"{live_server.url}{address}", whole=whole)
                    walked.add(name)
                    whole = False
            wrong += [f"{who}: {line.replace(live_server.url, '')}" for line in seen.wrong]
            seen.wrong.clear()
            left = [name for name in left if name not in answered]
    close_quietly(context)
    assert not wrong, "\n" + "\n".join(wrong)
    assert len(walked) > FEWEST, sorted(walked)
