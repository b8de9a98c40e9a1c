"""Working by keyboard alone in a real browser: the palette, the shortcuts, and that they keep quiet while one types."""

import pytest
from playwright.sync_api import expect

from accounts.tests.factories import make_customer
from crm.records.services.saved_views import pin

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(company, sign_in):
    company.sales1.language = "en"
    company.sales1.save()
    for name in ("杭州云栖精密机械有限公司", "苏州瑞宏电子有限公司"):
        make_customer(company.sales1, name)
    return sign_in("sales1", locale="en-US")


def test_the_palette_finds_by_initials_and_opens(page):
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.type("hzyqjm")
    expect(page.locator("#palette .palette-row").first).to_contain_text("杭州云栖精密机械有限公司")
    expect(page.locator("#palette-preview")).to_contain_text("杭州云栖精密机械有限公司")
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/*/")
    expect(page.locator("h1")).to_contain_text("杭州云栖精密机械有限公司")


def test_letters_go_tick_and_write(page):
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/customers/")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-bulk-count]")).to_contain_text("1")
    page.keyboard.press("f")
    expect(page.locator(".quick-row input[name=body]")).to_be_focused()
    page.keyboard.type("gt?jx")  # what one types is text
    expect(page.locator(".quick-row input[name=body]")).to_have_value("gt?jx")
    page.keyboard.press("Escape")
    expect(page.locator(".quick-row")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.locator(".drawer .help-topic")).to_contain_text("customers")
    page.locator("#shortcuts summary").click()
    expect(page.locator("#shortcuts")).to_contain_text("Go to")
    page.keyboard.press("Escape")
    expect(page.locator(".drawer")).to_have_count(0)


def test_pinned_views_move_by_keyboard_and_the_tour_runs_by_keyboard(page, company, live_server):
    for name in ("tier-a", "silent"):
        pin(company.sales1, listing="customer", view=None, builtin=name, pinned=True)
    page.goto(f"{live_server.url}/")
    first, second = page.locator("[data-arranged]").all_inner_texts()
    page.locator("[data-arranged]").nth(1).focus()
    with page.expect_response("**/views/order/"):
        page.keyboard.press("Alt+ArrowUp")
    page.reload()
    assert [one.split("\n")[0] for one in page.locator("[data-arranged]").all_inner_texts()] == [
        second.split("\n")[0],
        first.split("\n")[0],
    ]
    with page.expect_response("**/welcome/"):
        page.locator("[data-tour-start]").press("Enter")
    expect(page.locator(".tour [data-tour-next]")).to_be_focused()
    expect(page.locator("#tour-title")).to_have_text("What to do today")
    with page.expect_response("**/welcome/"):
        page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator(".tour")).to_have_count(0)
    page.reload()  # it goes on where it was
    expect(page.locator("#tour-title")).to_have_text("Nobody forgotten")
    with page.expect_response("**/welcome/"):
        page.locator("[data-tour-skip]").press("Enter")
    page.reload()
    expect(page.locator("#follow-ups")).to_be_visible()
    expect(page.locator(".tour, [data-tour-start]")).to_have_count(0)


def test_a_second_click_on_a_verb_is_the_same_wish(page, live_server):
    page.goto(f"{live_server.url}/customers/")
    page.locator("[data-check-all]").first.check()
    asked = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    page.locator("[data-verb=delete]").dblclick()
    expect(page.locator("#toasts [data-toast]")).to_have_count(1)
    expect(page.locator("#toasts [data-toast]")).to_contain_text("2")
    assert len(asked) == 1


def test_a_file_leaves_the_toolbar_as_it_was(page, live_server):
    page.goto(f"{live_server.url}/customers/")
    page.locator("[data-check-all]").first.check()
    export = page.locator("#bulk .bulk-verb", has_text="Export")
    for _time in range(2):  # the second file comes like the first
        with page.expect_download() as file:
            export.click()
        assert file.value.suggested_filename.endswith(".xlsx")
        expect(export).not_to_have_attribute("aria-busy", "true")
