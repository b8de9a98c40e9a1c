"""Files in a real browser: chosen, dropped and pasted, each with its own answer; a draft brings them back."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from accounts.models import ActivityFile, CustomerFile
from accounts.tests.factories import make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# A file dropped onto, or pasted into, a place of the page.
DROP = """(node, [kind, name]) => {
  const box = new DataTransfer();
  box.items.add(new File(["dropped"], name, { type: "text/plain" }));
  const event = kind === "drop"
    ? new DragEvent("drop", { dataTransfer: box, bubbles: true, cancelable: true })
    : new ClipboardEvent("paste", { clipboardData: box, bubbles: true, cancelable: true });
  node.dispatchEvent(event);
}"""


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (30, 90, 200)).save(out, "PNG")
    return out.getvalue()


def file(name: str, content: bytes) -> dict:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


@pytest.fixture
def page(company, sign_in, live_server):
    company.sales1.language = "en"
    company.sales1.save()
    customer = make_customer(company.sales1, "杭州云栖精密机械有限公司")
    page = sign_in("sales1", locale="en-US")
    page.goto(f"{live_server.url}/customers/{customer.pk}/")
    yield page
    page.wait_for_load_state(
        "networkidle"
    )  # panels still loading would stand in the way of emptying the tables


def test_files_come_by_choice_drop_and_paste_and_a_wrong_one_keeps_no_other_out(page):
    panel = page.locator(".files-panel")
    choose = panel.locator("input[type=file]").first
    choose.set_input_files([file("photo.png", png()), file("bad.exe", b"MZ")])
    expect(panel.locator(".file-name")).to_have_text(["photo.png"])
    expect(panel.locator(".upload-error")).to_contain_text("not accepted")
    panel.evaluate(DROP, ["drop", "dropped.txt"])
    expect(panel.locator(".file-name")).to_have_text(["dropped.txt", "photo.png"])
    panel.get_by_role("link", name="All").click()
    page.locator("#drawer .upload").evaluate(DROP, ["paste", "pasted.txt"])
    expect(page.locator("#drawer .file-name")).to_have_text(["pasted.txt", "dropped.txt", "photo.png"])
    assert sorted(row.file.name for row in CustomerFile.objects.all()) == [
        "dropped.txt",
        "pasted.txt",
        "photo.png",
    ]


def test_a_draft_brings_its_files_back_and_is_over_once_saved(page):
    composer = page.locator("#composer")
    composer.locator("textarea").fill("See the photo")
    composer.locator("input[type=file]").first.set_input_files([file("photo.png", png())])
    expect(composer.locator("[data-upload]")).to_have_count(1)
    page.reload()
    expect(composer.locator("textarea")).to_have_value("See the photo")
    expect(composer.locator("[data-upload]")).to_contain_text("photo.png")
    composer.get_by_role("button", name="Save follow-up").click()
    expect(page.locator(".entry .file-chip")).to_contain_text("photo.png")
    expect(composer.locator("textarea")).to_have_value("")
    assert ActivityFile.objects.get().file.name == "photo.png"
    page.reload()
    expect(composer.locator("textarea")).to_have_value("")
    expect(composer.locator("[data-upload]")).to_have_count(0)
