from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.tests.factories import make_customer
from accounts.tests.import_tools import carry_on, check, commit, run, xlsx
from crm.core.clock import company_today
from crm.events.models import Event
from crm.identity.tests.factories import make_company
from crm.listing.importing import undoing
from crm.listing.importing.registry import importable_by
from crm.records.models import ImportRow
from sales import services
from sales.models import PaymentPlan, Receipt
from sales.queries.payments import overdue_q, payment_list
from sales.tests.factories import SYSTEM, a_line, make_order, signed_order

pytestmark = pytest.mark.django_db
PLAN = ["合同编号", "应收日期", "应收金额（万元）", "款项"]
MONEY = ["合同编号", "到账日期", "到账金额", "收款方式", "流水号", "状态"]


@pytest.fixture
def company():
    return make_company()


@pytest.fixture
def order(company):
    """A contract of day one over 200,000, signed a year ago."""
    return signed_order(
        make_customer(company.sales1),
        company_today() - timedelta(365),
        number="老-1",
        lines=[a_line(200_000)],
    )


def day(ago):
    return (company_today() - timedelta(ago)).isoformat()


def codes(job):
    rows = ImportRow._base_manager.filter(job=job).order_by("number")
    return [[error["code"] for error in row.errors] for row in rows]


def test_plans_and_opening_balances_of_day_one_start_the_ages_right(company, order):
    """The worked example: 50,000 paid before the start, 50,000 due 38 days ago of which 30,000 came in since."""
    sheet = xlsx(
        PLAN, ["老-1", day(80), "5", "预付款"], ["老-1", day(38), "5", "发货款"], ["老-1", day(-30), "10", ""]
    )
    plans = run(company.finance1, sheet, "payment-plans")
    assert (plans.state, plans.counts["created"]) == ("done", 3)
    sheet = xlsx(
        MONEY,
        ["老-1", day(70), "50,000", "期初余额", "", ""],
        ["老-1", day(20), "30000", "电汇", "ICBC1", "已到账"],
        ["老-1", day(1), "1000", "现金", "", "待确认"],
    )
    job = run(company.finance1, sheet, "receipts")
    assert job.counts["created"] == 3
    assert list(order.plan.values_list("amount", "received")) == [
        (50_000, 50_000),
        (50_000, 30_000),
        (100_000, 0),
    ]
    assert payment_list().filter(overdue_q()).get().due_date == company_today() - timedelta(38)
    assert list(order.receipts.order_by("pk").values_list("method", "status")) == [
        ("opening", "confirmed"),
        ("transfer", "confirmed"),
        ("cash", "draft"),
    ]
    again = run(company.finance1, sheet, "receipts")
    assert again.counts["unchanged"] == 3 and Receipt.objects.count() == 3
    first = order.receipts.order_by("pk").first()
    services.void_receipt(first, reason="x", actor=SYSTEM)
    carry_on(undoing.start_undo(job))
    assert list(order.receipts.order_by("pk").values_list("status", "void_reason")) == [
        ("voided", "x"),
        ("voided", "The import was undone."),
        ("voided", "The import was undone."),
    ]
    carry_on(undoing.start_undo(plans))
    assert not PaymentPlan.objects.exists()


def test_what_cannot_be_is_named_with_its_reason(company, order):
    hidden = make_order(make_customer(company.sales3), number="藏-1")
    sheet = xlsx(
        MONEY,
        ["老-1", day(3), "0", "", "", ""],
        ["老-1", day(-3), "5", "", "", ""],
        ["老-1", day(3), "200000.01", "", "", ""],
        [hidden.number, day(3), "5", "", "", ""],
        ["没有", day(3), "5", "", "", ""],
        ["老-1", day(3), "9" * 30, "", "", ""],
        ["老-1", day(3), "-5", "", "", ""],
        ["老-1", day(3), "150000", "", "", ""],
        ["老-1", day(2), "150000", "", "", ""],
    )
    job = run(company.finance1, sheet, "receipts")
    assert codes(job) == [
        ["amount"], ["future"], ["beyond"], ["unknown_contract"], ["unknown_contract"], ["large"], ["beyond"], [],
        ["beyond"],
    ]  # fmt: skip
    sheet = xlsx(PLAN, ["老-1", day(3), "21", ""], ["老-1", day(3), "-1", ""], ["", day(3), "1", ""])
    assert codes(run(company.finance1, sheet, "payment-plans")) == [["beyond"], ["amount"], ["required"]]


def test_a_sheet_changes_plans_and_waiting_receipts_but_nothing_confirmed(company, order):
    today = company_today()
    services.plan_payments(order, [(today, Decimal(500), "")], actor=SYSTEM)
    sheet = xlsx(PLAN, ["老-1", day(0), "0.06", "尾款"])
    job = run(company.finance1, sheet, "payment-plans", mode="upsert")
    assert job.counts["updated"] == 1 and order.plan.get().amount == 600
    carry_on(undoing.start_undo(job))
    assert (order.plan.get().amount, order.plan.get().note) == (500, "")
    waiting, sure = (
        services.record_receipt(order, amount=Decimal(n), external_id=f"E{n}", actor=SYSTEM) for n in (1, 2)
    )
    services.confirm_receipt(sure, actor=SYSTEM)
    head = [*MONEY, "外部编号"]
    sheet = xlsx(head, ["老-1", day(0), "7", "", "", "", "E1"], ["老-1", day(0), "7", "", "", "", "E2"])
    job = run(company.finance1, sheet, "receipts", mode="upsert", key="external_id")
    assert codes(job) == [[], ["state"]]
    waiting.refresh_from_db()
    assert waiting.amount == 7


def test_who_may_not_confirm_may_not_import(company):
    may = {
        name: {one.slug for one in importable_by(getattr(company, name))}
        for name in ("finance1", "sales1", "admin")
    }
    assert {"receipts", "payment-plans"} <= may["finance1"]
    assert not {"receipts", "payment-plans"} & (may["sales1"] | may["admin"])


def test_what_somebody_imports_who_may_not_confirm_waits(company, order):
    role = company.finance1.role.group
    role.permissions.remove(role.permissions.get(codename="confirm_receipt"))
    job = run(company.finance1, xlsx(MONEY, ["老-1", day(3), "1000", "现金", "", "已到账"]), "receipts")
    assert job.counts["created"] == 1 and Receipt.objects.get().is_draft


def test_what_was_removed_after_the_check_is_planned_anew_and_an_undo_is_recorded(company, order):
    services.plan_payments(order, [(company_today(), Decimal(500), "")], actor=SYSTEM)
    job = check(
        company.finance1, xlsx(PLAN, ["老-1", day(0), "0.06", "尾款"]), "payment-plans", mode="upsert"
    )
    assert job.counts["updated"] == 1
    services.remove_instalment(order.plan.get(), actor=SYSTEM)
    assert (commit(job).counts["created"], order.plan.get().amount) == (1, 600)
    head = [*MONEY, "外部编号"]
    receipts = run(company.finance1, xlsx(head, ["老-1", day(0), "7", "", "", "", "E1"]), "receipts")
    carry_on(undoing.start_undo(receipts))
    event = Event.objects.filter(name="receipt.updated").latest("pk")
    assert event.changes == {"external_id": ["E1", ""]}
