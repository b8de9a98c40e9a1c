"""The reports' numbers, whose they are, and that page, API and files say the same."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import Customer
from accounts.services import delete_customer
from accounts.tests.factories import make_customer
from crm.core.clock import company_today
from crm.identity.models import FieldRight
from crm.listing.rest.testing import Caller
from reports.asked import ask
from reports.declare import REPORTS, Table
from reports.queries.dimensions import DIMENSIONS
from reports.tests.factories import days_ago, deal
from sales import services
from sales.models import Opportunity, OpportunityLine, Product
from sales.tests.factories import SYSTEM, a_line, signed_order

pytestmark = pytest.mark.django_db
CENTS = Decimal("0.01")
COUNTS = {"forecast": ("won", "open_count")}  # elsewhere "open" is a number of deals, there an amount


def build(slug: str, user: Any, **query: Any) -> Table:
    report = REPORTS[slug]
    return report.build(ask(report, user, query))


def line(table: Table, label: str) -> dict[str, Any]:
    return next(row.values for row in table.rows if row.values["label"] == label)


@pytest.fixture
def deals(company):
    """The deals of domain.md §10-5 in the east, and one in the south."""
    for amount, at in (
        (100_000, "Qualify"),
        (200_000, "Discovery"),
        (150_000, "Proposal"),
        (80_000, "Negotiation"),
    ):
        deal(company.sales1, amount, at)
    deal(company.sales1, 120_000, won=days_ago(3), opened=days_ago(23))
    deal(company.sales2, 60_000, lost=days_ago(5), opened=days_ago(15))
    deal(company.sales3, 50_000, "Proposal")
    return company


def test_open_pipeline_counts_amounts_and_weights_by_stage(deals):
    table = build("pipeline", deals.manager1)
    assert [row.values["label"] for row in table.rows] == ["Qualify", "Discovery", "Proposal", "Negotiation"]
    assert line(table, "Proposal") | {"probability": None} == {
        "label": "Proposal", "probability": None, "count": 1, "amount": 150_000, "weighted": 75_000,
    }  # fmt: skip
    assert (table.totals["count"], table.totals["amount"], table.totals["weighted"]) == (4, 530_000, 209_000)
    assert build("pipeline", deals.director).totals["count"] == 5
    assert build("pipeline", deals.sales3).totals["amount"] == 50_000
    assert build("pipeline", deals.director, team=deals.south.pk).totals["amount"] == 50_000
    assert build("pipeline", deals.director, owner=deals.sales1.pk).totals["count"] == 4


def test_sales_are_those_closed_in_the_days_asked_for(deals):
    table = build("sales", deals.director, group="owner")
    first = line(table, "Sales1")
    assert (first["won_value"], first["won"], first["lost"], first["win_rate"], first["open"]) == (
        120_000,
        1,
        0,
        1,
        4,
    )
    assert (table.totals["won"], table.totals["lost"], table.totals["win_rate"]) == (1, 1, Decimal("0.5"))
    assert table.totals["value_win_rate"].quantize(CENTS) == Decimal("0.67")
    earlier = build("sales", deals.director, to=days_ago(4).isoformat())
    assert (earlier.totals["won"], earlier.totals["lost"]) == (0, 1)
    by_team = build("sales", deals.director, group="team")
    assert {row.id for row in by_team.rows} == {deals.east.pk, deals.south.pk}
    assert [row.values["label"] for row in build("sales", deals.director, group="department").rows] == [
        str(deals.sales)
    ]
    by_month = build("sales", deals.director, group="month")
    assert sum(row.values["won"] for row in by_month.rows) == 1 and "open" not in by_month.totals


def test_invalid_and_binned_deals_count_nowhere(deals):
    services.invalidate_opportunity(deal(deals.sales1, 7), note="A test", actor=SYSTEM)
    gone = deal(deals.sales1, 9, customer=make_customer(owner=deals.sales1))
    delete_customer(gone.customer, actor=SYSTEM)
    services.delete_opportunity(deal(deals.sales1, 11), actor=SYSTEM)
    assert build("pipeline", deals.manager1).totals["amount"] == 530_000
    assert build("sales", deals.manager1).totals["win_rate"] == Decimal("0.5")


def test_the_sales_cycle_is_counted_from_opening_to_closing(deals):
    deal(deals.sales1, 10, won=days_ago(1), opened=days_ago(41))
    table = build("sales-cycle", deals.director)
    won = line(table, "Won")
    assert (won["count"], won["average"], won["median"], won["longest"]) == (2, 30, 30, 40)
    assert line(table, "Lost")["median"] == 10
    assert table.totals["count"] == 3
    assert line(build("sales-cycle", deals.director, group="owner"), "Sales1")["median"] == 30
    deal(deals.sales4, 10, won=days_ago(9))  # entered after it was made
    late = line(build("sales-cycle", deals.director, group="owner"), "Sales4")
    assert (late["median"], late["shortest"]) == (0, 0)


def test_velocity_is_what_the_open_deals_bring_in_a_day(company):
    for _number in range(2):
        deal(company.sales1, 1)
    deal(company.sales1, 50_000, won=days_ago(1), opened=days_ago(61))
    for _number in range(3):
        deal(company.sales1, 1, lost=days_ago(1))
    deal(company.sales1, 1, forecast_category="omitted")
    table = build("velocity", company.manager1)
    # 2 open × 50,000 × 25 % ÷ 60 days
    assert table.totals["velocity"] == Decimal("416.67")
    assert table.rows[0].values["open"] == 2


def test_several_currencies_are_converted_and_marked(deals):
    from crm.records.models import ExchangeRate

    ExchangeRate(currency="USD", base="CNY", rate=Decimal("7.1"), valid_from_date=days_ago(90)).save()
    deal(deals.sales1, 1000, "Qualify", currency="USD")
    table = build("pipeline", deals.sales1)
    assert table.approximate and table.currency == "CNY"
    assert line(table, "Qualify")["amount"] == 107_100
    alone = build("pipeline", deals.sales1, owner=deals.sales1.pk)
    assert alone.approximate
    deal(deals.sales2, 500, currency="USD")
    dollars = build("pipeline", deals.sales2)
    assert (dollars.currency, dollars.approximate, dollars.totals["amount"]) == ("USD", False, 500)


def test_page_api_and_workbook_say_the_same(deals, client):
    client.force_login(deals.manager1)
    page = client.get(reverse("report_detail", args=["pipeline"]))
    assert page.context["table"].totals["weighted"] == 209_000
    answer = Caller(deals.manager1)("get", "/api/v1/reports/pipeline/").json()
    assert answer["totals"] == {
        "probability": None,
        "count": 4,
        "amount": "530000.00",
        "weighted": "209000.00",
    }
    assert [row["label"] for row in answer["rows"]] == ["Qualify", "Discovery", "Proposal", "Negotiation"]
    assert {"columns", "rows", "totals", "as_of"} <= set(answer)
    content = b"".join(
        client.get(reverse("report_detail", args=["pipeline"]), {"export": "xlsx"}).streaming_content
    )
    rows = list(load_workbook(BytesIO(content)).worksheets[0].values)
    assert rows[-1][:5] == ("Total", None, 4, 530_000, 209_000)
    csv = b"".join(
        client.get(reverse("report_detail", args=["pipeline"]), {"export": "csv"}).streaming_content
    )
    assert b"530000.00" in csv


def test_a_report_is_printed_with_its_mark(deals, client):
    pytest.importorskip("weasyprint")
    client.force_login(deals.manager1)
    answer = client.get(reverse("report_detail", args=["sales"]), {"export": "pdf", "group": "month"})
    assert answer.content.startswith(b"%PDF")


@pytest.mark.parametrize(
    "query",
    [
        "nonsense=1",
        "group=nonsense",
        "owner=999999",
        "from=2026-13-01",
        "from=2026-05-02&to=2026-05-01",
        "team=x%00",
    ],
)
def test_what_a_report_does_not_know_is_refused(company, client, query):
    client.force_login(company.manager1)
    assert client.get(f"/reports/sales/?{query}").status_code == 400
    assert Caller(company.manager1)("get", f"/api/v1/reports/sales/?{query}").status_code == 400


def test_reports_are_for_those_who_see_deals_and_their_amounts(company, client):
    assert Caller(company.service1)("get", "/api/v1/reports/").status_code == 403
    assert Caller(company.service1)("get", "/api/v1/reports/pipeline/").status_code == 403
    assert Caller(company.sales1)("get", "/api/v1/reports/none/").status_code == 404
    owed = Caller(company.finance1)("get", "/api/v1/reports/").json()["results"]
    assert [one["slug"] for one in owed] == ["receivables"]
    FieldRight(
        role=company.manager1.role, model="sales.opportunity", field="forecast_category", level="hidden"
    ).save()
    assert Caller(company.manager1)("get", "/api/v1/reports/velocity/").status_code == 403
    FieldRight(role=company.marketing1.role, model="sales.opportunity", field="amount", level="hidden").save()
    listed = Caller(company.marketing1)("get", "/api/v1/reports/").json()["results"]
    assert [one["slug"] for one in listed] == ["sales-cycle"]
    assert Caller(company.marketing1)("get", "/api/v1/reports/sales/").status_code == 403


def test_every_number_leads_to_exactly_its_records(deals):
    """What a link says is the list's own query: the list counts what the report counts."""
    from django.http import QueryDict

    from crm.listing.selection import select
    from sales.listings.opportunities import OPPORTUNITIES

    there = deal(deals.sales1, 70, "Discovery", source="referral")
    Customer.objects.filter(pk=there.customer_id).update(region="440300", industry="I")
    product = Product.objects.create(name="P", code="P")
    OpportunityLine.objects.create(
        opportunity=there,
        product=product,
        name="P",
        price=70,
        tax_rate=0,
        listed=70,
        amount=70,
        net=70,
        tax=0,
    )
    deal(deals.sales4, 5, won=days_ago(2))
    counted = 0
    for user in (deals.sales1, deals.manager1, deals.director, deals.exec):
        for slug, query in [
            ("pipeline", {}),
            ("pipeline", {"team": deals.sales.pk} if user == deals.director else {}),
            *(("sales", {"group": group}) for group in DIMENSIONS),
            ("sales-cycle", {}),
            ("velocity", {"group": "owner"}),
            ("funnel", {}),
            ("funnel", {"kind": "snapshot"}),
            ("forecast", {}),
        ]:
            table = build(slug, user, **query)
            for row in [*table.rows, None]:
                drill, values = (row.drill, row.values) if row else (table.drill, table.totals)
                for key, url in drill.items():
                    if key in COUNTS.get(slug, ("count", "won", "lost", "open", "open_count")) and url:
                        found = select(OPPORTUNITIES, user, QueryDict(url.partition("?")[2])).scoped().count()
                        assert found == values[key], (slug, query, key, url)
                        counted += 1
    assert counted > 50


def test_receivables_are_told_by_age_and_by_whom(company):
    today = company_today()
    mine = signed_order(make_customer(company.sales1), today - timedelta(200), lines=[a_line(1000)])
    theirs = signed_order(make_customer(company.sales3), lines=[a_line(1000)])
    for days, amount in ((-120, 100), (-70, 200), (-40, 50), (-5, 30), (0, 20), (9, 600)):
        row = (today + timedelta(days), Decimal(amount), "")
        services.plan_payments(mine, [row], actor=SYSTEM)
    services.plan_payments(theirs, [(today + timedelta(5), Decimal(70), "")], actor=SYSTEM)
    receipt = services.record_receipt(mine, amount=Decimal(60), actor=SYSTEM)
    services.confirm_receipt(receipt, actor=SYSTEM)
    table = build("receivables", company.manager1)
    assert table.totals | {"label": 0, "share": 0} == {
        "label": 0, "owed": 940, "due_later": 620, "age_30": 30, "age_60": 50, "age_90": 200, "older": 40,
        "overdue": 320, "share": 0, "count": 6,
    }  # fmt: skip
    assert line(build("receivables", company.finance1, group="owner"), "Sales3")["owed"] == 70
    assert len(build("receivables", company.finance1).rows) == 2
    ages = build("receivables", company.manager1, group="age")
    assert [(row.id, row.values["owed"], row.values["count"]) for row in ages.rows] == [
        ("later", 620, 2), ("1-30", 30, 1), ("31-60", 50, 1), ("61-90", 200, 1), (">90", 40, 1),
    ]  # fmt: skip
    caller = Caller(company.finance1)
    for row in [
        *build("receivables", company.finance1).rows,
        *build("receivables", company.finance1, group="age").rows,
    ]:
        for key, url in row.drill.items():
            listed = caller("get", url.replace("/payments/", "/api/v1/payment-plans/")).json()["results"]
            owed = sum(Decimal(one["amount"]) - Decimal(one["received"]) for one in listed)
            assert (len(listed) if key == "count" else owed) == row.values[key]
    team = build("receivables", company.finance1, team=company.south.pk)
    assert team.totals["owed"] == 70
    assert not REPORTS["receivables"].offered(company.service1) and not REPORTS["sales"].offered(
        company.finance1
    )


def test_the_line_of_what_is_not_filled_in_leads_to_its_records_too(deals):
    """Nobody, no team, no source, no region: each of them is a list of exactly those deals."""
    from django.http import QueryDict

    from crm.listing.selection import select
    from sales.listings.opportunities import OPPORTUNITIES

    alone = deal(deals.sales1, 70, "Discovery")
    Opportunity.objects.filter(pk=alone.pk).update(owner=None, team=None)
    OpportunityLine.objects.create(
        opportunity=alone, name="x", price=70, tax_rate=0, listed=70, amount=70, net=70, tax=0
    )
    filled = deal(deals.sales1, 5, source="referral")
    Customer.objects.filter(pk=filled.customer_id).update(region="440300", industry="I")
    for group, few in {"owner": True, "team": True, "department": True}.items() | dict.fromkeys(
        ("region", "industry", "product", "source", "reason"), False
    ).items():
        row = next(one for one in build("sales", deals.exec, group=group).rows if one.id is None)
        assert row.values["open"] == 1 if few else row.values["open"] >= 6, group
        for key in ("won", "lost", "open"):
            query = QueryDict(row.drill[key].partition("?")[2])
            assert select(OPPORTUNITIES, deals.exec, query).scoped().count() == row.values[key], (group, key)


def test_nobody_tells_deals_apart_by_what_they_may_not_read(deals, client):
    """Deals without their lines (marketing), or without a field their role is kept from: no group, no filter."""
    FieldRight(role=deals.marketing1.role, model="sales.opportunity", field="source", level="hidden").save()
    caller = Caller(deals.marketing1)
    for group in ("product", "source"):
        assert caller("get", f"/api/v1/reports/sales/?group={group}").status_code == 400
        assert caller("get", f"/api/v1/opportunities/?without={group}").status_code == 400
    assert caller("get", "/api/v1/opportunities/?product=1").status_code == 400
    assert caller("get", "/api/v1/opportunities/?without=team").status_code == 200
    assert Caller(deals.director)("get", "/api/v1/reports/sales/?group=product").status_code == 200
