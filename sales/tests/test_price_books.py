"""Price books by API and by import: who may, what is refused, and that an undo gives prices back."""

import csv
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.tests.import_tools import carry_on, errors_of, run, xlsx
from crm.events.models import Event
from crm.identity.tests.factories import make_company
from crm.listing.importing import undoing
from crm.listing.importing.registry import resource_of
from crm.listing.rest.testing import Caller, ResourceContract
from crm.records.services.custom_fields import create_field
from sales import services
from sales.listings.products import PRICE_BOOKS
from sales.models import PriceBook, PriceBookEntry, Product
from sales.tests.factories import SYSTEM, make_product

pytestmark = pytest.mark.django_db
URL = "/api/v1/price-books/"


@pytest.fixture
def company():
    return make_company()


def book(name="经销价", **values):
    return services.save_price_book(None, name=name, actor=SYSTEM, **values)


def prices():
    return {
        (one.book.name, one.product.name): one.price
        for one in PriceBookEntry.objects.select_related("book", "product")
    }


class TestPriceBooks(ResourceContract):
    path = URL
    listing = PRICE_BOOKS
    insider = "manager1"
    outsider = None  # whoever sells reads them all
    reader = "sales1"
    forbidden = "service1"
    new = {"name": "经销价", "valid_from": "2026-01-01"}
    change = {"is_active": False}

    def make(self, owner, number):
        return book(f"价格表{number}")


def test_prices_are_set_taken_away_and_read(company):
    caller, camera, lens = Caller(company.manager1), make_product("相机"), make_product("镜头")
    made = caller("POST", URL, {"name": "经销价", "currency": "CNY", "teams": [company.east.pk]}).json()
    url = f"{URL}{made['id']}/prices/"
    both = [{"product": camera.pk, "price": "800"}, {"product": lens.pk, "price": "99.9999"}]
    assert caller("POST", url, {"prices": both}).json()["price_count"] == 2
    gone = caller("POST", url, {"prices": [{"product": lens.pk, "price": None}]})
    assert gone.status_code == 200 and prices() == {("经销价", "相机"): 800}
    assert caller("GET", url).json() == {"prices": [{"product": camera.pk, "price": "800.0000"}]}
    assert Caller(company.sales1)("GET", url).status_code == 200
    assert Caller(company.sales1)("POST", url, {"prices": both}).status_code == 403
    assert Caller(company.service1)("GET", url).status_code == 403
    assert prices() == {("经销价", "相机"): 800}


@pytest.mark.parametrize("price", ["-1", "9" * 30, "1e400", "NaN", "Infinity", "x", "1.00001", [], {}])
def test_a_price_that_cannot_be_is_refused(company, price):
    url = f"{URL}{book().pk}/prices/"
    body = {"prices": [{"product": make_product("相机").pk, "price": price}]}
    assert Caller(company.manager1)("POST", url, body).status_code == 400
    assert not PriceBookEntry.objects.exists()


def test_what_a_price_book_cannot_be(company):
    caller, one = Caller(company.manager1), book()
    for wrong in ({"name": "经销价"}, {"name": "x", "currency": "ZZZ"}, {"name": ""}, {"name": "x", "teams": [999_999]},
                  {"name": "x", "valid_from": "2026-02-01", "valid_until": "2026-01-01"}):  # fmt: skip
        assert caller("POST", URL, wrong).status_code == 400, wrong
    services.set_prices(one, {make_product("相机"): Decimal(1)}, actor=SYSTEM)
    one.refresh_from_db()
    other = caller("PATCH", f"{URL}{one.pk}/", {"currency": "USD", "version": one.version})
    assert other.status_code == 400 and PriceBook.objects.get().currency == "CNY"
    first, second = (caller("POST", URL, {"name": name, "is_default": True}).json() for name in ("甲", "乙"))
    assert second["is_default"] and not PriceBook.objects.get(pk=first["id"]).is_default


def test_a_price_list_with_a_column_a_book_sets_the_prices_and_an_undo_gives_them_back(company):
    create_field(model="sales.product", kind="text", label_zh="原产地", key="origin", actor=SYSTEM)
    retail, trade, gone = book("零售价"), book("经销价"), book("旧价", is_active=False)
    known = make_product("相机", code="C1", list_price=Decimal(1000))
    services.set_prices(trade, {known: Decimal(700)}, actor=SYSTEM)
    sheet = xlsx(
        ["产品名称", "编码", "标准价", "经销价", "零售价", "旧价", "原产地"],
        ["相机", "C1", "1000", "750", "", "1", "德国"],
        ["镜头", "C2", "200", "150.50", "180", "1", "日本"],
        ["支架", "C3", "10", "-1", "", "", ""],
        ["天价", "C4", "10", "9" * 30, "", "", ""],
    )
    job = run(company.manager1, sheet, "products", mode="upsert", key="code")
    assert (job.counts["created"], job.counts["updated"], job.counts["failed"]) == (1, 1, 2), errors_of(job)
    assert "旧价" not in {header for header, field in job.mapping.items() if field}
    assert prices() == {
        ("经销价", "相机"): 750,
        ("经销价", "镜头"): Decimal("150.5"),
        ("零售价", "镜头"): 180,
    }
    known.refresh_from_db()
    assert known.custom == {"origin": "德国"}
    again = run(company.manager1, sheet, "products", mode="upsert", key="code")
    assert again.counts["unchanged"] == 2, errors_of(again)
    lens = Product.objects.get(code="C2")
    services.set_prices(retail, {lens: Decimal(185)}, actor=SYSTEM)
    carry_on(undoing.start_undo(job))
    known.refresh_from_db()
    assert (prices()["经销价", "相机"], known.custom, gone.entries.count()) == (700, {}, 0)
    assert Event.objects.filter(name="price_book.saved").exists()


def test_who_may_not_change_price_books_is_offered_no_column_of_prices(company):
    one = book()
    column = f"price_{one.pk}"
    assert column in resource_of("products", company.manager1).columns_for(company.manager1)
    assert column not in resource_of("products", company.sales1).columns_for(company.sales1)


def test_what_becomes_of_a_price_book_is_kept_with_before_and_after(company):
    retail, trade = book("零售价", is_default=True), book("经销价")
    services.save_price_book(trade, name="渠道价", is_default=True, teams=[company.east], actor=SYSTEM)
    mine, other = Event.objects.filter(name="price_book.saved").order_by("-pk")[:2]
    assert mine.changes == {"name": ["经销价", "渠道价"], "is_default": [False, True]}
    assert mine.payload == {"teams": {"before": [], "after": [str(company.east)]}}
    assert (other.subject_id, other.changes) == (str(retail.pk), {"is_default": [True, False]})
    was = PriceBook.objects.get(pk=retail.pk).version
    assert was == 2  # who edits it meanwhile hears of it
    services.save_price_book(retail, name="零售价", actor=SYSTEM)
    assert PriceBook.objects.get(pk=retail.pk).version == was


def test_prices_below_a_cent_come_by_sheet_and_an_undo_gives_them_back_to_the_last_place(company):
    retail = book("零售价")
    screw = make_product("螺丝", code="S1", list_price=Decimal("0.0125"))
    services.set_prices(retail, {screw: Decimal("0.0119")}, actor=SYSTEM)
    sheet = xlsx(["产品名称", "编码", "标准价", "零售价"], ["螺丝", "S1", "0.0125", "0.0111"])
    job = run(company.manager1, sheet, "products", mode="upsert", key="code")
    assert job.counts["updated"] == 1, errors_of(job)
    screw.refresh_from_db()
    assert (screw.list_price, prices()["零售价", "螺丝"]) == (Decimal("0.0125"), Decimal("0.0111"))
    carry_on(undoing.start_undo(job))
    assert prices()["零售价", "螺丝"] == Decimal("0.0119")


def test_the_list_of_products_shows_and_exports_the_prices_of_each_book_as_a_sheet_takes_them_back(
    company, client
):
    retail, trade = book("零售价"), book("经销价")
    camera = make_product("相机", code="C1")
    make_product("镜头", code="C2")
    services.set_prices(retail, {camera: Decimal("899.5")}, actor=SYSTEM)
    services.set_prices(trade, {camera: Decimal("0.0125")}, actor=SYSTEM)
    client.force_login(company.manager1)
    names = ["name", "code", f"price_{retail.pk}", f"price_{trade.pk}"]
    assert client.post(reverse("product_columns"), {"columns": names}).status_code in (204, 302)
    assert "899.5" in client.get(reverse("product_list")).content.decode()
    file = client.get(reverse("product_list"), {"export": "csv"})
    head, *rows = csv.reader(b"".join(file.streaming_content).decode("utf-8-sig").splitlines())
    assert head[3] == "Price in “零售价” (CNY)"
    assert sorted((row[2], row[3], row[4]) for row in rows) == [("C1", "899.5000", "0.0125"), ("C2", "", "")]
    client.force_login(company.service1)
    assert "零售价" not in client.get(reverse("product_columns")).content.decode()
