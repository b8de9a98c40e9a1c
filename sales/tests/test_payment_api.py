from decimal import Decimal

import pytest
from django.test import Client

from accounts.tests.factories import make_customer
from crm.core.clock import company_today
from crm.identity.tests.factories import make_company
from sales.tests.factories import a_line, signed_order

pytestmark = pytest.mark.django_db
PLANS, RECEIPTS = "/api/v1/payment-plans/", "/api/v1/receipts/"


def send(person, method, url, data=None, **headers):
    client = Client()
    client.force_login(person)
    return getattr(client, method)(url, data, content_type="application/json", headers=headers)


@pytest.fixture
def company():
    return make_company()


@pytest.fixture
def order(company):
    return signed_order(make_customer(company.sales1), lines=[a_line(1000)])


def test_a_payment_is_planned_received_confirmed_and_voided(company, order):
    day = company_today().isoformat()
    new = {"order": order.pk, "due_date": day, "amount": "600.00"}
    made = send(company.sales1, "post", PLANS, new)
    assert (made.status_code, made.json()["status"], made.json()["currency"]) == (201, "unpaid", "CNY")
    assert send(company.sales1, "post", PLANS, new).status_code == 400
    assert send(company.manager1, "post", PLANS, new).status_code == 403
    receipt = send(company.sales1, "post", RECEIPTS, {"order": order.pk, "amount": "250.00"}).json()
    assert receipt["status"] == "draft"
    url = f"{RECEIPTS}{receipt['id']}/"
    assert send(company.sales1, "post", f"{url}confirm/").status_code == 403
    assert send(company.sales3, "post", f"{url}confirm/").status_code == 404
    confirmed = send(company.finance1, "post", f"{url}confirm/").json()
    assert (confirmed["status"], confirmed["confirmed_by"]) == ("confirmed", company.finance1.pk)
    row = f"{PLANS}{made.json()['id']}/"
    now = send(company.finance1, "get", row).json()
    assert (now["received"], now["status"], now["days_overdue"]) == ("250.00", "partial", 0)
    assert send(company.finance1, "post", f"{url}void/", {}).status_code == 400
    assert send(company.finance1, "post", f"{url}void/", {"reason": "退票"}).json()["status"] == "voided"
    assert send(company.finance1, "get", row).json()["received"] == "0.00"
    assert send(company.service1, "get", PLANS).status_code == 403


def test_a_plan_is_changed_and_removed_by_finance_with_its_version(company, order):
    new = {"order": order.pk, "due_date": company_today().isoformat(), "amount": "600.00"}
    made = send(company.finance1, "post", PLANS, new).json()
    url = f"{PLANS}{made['id']}/"
    assert send(company.sales1, "patch", url, {"amount": "5.00", "version": 1}).status_code == 403
    assert send(company.finance1, "patch", url, {"amount": "5.00"}).status_code == 428
    changed = send(company.finance1, "patch", url, {"amount": "5.00", "version": made["version"]}).json()
    assert Decimal(changed["amount"]) == 5
    assert send(company.finance1, "delete", url, **{"If-Match": f'"{made["version"]}"'}).status_code == 412
    assert send(company.finance1, "delete", url, **{"If-Match": f'"{changed["version"]}"'}).status_code == 204
    assert not order.plan.exists()
