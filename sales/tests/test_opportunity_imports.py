from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts.tests.factories import make_contact, make_customer
from accounts.tests.import_tools import carry_on, errors_of, rows_of, run, xlsx
from crm.identity import services as identity
from crm.identity.tests.factories import make_company
from crm.listing.importing import undoing
from crm.records.services.custom_fields import create_field
from sales.models import Opportunity, OpportunityLine
from sales.services.products import create_product
from sales.tests.factories import SYSTEM, make_opportunity

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
HEAD = ["商机名称", "客户名称", "阶段", "预计金额（万）", "预计成交日期", "负责人", "商机编号", "输单原因"]


@pytest.fixture
def company():
    return make_company()


def imported(user, *rows, head=HEAD, **options):
    return run(user, xlsx(head, *rows, name="deals.xlsx"), "opportunities", **options)


def test_a_sheet_of_deals_is_understood_without_help(company):
    create_field(model="sales.opportunity", kind="text", label_zh="招标号", key="tender", actor=SYSTEM)
    customer = make_customer(company.sales1, "嘉兴明锐光学有限公司")
    make_contact(customer, "沈立群")
    soon, past = (TODAY + timedelta(40)).isoformat(), (TODAY - timedelta(20)).isoformat()
    job = imported(
        company.sales1,
        ["视觉站 6 台", "嘉兴明锐光学有限公司", "方案报价", "118", soon, "", "SJ-1", "", "ZB-8", "沈立群"],
        ["维保年框", "嘉兴明锐光学有限公司", "赢单", "26", past, "", "SJ-2", "", "", ""],
        ["二号线", "嘉兴明锐光学有限公司", "丢单", "40", past, "", "SJ-3", "价格高", "", ""],
        head=[*HEAD, "招标号", "联系人"],
    )
    assert (job.state, job.counts["created"]) == ("done", 3), errors_of(job)
    first, won, lost = Opportunity.objects.order_by("external_id")
    assert (first.stage.name_en, first.amount, first.probability) == ("Proposal", Decimal(1_180_000), 50)
    assert (first.owner, first.team, first.contact.name) == (company.sales1, company.east, "沈立群")
    assert first.custom == {"tender": "ZB-8"}
    assert (won.status, won.closed_at.isoformat(), won.stage.name_en) == ("won", past, "Won")
    assert (lost.status, lost.reason) == ("lost", "price")
    assert [stay.stage.name_en for stay in won.history.order_by("entered_at", "pk")] == ["Qualify", "Won"]


def test_every_bad_row_says_why_and_the_good_ones_go_in(company):
    make_customer(company.sales1, "甲公司")
    make_customer(company.sales3, "别人的公司")
    past, ahead = (TODAY - timedelta(20)).isoformat(), (TODAY + timedelta(20)).isoformat()
    rows = {
        "负数": ["负数", "甲公司", "", "-5", ahead, "", "", ""],
        "天价": ["天价", "甲公司", "", "9" * 30, ahead, "", "", ""],
        "错阶段": ["错阶段", "甲公司", "随便", "5", ahead, "", "", ""],
        "别人": ["别人", "别人的公司", "", "5", ahead, "", "", ""],
        "没有": ["没有", "没有这家公司", "", "5", ahead, "", "", ""],
        "未来": ["未来", "甲公司", "赢单", "5", ahead, "", "", ""],
        "无日": ["无日", "甲公司", "输单", "5", "", "", "", "价格"],
        "好的": ["好的", "甲公司", "初步接触", "5", past, "", "", ""],
    }
    job = imported(company.sales1, *rows.values())
    outcomes = [row.outcome for row in rows_of(job).values()]
    assert outcomes == ["failed"] * 7 + ["created"], errors_of(job)
    hidden, absent = (found[2] for found in errors_of(job) if found[0] in (5, 6))
    assert hidden == absent == "unknown_customer"


def test_to_whom_pipelines_are_closed_their_stages_have_no_names(company):
    make_customer(company.sales1, "甲公司")
    named, unknown = (
        [name, "甲公司", name, "5", TODAY.isoformat(), "", "", ""] for name in ("方案报价", "随便")
    )
    outcomes = []
    for rights in ([], Permission.objects.filter(codename="view_pipeline")):
        company.sales1.role.group.permissions.remove(*rights)
        job = imported(company.sales1, named, unknown)
        outcomes.append([row.outcome for row in rows_of(job).values()])
    assert outcomes == [["created", "failed"], ["failed", "failed"]], errors_of(job)
    assert len({code for _row, _column, code in errors_of(job)}) == 1


def test_deals_nobody_has_named_a_customer_for_are_filed_together(company):
    rows = [["一", "", "", "5", "", "", "", ""], ["二", "", "", "6", "", "", "", ""]]
    job = imported(company.sales1, *rows)
    assert job.counts["created"] == 2, errors_of(job)
    assert [code for _row, _column, code in errors_of(job)] == ["no_customer"] * 2
    assert len(set(Opportunity.objects.values_list("customer", flat=True))) == 1


def test_a_product_is_the_line_and_its_list_price_the_amount_nobody_gave(company):
    make_customer(company.sales1, "甲公司")
    create_product(name="GTX Pro", list_price=Decimal(4821), actor=SYSTEM)
    head = ["Product", "Account", "Stage", "Close value", "Close date", "Opportunity ID"]
    past = (TODAY - timedelta(20)).isoformat()
    job = imported(
        company.sales1,
        ["GTXPro", "甲公司", "Prospecting", "", "", "A1"],
        ["gtx pro", "甲公司", "Won", "4514", past, "A2"],
        ["GTX Prro", "甲公司", "Won", "1", past, "A3"],
        head=head,
    )
    assert (job.counts["created"], job.counts["failed"]) == (2, 1), errors_of(job)
    lines = dict(OpportunityLine.objects.values_list("opportunity__external_id", "amount"))
    assert lines == {"A1": Decimal(4821), "A2": Decimal(4514)}
    assert Opportunity.objects.get(external_id="A1").amount == Decimal(4821)


def test_the_same_sheet_again_changes_what_differs_and_an_undo_takes_it_back(company):
    customer = make_customer(company.sales1, "甲公司")
    row = ["视觉站", "甲公司", "", "100", (TODAY + timedelta(10)).isoformat(), "", "SJ-1", ""]
    imported(company.sales1, row)
    again = imported(company.sales1, row, mode="upsert", key="external_id")
    assert (again.counts["created"], again.counts["unchanged"]) == (0, 1), errors_of(again)
    row[3], row[4] = "120", (TODAY + timedelta(40)).isoformat()
    changed = imported(company.sales1, row, mode="upsert", key="external_id")
    deal = Opportunity.objects.get(customer=customer)
    assert (changed.counts["updated"], deal.amount, deal.pushes) == (1, Decimal(1_200_000), 1), errors_of(
        changed
    )
    undoing.start_undo(changed)
    carry_on(changed)
    deal.refresh_from_db()
    assert (deal.amount, deal.pushes) == (Decimal(1_000_000), 0)


def test_deals_of_colleagues_out_of_reach_stay_as_they_are(company):
    make_opportunity(make_customer(company.sales3, "乙公司"), "旧单", external_id="SJ-9")
    make_customer(company.sales1, "甲公司")
    row = ["新名", "甲公司", "", "100", "", "", "SJ-9", ""]
    job = imported(company.sales1, row, mode="upsert", key="external_id")
    assert job.counts["failed"] == 1
    assert Opportunity.objects.get(external_id="SJ-9").name == "旧单"


def test_who_stands_in_for_a_colleague_takes_no_deal_by_a_sheet(company):
    deal = make_opportunity(make_customer(company.sales3), "二号线", external_id="SJ-1")
    identity.set_cover(company.sales3, by=company.sales1, first_date=TODAY, last_date=TODAY, actor=SYSTEM)
    row = ["二号线", "", "", "5", "", "sales1", "SJ-1", ""]
    (found,) = rows_of(imported(company.sales1, row, mode="update")).values()
    assert (found.outcome, found.errors[0]["code"]) == ("failed", "transfer")
    deal.refresh_from_db()
    assert (deal.owner, deal.amount) == (company.sales3, 0)
