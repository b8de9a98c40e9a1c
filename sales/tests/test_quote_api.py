from decimal import Decimal

import pytest

from accounts.tests.factories import make_customer
from crm.identity.tests.factories import make_company
from crm.listing.rest.testing import Caller, ResourceContract
from crm.listing.testing import ListPageContract
from sales import services
from sales.listings.orders import ORDERS
from sales.listings.products import PRODUCTS
from sales.listings.quotes import QUOTES
from sales.models import Order, Quote
from sales.tests.factories import SYSTEM, make_order, make_product, make_quote, signed_order

pytestmark = pytest.mark.django_db
LINE = {"name": "设备", "quantity": "2", "price": "11300", "discount": "0.1", "tax_rate": "0.13"}


@pytest.fixture
def company():
    return make_company()


class TestQuoteList(ListPageContract):
    listing = QUOTES

    def make(self, owner, number):
        return make_quote(make_customer(owner), name=f"报价{number}")


class TestOrderList(ListPageContract):
    listing = ORDERS

    def make(self, owner, number):
        return make_order(make_customer(owner), name=f"合同{number}", kind="order")


def send(user, method, url, body=None):
    return Caller(user)(method.upper(), url, body or {})


def test_a_quote_with_lines_goes_its_way_by_api(company):
    customer = make_customer(company.sales1)
    made = send(company.sales1, "post", "/api/v1/quotes/", {"customer": customer.pk, "lines": [LINE]})
    assert made.status_code == 201
    body = made.json()
    assert (body["amount"], body["net"], body["tax"]) == ("20340.00", "18000.00", "2340.00")
    assert body["lines"][0]["amount"] == "20340.00"
    url = f"/api/v1/quotes/{body['id']}/"
    assert send(company.sales1, "post", f"{url}send/").status_code == 409  # 10 % needs approval
    row = {**LINE, "discount": "0.05"}
    changed = send(company.sales1, "patch", url, {"version": body["version"], "lines": [row]})
    assert changed.json()["amount"] == "21470.00"
    sent = send(company.sales1, "post", f"{url}send/").json()
    assert "/q/" in sent["url"]
    assert send(company.sales1, "post", f"{url}accept/", {"by": "周敏"}).json()["status"] == "accepted"
    order = send(company.sales1, "post", f"{url}order/", {"kind": "order"})
    again = send(company.sales1, "post", f"{url}order/", {"kind": "order"})
    assert order.status_code == 201
    assert order.json() == again.json()
    read = send(company.sales1, "get", f"/api/v1/orders/{order.json()['id']}/").json()
    assert (read["amount"], read["quote"], len(read["lines"])) == ("21470.00", body["id"], 1)


@pytest.mark.parametrize(
    "line",
    [
        {"price": "-1"},
        {"price": "9" * 30},
        {"price": "NaN"},
        {"quantity": "0"},
        {"discount": "1.5"},
        {"tax_rate": "0.17"},
        {"product": 10**9},
        {"name": "x" * 201},
    ],
)
def test_lines_that_cannot_be_are_a_400(company, line):
    body = {"customer": make_customer(company.sales1).pk, "lines": [LINE | line]}
    assert send(company.sales1, "post", "/api/v1/quotes/", body).status_code == 400
    assert not Quote.objects.exists()


def test_a_hidden_customer_is_refused_like_an_absent_one(company):
    hidden = make_customer(company.sales3)
    answers = [
        send(company.sales1, "post", "/api/v1/quotes/", {"customer": pk}).json() for pk in (hidden.pk, 10**9)
    ]
    assert answers[0] == answers[1]


def test_what_was_sent_is_not_patched(company):
    quote = make_quote(make_customer(company.sales1))
    services.send_quote(quote, actor=SYSTEM)
    quote.refresh_from_db()
    url = f"/api/v1/quotes/{quote.pk}/"
    refused = send(company.sales1, "patch", url, {"version": quote.version, "lines": []})
    assert (refused.status_code, refused.json()["code"]) == (409, "frozen")
    revised = send(company.sales1, "post", f"{url}revise/")
    assert (revised.status_code, revised.json()["revision"]) == (201, 2)


def test_marketing_reads_quotes_without_lines_and_finance_orders_of_deals(company):
    quote = make_quote(make_customer(company.sales1))
    read = send(company.marketing1, "get", f"/api/v1/quotes/{quote.pk}/").json()
    assert (read["amount"], read["lines"]) == ("1000.00", [])
    order = signed_order(make_customer(company.sales1))
    listed = send(company.finance1, "get", "/api/v1/orders/").json()["results"]
    assert [one["id"] for one in listed] == [order.pk]
    assert send(company.finance1, "get", "/api/v1/quotes/").status_code == 403


def test_an_order_is_made_and_signed_by_api(company):
    customer = make_customer(company.sales1)
    made = send(
        company.sales1,
        "post",
        "/api/v1/orders/",
        {"customer": customer.pk, "kind": "contract", "number": "老合同-07", "lines": [LINE]},
    )
    assert (made.status_code, made.json()["number"]) == (201, "老合同-07")
    url = f"/api/v1/orders/{made.json()['id']}/"
    assert send(company.sales1, "post", f"{url}sign/").status_code == 409  # not approved
    services.approve_order(Order.objects.get(), actor=SYSTEM)
    assert send(company.sales1, "post", f"{url}sign/").json()["status"] == "effective"
    assert send(company.sales1, "post", f"{url}terminate/", {}).status_code == 400
    ended = send(company.sales1, "post", f"{url}terminate/", {"reason": "停产"})
    assert (ended.json()["status"], ended.json()["close_reason"]) == ("terminated", "停产")


def test_products_are_read_by_all_and_written_by_managers(company):
    product = make_product("相机")
    book = services.save_price_book(None, name="经销", actor=SYSTEM)
    services.set_prices(book, {product: Decimal(800)}, actor=SYSTEM)
    read = send(company.sales1, "get", f"/api/v1/products/{product.pk}/").json()
    assert (read["tax_rate"], read["prices"]) == ("0.1300", {"经销": "800.0000"})
    assert send(company.service1, "get", f"/api/v1/products/{product.pk}/").json()["prices"] == {}
    new = {"name": "镜头", "list_price": "300", "tax_rate": "0.13"}
    assert send(company.sales1, "post", "/api/v1/products/", new).status_code == 403
    assert send(company.manager1, "post", "/api/v1/products/", new).status_code == 201
    assert send(company.manager1, "post", "/api/v1/products/", new | {"tax_rate": "0.2"}).status_code == 400
    assert [
        one["name"] for one in send(company.sales1, "get", "/api/v1/products/?q=镜头").json()["results"]
    ] == ["镜头"]
    assert PRODUCTS.default_sort == "name"


class TestOrders(ResourceContract):
    path = "/api/v1/orders/"
    listing = ORDERS
    forbidden = "marketing2"
    change = {"note": "已收到正本"}

    def make(self, owner, number):
        return make_order(make_customer(owner), name=f"合同{number}", kind="order")
