from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.tests.factories import make_customer
from crm.automation.models import Notification
from crm.core.clock import company_today
from crm.core.writes import RuleBroken, StaleVersion
from crm.events.models import Event
from crm.identity.tests.factories import make_company
from crm.listing.testing import ListPageContract
from sales import services
from sales.listings.invoices import INVOICES
from sales.models import Invoice, Order
from sales.queries.invoices import invoice_list, invoice_total, room_of
from sales.rules.invoicing import left_by_rate, spread, taxed
from sales.tests.factories import SYSTEM, a_line, make_order, signed_order

pytestmark = pytest.mark.django_db
D = Decimal
GOODS, WORK = D("0.13"), D("0.06")
API = "/api/v1/invoices/"


@pytest.fixture
def company():
    return make_company()


@pytest.fixture
def order(company):
    """A signed contract over 11,300 of goods and 1,060 of work."""
    customer = make_customer(company.sales1, "苏州博远科技有限公司", uscc="91350100M000100Y43")
    lines = [a_line(11_300, tax_rate=GOODS), a_line(1_060, tax_rate=WORK)]
    return signed_order(customer, lines=lines)


def issued(order, number, **values):
    invoice = services.apply_for_invoice(order, actor=SYSTEM, **values)
    return services.issue_invoice(invoice, number=number, actor=SYSTEM)


def test_amounts_are_taxed_and_spread_to_the_cent():
    assert taxed(D(11_300), GOODS) == (D(10_000), D(1_300))
    assert taxed(D("99.99"), GOODS) == (D("88.49"), D("11.50"))
    assert left_by_rate({GOODS: D(10), WORK: D(5)}, {GOODS: D(12)}) == {GOODS: 0, WORK: 5}
    assert spread(D(100), {GOODS: D(200), WORK: D(100)}) == {GOODS: D("66.67"), WORK: D("33.33")}
    assert spread(D(5), {GOODS: D(0), WORK: D(0)}) == {GOODS: D(5)}


@given(
    st.dictionaries(
        st.sampled_from([GOODS, WORK, D("0.09"), D(0)]), st.decimals(0, 10**7, places=2), min_size=1
    ),
    st.data(),
)
def test_nothing_is_lost_in_spreading(left, data):
    amount = data.draw(st.decimals("0.01", max(sum(left.values()), D("0.01")), places=2))
    parts = spread(amount, left)
    assert sum(parts.values()) == amount
    if amount <= sum(left.values()):
        assert all(part <= left[rate] for rate, part in parts.items())


def test_from_the_application_to_the_customer(company, order):
    invoice = services.apply_for_invoice(order, actor=SYSTEM, kind="special", send_to="a@b.cn")
    assert (invoice.title, invoice.tax_number) == (order.customer.name, "91350100M000100Y43")
    assert (invoice.amount, invoice.net, invoice.tax) == (D(12_360), D(11_000), D(1_360))
    assert list(invoice.amounts.values_list("rate", "amount")) == [(GOODS, 11_300), (WORK, 1_060)]
    assert set(room_of(order).values()) == {0}
    assert Notification.objects.get(kind="invoice_waits").user == company.finance1
    issue = services.issue_invoice(invoice, number=" 2532 ", actor=SYSTEM)
    assert (issue.number, issue.status, issue.issued_date) == ("2532", "issued", company_today())
    assert Notification.objects.get(kind="invoice_decided").user == company.sales1
    services.deliver_invoice(issue, actor=SYSTEM)
    services.deliver_invoice(Invoice.objects.get(), actor=SYSTEM)
    assert Event.objects.filter(name="invoice.delivered").count() == 1
    with pytest.raises(RuleBroken):
        services.update_invoice(invoice, title="别的", actor=SYSTEM)
    assert services.update_invoice(invoice, note="已寄", actor=SYSTEM).note == "已寄"


def test_invoices_never_exceed_the_contract(order):
    first = services.apply_for_invoice(order, amount=D(6_180), actor=SYSTEM)
    assert room_of(order) == {GOODS: D(5_650), WORK: D(530)}
    for wrong in ({"amount": D("6180.01")}, {"amounts": {WORK: D(531)}}, {"amounts": {D("0.09"): D(1)}}):
        with pytest.raises(RuleBroken) as refused:
            services.apply_for_invoice(order, actor=SYSTEM, **wrong)
        assert (refused.value.field, refused.value.code) == ("amount", "beyond")
    for wrong in (D(0), D(-5), D("1e30"), D("NaN")):
        with pytest.raises(RuleBroken):
            services.apply_for_invoice(order, amount=wrong, actor=SYSTEM)
    services.withdraw_invoice(first, actor=SYSTEM)
    services.withdraw_invoice(first, actor=SYSTEM)
    assert services.apply_for_invoice(order, actor=SYSTEM).amount == D(12_360)
    with pytest.raises(RuleBroken):
        services.apply_for_invoice(order, actor=SYSTEM)
    with pytest.raises(RuleBroken):
        services.issue_invoice(first, number="1", actor=SYSTEM)


def test_an_invoice_number_comes_once_and_its_day_has_come(order):
    issued(order, "1", amount=D(100))
    second = services.apply_for_invoice(order, amount=D(100), actor=SYSTEM)
    with pytest.raises(RuleBroken) as refused:
        services.issue_invoice(second, number="1", actor=SYSTEM)
    assert refused.value.field == "number"
    with pytest.raises(RuleBroken):
        services.issue_invoice(second, number="2", issued_date=company_today() + timedelta(1), actor=SYSTEM)
    with pytest.raises(StaleVersion):
        services.issue_invoice(second, number="2", expected=9, actor=SYSTEM)
    services.reject_invoice(second, reason="抬头不对", actor=SYSTEM)
    assert room_of(order)[GOODS] == D("11208.58")


def test_a_special_invoice_needs_a_tax_number(company):
    order = signed_order(make_customer(company.sales1))
    with pytest.raises(RuleBroken) as refused:
        services.apply_for_invoice(order, kind="special", actor=SYSTEM)
    assert refused.value.field == "tax_number"
    with pytest.raises(RuleBroken):
        services.apply_for_invoice(make_order(make_customer(company.sales1)), actor=SYSTEM)


def test_what_is_issued_is_reversed_in_parts_and_makes_room_again(order):
    invoice = issued(order, "1")
    first = services.reverse_invoice(invoice, number="2", amount=D(2_360), reason="退货", actor=SYSTEM)
    assert (first.amount, first.net + first.tax, first.status) == (D(-2_360), D(-2_360), "issued")
    assert sum(room_of(order).values()) == D(2_360)
    with pytest.raises(RuleBroken) as refused:
        services.reverse_invoice(invoice, number="3", amount=D(10_001), reason="x", actor=SYSTEM)
    assert refused.value.code == "beyond"
    services.reverse_invoice(invoice, number="3", reason="开错", actor=SYSTEM)
    invoice.refresh_from_db()
    assert invoice.status == "reversed" and sum(room_of(order).values()) == order.amount
    with pytest.raises(RuleBroken):
        services.reverse_invoice(invoice, number="4", reason="x", actor=SYSTEM)
    with pytest.raises(RuleBroken):
        services.reverse_invoice(first, number="4", reason="x", actor=SYSTEM)
    assert "0.00" in invoice_total(invoice_list())


def test_only_paper_of_this_month_is_voided(order):
    digital, paper = issued(order, "1", amount=D(100)), issued(order, "2", amount=D(100), kind="ordinary")
    with pytest.raises(RuleBroken):
        services.void_invoice(digital, reason="x", actor=SYSTEM)
    old = company_today().replace(day=1) - timedelta(1)
    Invoice.objects.filter(pk=paper.pk).update(issued_date=old)
    with pytest.raises(RuleBroken):
        services.void_invoice(paper, reason="x", actor=SYSTEM)
    Invoice.objects.filter(pk=paper.pk).update(issued_date=company_today())
    with pytest.raises(RuleBroken):
        services.void_invoice(paper, reason=" ", actor=SYSTEM)
    assert services.void_invoice(paper, reason="打错", actor=SYSTEM).status == "voided"


def send(person, method, url, data=None, **headers):
    client = Client()
    client.force_login(person)
    return getattr(client, method)(url, data, content_type="application/json", headers=headers)


def test_by_the_interface(company, order):
    new = {"order": order.pk, "kind": "ordinary", "amounts": [{"rate": "0.13", "amount": "1130.00"}]}
    assert send(company.manager1, "post", API, new).status_code == 403
    assert send(company.sales3, "post", API, new).status_code == 400
    made = send(company.sales1, "post", API, new)
    assert made.status_code == 201
    assert (made.json()["net"], made.json()["status"], made.json()["currency"]) == (
        "1000.00",
        "applied",
        "CNY",
    )
    url = f"{API}{made.json()['id']}/"
    assert send(company.sales1, "patch", url, {"title": "x", "version": 1}).status_code == 403
    assert send(company.finance1, "patch", url, {"amount": "5.00", "version": 1}).status_code == 400
    assert send(company.finance1, "patch", url, {"title": "新抬头", "version": 1}).json()["title"] == "新抬头"
    assert send(company.sales1, "post", f"{url}issue/", {"number": "7"}).status_code == 403
    assert send(company.finance1, "post", f"{url}issue/", {}).status_code == 400
    assert send(company.finance1, "post", f"{url}issue/", {"number": "7"}).json()["number"] == "7"
    assert send(company.finance1, "post", f"{url}deliver/").json()["status"] == "delivered"
    red = send(company.finance1, "post", f"{url}reverse/", {"number": "8", "reason": "退货"})
    assert (red.status_code, red.json()["amount"], red.json()["reverses"]) == (
        201,
        "-1130.00",
        made.json()["id"],
    )
    again = send(company.sales1, "post", API, {"order": order.pk, "amount": "10.00"}).json()
    assert send(company.sales3, "post", f"{API}{again['id']}/withdraw/").status_code == 404
    assert send(company.manager1, "post", f"{API}{again['id']}/withdraw/").status_code == 403
    assert send(company.sales1, "post", f"{API}{again['id']}/withdraw/").json()["status"] == "voided"
    assert send(company.service1, "get", API).status_code == 403


def page_of(person, url, data=None, method="get"):
    client = Client()
    client.force_login(person)
    return getattr(client, method)(url, data)


def test_from_the_contract_to_the_negative_invoice_in_the_browser(company, order):
    url = reverse("order_invoice", args=[order.pk])
    form = page_of(company.sales1, url).content.decode()
    assert 'name="amount_1300"' in form and "11300.00" in form and order.customer.name in form
    values = {"kind": "ordinary", "title": order.customer.name, "amount_1300": "5650", "amount_600": ""}
    assert page_of(company.manager1, url).status_code == 403
    assert page_of(company.sales1, url, values | {"amount_1300": "11300.01"}, "post").status_code == 422
    assert page_of(company.sales1, url, values, "post").status_code == 302
    invoice = Invoice.objects.get()
    shown = page_of(company.sales1, invoice.get_absolute_url()).content.decode()
    assert reverse("invoice_withdraw", args=[invoice.pk]) in shown
    assert reverse("invoice_issue", args=[invoice.pk]) not in shown
    steps = {name: reverse(f"invoice_{name}", args=[invoice.pk]) for name in ("issue", "deliver", "reverse")}
    assert steps["issue"] in page_of(company.finance1, invoice.get_absolute_url()).content.decode()
    day = company_today()
    assert (
        page_of(company.finance1, steps["issue"], {"number": "", "issued_date": day}, "post").status_code
        == 422
    )
    page_of(company.finance1, steps["issue"], {"number": "9", "issued_date": day}, "post")
    page_of(company.finance1, steps["deliver"], {"delivered_date": day}, "post")
    assert "5650.00" in page_of(company.finance1, steps["reverse"]).content.decode()
    values = {"number": "10", "issued_date": day, "amount": "650", "reason": "退一台"}
    page_of(company.finance1, steps["reverse"], values, "post")
    assert list(Invoice.objects.order_by("pk").values_list("status", "amount")) == [
        ("delivered", 5650),
        ("issued", -650),
    ]
    panel = page_of(company.finance1, reverse("order_panel", args=[order.pk, "right", "invoices"]))
    assert "5,000.00" in panel.content.decode()
    assert page_of(company.service1, invoice.get_absolute_url()).status_code == 404


def test_an_application_is_withdrawn_or_turned_down(company, order):
    mine = services.apply_for_invoice(order, amount=D(10), actor=SYSTEM)
    assert (
        page_of(company.sales3, reverse("invoice_withdraw", args=[mine.pk]), None, "post").status_code == 404
    )
    assert (
        page_of(company.manager1, reverse("invoice_withdraw", args=[mine.pk]), None, "post").status_code
        == 403
    )
    page_of(company.sales1, reverse("invoice_withdraw", args=[mine.pk]), None, "post")
    other = services.apply_for_invoice(order, amount=D(10), actor=SYSTEM)
    page_of(company.finance1, reverse("invoice_reject", args=[other.pk]), {"reason": "缺税号"}, "post")
    paper = issued(order, "5", amount=D(10), kind="ordinary")
    page_of(company.finance1, reverse("invoice_void", args=[paper.pk]), {"reason": "打错"}, "post")
    assert set(Invoice.objects.values_list("status", flat=True)) == {"voided", "rejected"}
    panel = reverse("customer_panel", args=[order.customer_id, "right", "payments"])
    assert reverse("invoice_list") in page_of(company.finance1, panel).content.decode()


class TestInvoices(ListPageContract):
    listing = INVOICES
    forbidden = "service1"

    def make(self, owner, number):
        order = signed_order(make_customer(owner), name=f"合同{number}")
        return services.apply_for_invoice(order, amount=Decimal(100 + number), actor=SYSTEM)

    def rename(self, record, text):
        Invoice.objects.filter(pk=record.pk).update(title=text)
        Order.objects.filter(pk=record.order_id).update(name=text)
