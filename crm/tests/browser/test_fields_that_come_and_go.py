"""Custom fields with conditions, and the board on which an administrator arranges them, in a real browser."""

import pytest
from playwright.sync_api import expect

from accounts.tests.factories import make_customer
from crm.identity.tests.factories import SYSTEM
from crm.records.services.custom_fields import create_field, create_section

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CUSTOMER = "accounts.customer"


def test_a_field_shows_and_must_be_filled_in_as_its_condition_says(company, sign_in, live_server):
    person = {"field": "kind", "operator": "is", "values": ["person"]}
    source = {"field": "source", "operator": "filled", "values": []}
    create_field(model=CUSTOMER, kind="text", label_en="Hobby", key="hobby", shown_when=person, actor=SYSTEM)
    create_field(model=CUSTOMER, kind="text", label_en="Fair", key="fair", required_when=source, actor=SYSTEM)
    customer = make_customer(company.sales1, "杭州云栖精密机械有限公司")
    page = sign_in("sales1")
    page.goto(f"{live_server.url}{customer.get_absolute_url()}edit/")
    hobby, fair = page.locator("[name=cf_hobby]"), page.locator("[name=cf_fair]")
    expect(hobby).to_be_hidden()
    page.locator("main [name=kind]").select_option("person")
    expect(hobby).to_be_visible()
    page.locator("main [name=source]").select_option("")
    expect(fair).to_have_attribute("aria-required", "false")
    page.locator("main [name=source]").select_option(index=1)
    expect(fair).to_have_attribute("aria-required", "true")


def test_sections_move_by_keyboard_and_keep_the_focus(company, sign_in, live_server):
    for label in ("Money", "Visits"):
        create_section(model=CUSTOMER, label_en=label, label_zh=label, actor=SYSTEM)
    page = sign_in("admin")
    page.goto(f"{live_server.url}/settings/fields/")
    heads = page.locator(".field-group-head h3")
    expect(heads).to_contain_text(["Money", "Visits"])
    up = page.locator("button[name=move][value^='section:'][value$=':up']").last
    name = up.get_attribute("value")
    up.focus()
    with page.expect_response("**/arrange/"):
        page.keyboard.press("Enter")
    expect(page.locator(f"button[value='{name}']")).to_be_focused()
    expect(heads).to_contain_text(["Visits", "Money"])
