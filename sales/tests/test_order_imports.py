from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.tests.factories import make_customer
from accounts.tests.import_tools import carry_on, run, xlsx
from crm.core.clock import company_today
from crm.identity.tests.factories import make_company
from crm.listing.importing import undoing
from crm.records.models import ImportRow
from sales import services
from sales.models import Order, Product
from sales.tests.factories import SYSTEM, make_order, make_product

pytestmark = pytest.mark.django_db
HEAD = ["合同编号", "客户名称", "合同金额（万元）", "税率", "签订日期", "到期日", "状态", "备注"]


@pytest.fixture
def company():
    return make_company()


def errors(job):
    rows = ImportRow._base_manager.filter(job=job).order_by("number")
    return [(row.outcome, [error["code"] for error in row.errors]) for row in rows]


def day(ago):
    return (company_today() - timedelta(ago)).isoformat()


def test_contracts_of_day_one_keep_their_numbers_and_make_deal_customers(company):
    customer = make_customer(company.sales1, "苏州博远科技有限公司")
    sheet = xlsx(
        HEAD,
        ["老-2024-7", customer.name, "48", "13%", day(400), day(40), "", "续签中"],
        ["老-2025-1", customer.name, "120.5", "6", day(90), day(-200), "履行中", ""],
    )
    job = run(company.manager1, sheet, "orders")
    assert (job.state, job.counts["created"]) == ("done", 2)
    old, new = Order.objects.order_by("signed_date")
    assert (old.number, old.amount, old.net, old.status) == (
        "老-2024-7",
        Decimal(480_000),
        Decimal("424778.76"),
        "expired",
    )
    assert (new.amount, new.status, new.lines.get().tax_rate) == (
        Decimal(1_205_000),
        "fulfilling",
        Decimal("0.06"),
    )
    customer.refresh_from_db()
    assert customer.first_deal_at == old.signed_date
    carry_on(undoing.start_undo(job))
    assert not Order.objects.exists()
    customer.refresh_from_db()
    assert customer.first_deal_at is None


def test_what_cannot_be_a_contract_is_named_with_its_reason(company):
    name = make_customer(company.sales1, "苏州博远科技有限公司").name
    hidden = make_customer(company.sales3, "无锡远航机械有限公司").name
    make_order(make_customer(company.sales1), number="老-1")
    sheet = xlsx(
        HEAD,
        ["A-1", name, "-5", "", day(3), "", "", ""],
        ["A-2", name, "9" * 30, "", day(3), "", "", ""],
        ["A-3", name, "5", "17%", day(3), "", "", ""],
        ["A-4", name, "5", "", day(-3), "", "", ""],
        ["A-5", name, "5", "", "", "", "已签", ""],
        ["A-6", hidden, "5", "", day(3), "", "", ""],
        ["", name, "5", "", day(3), "", "", ""],
        ["A-8", name, "5", "", day(3), "", "", ""],
    )
    job = run(company.manager1, sheet, "orders")
    found = errors(job)
    assert [codes for _outcome, codes in found] == [
        ["amount"], ["large"], ["line"], ["future"], ["unsigned"], ["unknown_customer"], ["required"], [],
    ]  # fmt: skip
    assert set(Order.objects.values_list("number", flat=True)) == {"老-1", "A-8"}


def test_a_price_list_adds_and_changes_products(company):
    known = make_product("视觉检测站", code="VS-200", list_price=Decimal(100))
    sheet = xlsx(
        ["产品名称", "型号", "单位", "标准价", "税率", "在售"],
        ["视觉检测站", "VS-200", "台", "186,000", "13%", "是"],
        ["安装调试", "SRV", "人天", "2400", "0.06", "停售"],
        ["坏行", "BAD", "", "-1", "13%", ""],
    )
    job = run(company.manager1, sheet, "products", mode="upsert", key="code")
    assert job.counts["created"] == 1 and job.counts["updated"] == 1 and job.counts["failed"] == 1
    known.refresh_from_db()
    assert (known.list_price, known.unit) == (Decimal(186_000), "台")
    added = Product.objects.get(code="SRV")
    assert (added.tax_rate, added.is_active) == (Decimal("0.06"), False)
    assert services.create_product(name="别的", actor=SYSTEM).pk


def test_what_a_sheet_changed_of_a_contract_is_taken_back(company):
    order = make_order(make_customer(company.sales1, "苏州博远科技有限公司"), number="A-1", note="旧")
    sheet = xlsx(["合同编号", "客户名称", "合同金额", "备注"], ["A-1", "苏州博远科技有限公司", "1000", "新"])
    job = run(company.manager1, sheet, "orders", mode="upsert", key="number")
    order.refresh_from_db()
    assert (job.counts["updated"], order.note) == (1, "新"), errors(job)
    carry_on(undoing.start_undo(job))
    order.refresh_from_db()
    assert order.note == "旧"
