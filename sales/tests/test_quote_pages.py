import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import make_contact, make_customer
from crm.automation.models import Notification, OutgoingEmail
from crm.events.models import Event
from crm.identity.tests.factories import make_company
from sales import services
from sales.models import Quote, QuoteLink
from sales.queries.payments import books_of
from sales.services import Draft
from sales.services.documents import order_html, quote_html, quote_pdf
from sales.services.quote_answers import token_from
from sales.tests.factories import (
    SYSTEM,
    a_line,
    make_order,
    make_product,
    make_quote,
    sent_quote,
    signed_order,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def company():
    return make_company()


@pytest.fixture
def customer(company):
    return make_customer(company.sales1)


@pytest.fixture
def sales1(client, company):
    client.force_login(company.sales1)
    return client


def lines(*rows, **more):
    data = {"lines-TOTAL_FORMS": len(rows), "lines-INITIAL_FORMS": 0, **more}
    for number, row in enumerate(rows):
        data |= {f"lines-{number}-{name}": value for name, value in row.items()}
    return data


ROW = {"name": "设备", "quantity": "2", "price": "11,300", "discount": "10", "tax_rate": "0.1300"}


def test_a_quote_is_made_written_sent_accepted_and_becomes_a_contract(sales1, client, customer, mailoutbox):
    contact = make_contact(customer, email="zhou@example.com")
    answer = sales1.post(
        reverse("quote_create"), {"customer": customer.pk, "language": "zh-hans", "contact": contact.pk}
    )
    quote = Quote.objects.get()
    assert answer.url == reverse("quote_lines", args=[quote.pk])
    assert sales1.get(answer.url).status_code == 200
    row = ROW | {"discount": "5"}
    saved = sales1.post(answer.url, lines(row, {}, do="save", version=quote.version))
    quote.refresh_from_db()
    assert (saved.status_code, quote.amount) == (302, Decimal("21470.00"))
    page = sales1.get(quote.get_absolute_url())
    assert "21,470.00" in page.content.decode()
    form = sales1.get(reverse("quote_send", args=[quote.pk])).content.decode()
    assert "zhou@example.com" in form
    sales1.post(reverse("quote_send", args=[quote.pk]), {"to": "zhou@example.com", "message": "请看"})
    mail = OutgoingEmail._base_manager.get()
    token = re.search(r"/q/([\w-]+)/", mail.text)[1]
    client.logout()
    public = client.get(reverse("public_quote", args=[token]))
    assert public.status_code == 200
    assert public["Referrer-Policy"] == "same-origin"
    done = client.post(
        reverse("public_quote", args=[token]), {"answer": "accept", "by": "周敏", "consent": "on"}
    )
    assert done.status_code == 302
    quote.refresh_from_db()
    assert quote.status == "accepted"
    assert {n.kind for n in Notification._base_manager.filter(user=quote.owner)} == {
        "quote_seen",
        "quote_answered",
    }
    client.force_login(quote.owner)
    made = client.post(reverse("quote_order", args=[quote.pk]), {"kind": "contract"})
    order = quote.orders.get()
    assert made.url == order.get_absolute_url()
    page = client.get(made.url).content.decode()
    assert "贰万壹仟肆佰柒拾元整" in page


def test_the_editor_reckons_without_saving_and_a_product_brings_its_price(sales1, customer):
    product = make_product("相机", list_price=Decimal(888), unit="台", tax_rate=Decimal("0.06"))
    quote = make_quote(customer)
    url = reverse("quote_lines", args=[quote.pk])
    page = sales1.post(url, lines(ROW, {"product": product.pk}, do="reckon"), HTTP_HX_REQUEST="true")
    text = page.content.decode()
    assert "20,340.00" in text
    assert "888.00" in text
    assert "21,228.00" in text
    assert "<html" not in text
    quote.refresh_from_db()
    assert quote.amount == 1000


@pytest.mark.parametrize(
    "row",
    [
        {"price": "-5"},
        {"price": "1" * 30},
        {"quantity": "0"},
        {"quantity": "x"},
        {"discount": "101"},
        {"tax_rate": "0.17"},
        {"product": "999999"},
    ],
)
def test_what_cannot_be_is_said_in_the_editor(sales1, customer, row):
    quote = make_quote(customer)
    answer = sales1.post(reverse("quote_lines", args=[quote.pk]), lines(ROW | row, do="save"))
    assert answer.status_code == 422
    quote.refresh_from_db()
    assert quote.amount == 1000


def test_of_two_editors_the_second_keeps_their_lines_and_is_told(sales1, customer):
    quote = make_quote(customer)
    url = reverse("quote_lines", args=[quote.pk])
    sales1.post(url, lines(ROW, do="save", version=1))
    late = sales1.post(url, lines(ROW | {"price": "777"}, do="save", version=1))
    assert late.status_code == 409
    assert 'value="777"' in late.content.decode()
    assert 'name="version" value="2"' in late.content.decode()


def test_a_sent_quote_has_no_editor(sales1, customer):
    quote = sent_quote(customer)
    answer = sales1.post(reverse("quote_lines", args=[quote.pk]), lines(ROW, do="save"))
    assert answer.url == quote.get_absolute_url()
    quote.refresh_from_db()
    assert quote.amount == 1000


def test_without_consent_or_name_nothing_is_accepted(client, customer):
    quote = make_quote(customer)
    url = reverse("public_quote", args=[token_from(services.send_quote(quote, actor=SYSTEM).nonce)])
    for wrong in ({"by": "周敏"}, {"consent": "on"}, {"by": " ", "consent": "on"}):
        assert client.post(url, {"answer": "accept", **wrong}).status_code == 422
    quote.refresh_from_db()
    assert quote.status == "sent"
    assert client.post(url, {"answer": "decline", "by": "周敏", "note": "太贵"}).status_code == 302
    assert client.post(url, {"answer": "accept", "by": "周敏", "consent": "on"}).status_code == 422
    quote.refresh_from_db()
    assert (quote.status, quote.answer_note) == ("declined", "太贵")


def test_a_link_that_ended_looks_like_one_that_never_was(client, customer):
    quote = make_quote(customer)
    token = token_from(services.send_quote(quote, actor=SYSTEM).nonce)
    QuoteLink.objects.update(expires_at=timezone.now() - timedelta(1))
    answers = [client.get(f"/q/{one}/") for one in (token, "x" * 43)]
    assert [one.status_code for one in answers] == [404, 404]
    assert client.get(f"/q/{token}/quote.pdf").status_code == 404


def test_looking_at_a_link_shows_nothing_of_the_house(client, customer):
    quote = make_quote(customer)
    url = reverse("public_quote", args=[token_from(services.send_quote(quote, actor=SYSTEM).nonce)])
    text = client.get(url).content.decode()
    assert reverse("quote_list") not in text
    assert "csrfmiddlewaretoken" in text


HOSTILE = [
    '<img src="file:///etc/passwd">',
    '<img src="http://127.0.0.1:9/x">',
    "<style>@import url(http://127.0.0.1:9/x.css);</style>",
    '<link rel="attachment" href="file:///etc/passwd">',
    "<script>alert(1)</script>",
]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_quote_is_a_pdf_and_hostile_words_stay_words(customer, language, monkeypatch):
    customer.name = HOSTILE[0]
    quote = make_quote(
        customer,
        name=HOSTILE[3],
        language=language,
        note="\n".join(HOSTILE),
        payment_terms=HOSTILE[1],
        lines=[a_line(name=text, description=text) for text in HOSTILE],
    )
    html = quote_html(quote)[0]
    assert not any(text in html for text in HOSTILE)
    content = quote_pdf(quote)
    assert content.startswith(b"%PDF")
    assert b"root:" not in content


def test_the_seal_is_drawn_anew_and_stands_in_the_pdf(customer, tmp_path):
    import io

    from django.core.files.uploadedfile import SimpleUploadedFile
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (900, 900), "red").save(out, "PNG")
    upload = SimpleUploadedFile("章.png", out.getvalue() + b"<script>")
    head = services.change_letterhead(actor=SYSTEM, legal_name="澄川智能装备", seal=upload)
    with head.seal.open("rb") as drawn:
        assert b"<script>" not in drawn.read()
    assert quote_pdf(make_quote(customer)).startswith(b"%PDF")
    for wrong in (b"<svg/>", b"GIF89a", out.getvalue()[:40]):
        with pytest.raises(Exception) as refused:
            services.change_letterhead(actor=SYSTEM, seal=SimpleUploadedFile("x.png", wrong))
        assert refused.value.code == "picture"


def test_a_pdf_taken_out_is_noted(sales1, customer):
    quote, order = make_quote(customer), signed_order(customer)
    for url in (reverse("quote_pdf", args=[quote.pk]), reverse("order_pdf", args=[order.pk])):
        answer = sales1.get(url)
        assert answer["Content-Type"] == "application/pdf"
    assert Event.objects.filter(name__in=["quote.printed", "order.printed"]).count() == 2


def test_the_pages_of_a_contract(sales1, customer):
    order = signed_order(customer)
    assert sales1.get(reverse("order_list")).status_code == 200
    page = sales1.get(order.get_absolute_url()).content.decode()
    assert "壹仟元整" in page
    url = reverse("order_amend", args=[order.pk])
    assert sales1.post(url, {"reason": " "}).status_code == 422
    assert sales1.post(url, {"reason": "加一台"}).status_code == 302
    order.refresh_from_db()
    assert (order.status, order.revision) == ("draft", 2)


def test_settings_show_what_comes_before_it_is_saved(client, company):
    client.force_login(company.admin)
    from sales.models import NumberRule

    rule = NumberRule.objects.get(kind="contract")
    url = reverse("numbering_edit", args=[rule.pk])
    shown = client.post(url, {"pattern": "合同{YYYY}-{000}", "restart": "year", "do": "preview"})
    assert f"合同{timezone.localdate().year}-001" in shown.content.decode()
    rule.refresh_from_db()
    assert rule.pattern == "HT-{YYYY}-{0000}"
    assert client.post(url, {"pattern": "合同", "restart": "year"}).status_code == 422
    assert client.post(url, {"pattern": "合同{YYYY}-{000}", "restart": "year"}).status_code == 302
    for name in ("numbering", "letterhead", "tax_rates"):
        assert client.get(reverse(name)).status_code == 200
    client.force_login(company.sales1)
    assert client.get(url).status_code in (403, 404)


def test_an_english_quote_names_products_in_english(customer):
    camera = make_product("相机", name_en="Camera")
    rows = [Draft(product=camera), Draft(product=camera, name="相机（样机）")]
    html = quote_html(make_quote(customer, language="en", lines=rows))[0]
    assert "<b>Camera</b>" in html
    assert "<b>相机（样机）</b>" in html
    assert "<b>相机</b>" in quote_html(make_quote(customer, lines=rows))[0]


def test_the_editor_reads_rates_and_products_once(sales1, customer, django_assert_max_num_queries):
    url = reverse("quote_lines", args=[make_quote(customer, lines=[a_line()] * 8).pk])
    sales1.get(url)
    with django_assert_max_num_queries(24):
        sales1.get(url)


def test_who_does_not_read_the_lines_gets_no_paper_that_has_them(client, company, customer):
    quote = make_quote(customer)
    client.force_login(company.marketing1)
    page = client.get(quote.get_absolute_url())
    assert page.status_code == 200 and reverse("quote_pdf", args=[quote.pk]) not in page.content.decode()
    assert client.get(reverse("quote_pdf", args=[quote.pk])).status_code == 403


def test_a_contract_on_paper_says_when_it_is_paid_and_what_has_come_in(company, customer):
    order = make_order(customer, lines=[a_line(1000)])
    services.plan_payments(order, [(timezone.localdate(), Decimal(600), "预付款")], actor=SYSTEM)

    def paper(person):
        return order_html(order, books_of(person, order))[0]

    assert "预付款" in paper(company.sales1) and "未回款" not in paper(company.sales1)
    order = services.sign_order(services.approve_order(order, actor=SYSTEM), actor=SYSTEM)
    services.confirm_receipt(services.record_receipt(order, amount=Decimal(250), actor=SYSTEM), actor=SYSTEM)
    order.refresh_from_db()
    said = paper(company.finance1)
    assert all(words in said for words in ("250.00", "25%", "750.00", "未回款"))
    assert "250.00" not in paper(company.service1) and "预付款" not in paper(company.service1)
