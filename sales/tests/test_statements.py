from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from accounts.tests.factories import make_customer
from crm.approvals.models import ApprovalFlow
from crm.core.clock import company_today
from crm.events.models import Event
from crm.identity.tests.factories import make_company
from sales import services
from sales.queries.statements import statements_of
from sales.rules.statement import Entry, account
from sales.tests.factories import SYSTEM, a_line, signed_order

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def company():
    return make_company()


@pytest.fixture
def customer(company):
    """Sold 1,000 a year ago and 500 ten days ago; 800 came in before this month's days, 300 since, 50 went back."""
    today = company_today()
    ApprovalFlow._base_manager.filter(kind="refund").update(is_active=False)  # nobody has to agree here
    customer = make_customer(company.sales1, "苏州博远科技有限公司")
    old = signed_order(customer, today - timedelta(365), lines=[a_line(1000)], number="老-1")
    new = signed_order(customer, today - timedelta(10), lines=[a_line(500)], number="新-1")
    services.plan_payments(new, [(today - timedelta(4), D(500), "预付款")], actor=SYSTEM)
    for order, ago, amount in ((old, 100, 800), (new, 5, 300), (new, 2, -50)):
        receipt = services.record_receipt(
            order, amount=D(amount), received_date=today - timedelta(ago), actor=SYSTEM
        )
        services.confirm_receipt(receipt, actor=SYSTEM)
    services.record_receipt(new, amount=D(7), actor=SYSTEM)  # waits for finance, so it does not count
    return customer


def test_a_balance_is_carried_from_line_to_line():
    days = [date(2026, 1, day) for day in (1, 5, 5, 9, 20)]
    rows = [
        Entry(days[0], "a", "", charged=D(100)),
        Entry(days[2], "b", "", received=D(30)),
        Entry(days[1], "b", "", charged=D(50)),
        Entry(days[3], "b", "", received=D(-10)),
        Entry(days[4], "c", "", charged=D(7)),
    ]
    found = account(rows, date(2026, 1, 2), date(2026, 1, 10))
    assert [line.balance for line in found.lines] == [150, 120, 130]
    assert (found.opening, found.charged, found.received, found.closing) == (100, 50, 20, 130)
    assert account([], date(2026, 1, 2), date(2026, 1, 10)).closing == 0


def test_what_a_statement_says(company, customer):
    today = company_today()
    (found,) = statements_of(company.finance1, customer, today - timedelta(30), today, today)
    assert (found.currency, found.account.opening, found.account.closing) == ("CNY", 200, 450)
    assert (found.account.charged, found.account.received) == (500, 250)
    assert (found.owed, found.overdue, found.owing[0].now.days_overdue) == (250, 250, 4)
    assert statements_of(company.sales3, customer, today, today, today) == []


def get(person, url, **query):
    client = Client()
    client.force_login(person)
    return client.get(url, query)


def test_page_workbook_and_who_gets_them(company, customer):
    url = reverse("customer_statement", args=[customer.pk])
    first = (company_today() - timedelta(30)).isoformat()
    page = get(company.sales1, url, first=first).content.decode()
    assert "450.00" in page and "新-1" in page and "export=xlsx" not in page
    assert get(company.sales1, url, first=first, export="xlsx").status_code == 403
    assert get(company.sales1, url, first="2026-13-01").status_code == 400
    assert get(company.sales1, url, first="2026-02-02", last="2026-02-01").status_code == 400
    assert get(company.sales3, url).status_code == 404
    assert get(company.service1, url).status_code == 403
    answer = get(company.finance1, url, first=first, export="xlsx")
    rows = list(
        load_workbook(BytesIO(b"".join(answer.streaming_content)), read_only=True).worksheets[0].values
    )
    assert [row[5] for row in rows[1:]] == [200, 700, 400, 450, 450]
    assert Event.objects.get(name="statement.taken").payload["format"] == "xlsx"
    panel = reverse("customer_panel", args=[customer.pk, "right", "payments"])
    assert url in get(company.finance1, panel).content.decode()


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "对账单"), ("en", "Statement of account")])
def test_a_statement_on_paper(company, customer, language, words, monkeypatch):
    kept = {}

    def keep(html, pictures):
        kept["html"] = html
        return b"%PDF-"

    monkeypatch.setattr("sales.services.documents.pdf_of", keep)
    url = reverse("customer_statement", args=[customer.pk])
    answer = get(company.sales1, url, language=language, export="pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert words in kept["html"] and ("银行转账" in kept["html"]) == (language == "zh-hans")
    assert customer.name in kept["html"] and "250.00" in kept["html"]
