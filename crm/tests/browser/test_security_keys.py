"""A security key in a real browser, with Chromium's virtual authenticator in place of the hardware."""

import pytest
from playwright.sync_api import expect

from crm.identity.models import Role
from crm.identity.tests.factories import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": False,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def page(settings, company, sign_in):
    settings.SECOND_FACTOR = True
    company.sales1.language = "en"
    company.sales1.save()
    Role.objects.filter(slug="salesperson").update(needs_second_factor=True)
    page = sign_in("sales1", locale="en-US")
    protocol = page.context.new_cdp_session(page)
    protocol.send("WebAuthn.enable")
    protocol.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    page.wrong = []
    page.on("console", lambda message: page.wrong.append(message.text) if message.type == "error" else None)
    return page


def to_the_key(page, live_server):
    page.goto(f"{live_server.url}/auth/login/")
    page.fill("input[name=login]", "sales1")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit].btn-primary")
    page.wait_for_url("**/auth/second-factor/code/")


def test_a_key_is_added_and_lets_one_in(page, live_server):
    page.wait_for_url("**/auth/second-factor/set-up/")  # nothing else before it
    page.click("text=Use a security key instead")
    page.fill("input[name=name]", "Blue key")
    page.click("[data-key-start]")
    page.wait_for_url("**/auth/second-factor/codes/")
    page.goto(f"{live_server.url}/auth/second-factor/keys/add/")
    page.click("[data-key-start]")
    expect(page.locator("[data-key-says=known]")).to_be_visible()  # the same key is not added twice
    page.goto(f"{live_server.url}/auth/second-factor/")
    expect(page.locator(".card-row", has_text="Blue key")).to_contain_text("not used yet")
    page.context.clear_cookies()
    to_the_key(page, live_server)
    page.click("[data-key-start]")
    page.wait_for_url(f"{live_server.url}/")
    page.goto(f"{live_server.url}/auth/second-factor/")
    expect(page.locator(".card-row", has_text="Blue key")).to_contain_text("last used")
    assert page.wrong == []  # the content security policy refused nothing


def test_under_a_bare_address_it_says_why_keys_do_not_work(page, live_server):
    page.goto(f"{live_server.url}/auth/second-factor/keys/add/".replace("localhost", "127.0.0.1"))
    page.fill("input[name=login]", "sales1")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit].btn-primary")
    page.wait_for_url("**/keys/add/")
    expect(page.locator("[data-key-says=insecure]")).to_be_visible()
    expect(page.locator("[data-key-start]")).to_be_disabled()
