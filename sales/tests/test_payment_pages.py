from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.tests.factories import make_customer
from crm.automation.models import Notification
from crm.core.clock import company_today
from crm.identity.models import User
from crm.identity.tests.factories import make_company
from crm.listing.testing import ListPageContract
from sales import services
from sales.listings.payments import PAYMENTS, RECEIPTS
from sales.models import Order, PaymentPlan, Receipt
from sales.tests.factories import SYSTEM, a_line, make_order, signed_order

pytestmark = pytest.mark.django_db
TODAY = company_today


@pytest.fixture
def company():
    return make_company()


@pytest.fixture
def order(company):
    return signed_order(make_customer(company.sales1), lines=[a_line(1000)])


@pytest.fixture
def as_(client):
    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


def panel(client, order):
    url = reverse("order_panel", args=[order.pk, "right", "payments"])
    return client.get(url, headers={"HX-Request": "true"}).content.decode()


def test_from_the_plan_to_the_confirmed_receipt(as_, company, order):
    seller = as_(company.sales1)
    url = reverse("order_plan", args=[order.pk])
    assert "1,000.00" in seller.get(url).content.decode()
    day = TODAY() - timedelta(40)
    answer = seller.post(url, {"amount": "1000", "due_date": day, "parts": "3", "months": "1"})
    assert answer.status_code == 302
    assert list(order.plan.values_list("amount", flat=True)) == [
        Decimal("333.33"),
        Decimal("333.33"),
        Decimal("333.34"),
    ]
    assert seller.post(url, {"amount": "1", "due_date": day}).status_code == 422
    url = reverse("order_receipt", args=[order.pk])
    assert 'value="333.33"' in seller.get(url).content.decode()  # the first instalment is likely what came
    values = {"amount": "400", "received_date": TODAY(), "method": "transfer", "reference": "B7"}
    assert seller.post(url, values).status_code == 302
    receipt = Receipt.objects.get()
    assert "B7" in panel(seller, order)
    assert reverse("receipt_confirm", args=[receipt.pk]) not in panel(seller, order)
    assert seller.post(reverse("receipt_confirm", args=[receipt.pk])).status_code == 403

    assert (
        reverse("payment_edit", args=[order.plan.first().pk])
        not in seller.get(order.get_absolute_url()).content.decode()
    )
    finance = as_(company.finance1)
    assert reverse("receipt_confirm", args=[receipt.pk]) in panel(finance, order)
    assert finance.post(reverse("receipt_confirm", args=[receipt.pk])).status_code == 302
    assert list(order.plan.values_list("received", flat=True)) == [Decimal("333.33"), Decimal("66.67"), 0]
    first, *_rest = order.plan.all()
    page = finance.get(order.get_absolute_url())
    assert page.context["planned"] == {
        "amount": 1000, "received": 400, "outstanding": 600, "share": 1, "missing": 0,
    }  # fmt: skip
    assert [one["now"].days_overdue for one in page.context["plan"]] == [
        0,
        page.context["account"].days_overdue,
        0,
    ]
    assert reverse("payment_edit", args=[first.pk]) in page.content.decode()
    url = reverse("payment_edit", args=[first.pk])
    changed = finance.post(
        url, {"amount": "300", "due_date": day, "note": "预付款", "version": first.version}
    )
    assert changed.status_code == 302
    assert finance.post(url, {"amount": "301", "due_date": day, "version": first.version}).status_code == 409
    assert finance.get(reverse("payment_remove", args=[first.pk])).status_code == 200
    assert finance.post(reverse("payment_remove", args=[first.pk])).status_code == 302
    url = reverse("receipt_void", args=[receipt.pk])
    assert finance.post(url, {"reason": ""}).status_code == 422
    assert finance.post(url, {"reason": "退票"}).status_code == 302
    assert set(order.plan.values_list("received", flat=True)) == {0}


def test_a_draft_is_corrected_by_who_drafts_and_by_finance(as_, company, order):
    receipt = services.record_receipt(order, amount=Decimal(5), actor=SYSTEM)
    url = reverse("receipt_edit", args=[receipt.pk])
    assert as_(company.sales3).get(url).status_code == 404
    assert as_(company.manager1).get(url).status_code == 403
    values = {"amount": "6", "received_date": TODAY(), "method": "cash", "version": receipt.version}
    assert as_(company.sales1).post(url, values).status_code == 302
    values |= {"amount": "7", "version": receipt.version + 1}
    assert as_(company.finance1).post(url, values).status_code == 302
    assert Receipt.objects.get().amount == 7
    services.confirm_receipt(receipt, actor=SYSTEM)
    assert as_(company.sales1).get(url).status_code == 403
    url = reverse("receipt_void", args=[receipt.pk])
    assert as_(company.sales1).post(url, {"reason": "x"}).status_code == 403


def test_the_plan_of_an_unsigned_contract_is_its_drafters(as_, company):
    draft = make_order(make_customer(company.sales1))
    (row,) = services.plan_payments(draft, [(TODAY(), Decimal(10), "")], actor=SYSTEM)
    urls = [reverse(name, args=[row.pk]) for name in ("payment_edit", "payment_remove")]
    assert [as_(company.sales1).get(url).status_code for url in urls] == [200, 200]
    assert [as_(company.manager1).get(url).status_code for url in urls] == [403, 403]
    services.sign_order(services.approve_order(draft, actor=SYSTEM), actor=SYSTEM)
    assert [as_(company.sales1).get(url).status_code for url in urls] == [403, 403]


@pytest.mark.parametrize("name", ["order_plan", "order_receipt"])
def test_who_only_reads_neither_plans_nor_records(as_, company, order, name):
    url = reverse(name, args=[order.pk])
    assert as_(company.manager1).get(url).status_code == 403
    assert as_(company.service1).get(url).status_code == 403
    assert as_(company.sales3).get(url).status_code == 404
    assert as_(company.marketing1).get(url).status_code in (403, 404)
    assert as_(company.finance1).get(url).status_code == 200


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_day_stands_in_its_field_whatever_the_language(as_, company, order, language):
    (row,) = services.plan_payments(order, [(TODAY() + timedelta(9), Decimal(10), "")], actor=SYSTEM)
    User._base_manager.update(language=language)
    for person, name, pk, day in (
        (company.finance1, "payment_edit", row.pk, row.due_date),
        (company.finance1, "order_receipt", order.pk, TODAY()),
        (company.sales1, "order_edit", order.pk, order.signed_date),
    ):
        page = as_(person).get(reverse(name, args=[pk])).content.decode()
        assert f'value="{day.isoformat()}"' in page


def test_the_same_form_sent_twice_is_one_receipt(as_, company, order):
    seller = as_(company.sales1)
    values = {"amount": "4", "received_date": TODAY(), "method": "cash", "csrfmiddlewaretoken": "x" * 64}
    for _ in range(2):
        seller.post(reverse("order_receipt", args=[order.pk]), values)
    assert Receipt.objects.count() == 1


def test_the_customer_page_tells_what_is_owed(as_, company, order):
    services.plan_payments(order, [(TODAY() - timedelta(3), Decimal(700), "")], actor=SYSTEM)
    url = reverse("customer_panel", args=[order.customer_id, "right", "payments"])
    page = as_(company.finance1).get(url, headers={"HX-Request": "true"}).content.decode()
    assert "¥700" in page and order.get_absolute_url() in page
    assert "¥700" not in as_(company.service1).get(url, headers={"HX-Request": "true"}).content.decode()


def test_finance_confirms_many_at_once(as_, company, order):
    ids = [services.record_receipt(order, amount=Decimal(n), actor=SYSTEM).pk for n in (600, 300, 200)]
    as_(company.finance1).post(reverse("receipt_bulk", args=["confirm"]), {"ids": ids, "confirmed": "1"})
    assert sorted(Receipt.objects.values_list("status", flat=True)) == ["confirmed", "confirmed", "draft"]


class TestPayments(ListPageContract):
    listing = PAYMENTS
    forbidden = "service1"

    def make(self, owner, number):
        order = signed_order(make_customer(owner), name=f"合同{number}")
        day = TODAY() + timedelta(number - 3)
        return services.plan_payments(order, [(day, Decimal(100 + number), "")], actor=SYSTEM)[0]

    def rename(self, record, text):
        PaymentPlan.objects.filter(pk=record.pk).update(note=text)
        Order.objects.filter(pk=record.order_id).update(name=text)


class TestReceipts(ListPageContract):
    listing = RECEIPTS
    forbidden = "service1"

    def make(self, owner, number):
        order = signed_order(make_customer(owner), name=f"合同{number}")
        return services.record_receipt(order, amount=Decimal(100 + number), actor=SYSTEM)

    def rename(self, record, text):
        Receipt.objects.filter(pk=record.pk).update(reference=text)
        Order.objects.filter(pk=record.order_id).update(name=text)


def test_the_history_of_a_contract_tells_of_receipts_only_those_who_may_read_them(as_, company, order):
    services.record_receipt(order, amount=Decimal("456.78"), actor=SYSTEM)
    assert "456.78" in as_(company.sales1).get(order.get_absolute_url()).content.decode()
    role = company.sales1.role.group
    role.permissions.remove(role.permissions.get(codename="view_receipt"))
    page = as_(company.sales1).get(order.get_absolute_url()).content.decode()
    assert "456.78" not in page and "1,000.00" in page


def test_who_confirms_receipts_hears_that_one_waits(company, order):
    services.record_receipt(order, amount=Decimal(500), actor=SYSTEM)
    assert Notification.objects.get(kind="receipt_waits").user == company.finance1


def test_finance_confirms_the_amount_it_saw(as_, company, order):
    receipt = services.record_receipt(order, amount=Decimal(100), actor=SYSTEM)
    finance, url = as_(company.finance1), reverse("receipt_confirm", args=[receipt.pk])
    assert 'name="version" value="1"' in panel(finance, order)
    assert "&quot;version&quot;: 1" in finance.get(reverse("receipt_list")).content.decode()
    services.update_receipt(receipt, amount=Decimal(900), actor=SYSTEM)
    seen = {"version": receipt.version}
    assert finance.post(url, seen, headers={"HX-Request": "true"}).status_code == 409
    receipt.refresh_from_db()
    assert receipt.is_draft
    assert finance.post(url, {"version": receipt.version}).status_code == 302
    receipt.refresh_from_db()
    assert receipt.is_confirmed
