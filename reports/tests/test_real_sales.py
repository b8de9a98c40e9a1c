"""The CRM sales set, loaded by the services that an import uses: the reports give its published figures to the cent."""

import csv
import datetime
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from accounts.tests.factories import make_customer
from crm.core.clock import company_midnight
from crm.identity.tests.factories import make_team, make_user
from reports.tests.test_reports import build, line
from sales.models import Opportunity, OpportunityLine, Product
from sales.services.bulk import NewOpportunity, create_opportunities
from sales.tests.factories import SYSTEM, stage

pytestmark = pytest.mark.django_db
YEAR = {"from": "2017-01-01", "to": "2017-12-31"}
BY_MANAGER = {
    "Melvin Marxen": (2_251_930, 882, 536, 511, "0.622"),
    "Summer Sewald": (1_964_750, 828, 459, 414, "0.6434"),
    "Rocco Neubert": (1_960_545, 691, 422, 214, "0.6208"),
    "Celia Rouche": (1_603_897, 610, 352, 334, "0.6341"),
    "Cara Losch": (1_130_049, 480, 265, 219, "0.6443"),
    "Dustin Brinkmann": (1_094_363, 747, 439, 397, "0.6298"),
}
BY_OFFICE = {
    "West": (3_568_647, 1438, 811, 748, "0.6394"),
    "Central": (3_346_293, 1629, 975, 908, "0.6256"),
    "East": (3_090_594, 1171, 687, 433, "0.6302"),
}
BY_PRODUCT = {
    "GTX Pro": (3_510_578, 729, 418, 333, "0.6356"),
    "GTX Plus Pro": (2_629_651, 479, 266, 223, "0.643"),
    "MG Advanced": (2_216_387, 654, 430, 328, "0.6033"),
    "GTX Plus Basic": (705_275, 653, 398, 332, "0.6213"),
    "GTX Basic": (499_263, 915, 521, 430, "0.6372"),
    "GTK 500": (400_612, 15, 10, 15, "0.6"),
    "MG Special": (43_768, 793, 430, 428, "0.6484"),
}
BY_QUARTER = {
    "Q1 2017": (1_134_672, 531, 116, "0.8207"),
    "Q2 2017": (3_086_111, 1254, 778, "0.6171"),
    "Q3 2017": (2_982_255, 1257, 790, "0.6141"),
    "Q4 2017": (2_802_496, 1196, 789, "0.6025"),
}
STAGES = {"Prospecting": "Qualify", "Engaging": "Discovery", "Won": "Won", "Lost": "Lost"}


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def boss(test_data: Path) -> Any:
    """The whole set under one director: offices, their managers' teams, their agents, accounts, products, 8,800 deals."""
    folder = test_data / "maven_crm"
    if not folder.is_dir():
        pytest.skip("the CRM sales set is not there")
    company = make_team("Company")
    boss = make_user("boss", "executive", company)
    offices: dict[str, Any] = {}
    teams: dict[str, Any] = {}
    agents: dict[str, Any] = {}
    for number, row in enumerate(table(folder, "sales_teams")):
        office = row["regional_office"]
        offices[office] = offices.get(office) or make_team(office, company)
        teams[row["manager"]] = teams.get(row["manager"]) or make_team(row["manager"], offices[office])
        agents[row["sales_agent"]] = make_user(
            f"agent{number}", "salesperson", teams[row["manager"]], name=row["sales_agent"]
        )
    rows = table(folder, "sales_pipeline")
    accounts = {
        name: make_customer(boss, name or "No account") for name in sorted({row["account"] for row in rows})
    }
    products = {
        row["product"]: Product.objects.create(name=row["product"], code=row["product"])
        for row in table(folder, "products")
    }
    prices = {row["product"]: Decimal(row["sales_price"]) for row in table(folder, "products")}
    made = create_opportunities(deals(rows, agents, accounts, prices), actor=SYSTEM)
    amounts = dict(Opportunity.objects.values_list("pk", "amount"))
    OpportunityLine.objects.bulk_create(
        OpportunityLine(
            opportunity_id=pk, product=products[product_of(row)], name=product_of(row), price=amounts[pk],
            tax_rate=0, listed=amounts[pk], amount=amounts[pk], net=amounts[pk], tax=0,
        )
        for pk, row in zip(made, rows, strict=True)
    )  # fmt: skip
    return boss


def product_of(row: dict[str, str]) -> str:
    """Some rows write GTXPro."""
    return {"GTXPro": "GTX Pro"}.get(row["product"], row["product"])


def deals(rows: list[dict[str, str]], agents: Any, accounts: Any, prices: Any) -> Iterator[NewOpportunity]:
    stages = {name: stage(ours) for name, ours in STAGES.items()}
    today = datetime.date(2017, 12, 31)
    for row in rows:
        began = datetime.date.fromisoformat(row["engage_date"]) if row["engage_date"] else today
        closed = datetime.date.fromisoformat(row["close_date"]) if row["close_date"] else None
        status = row["deal_stage"].lower() if closed else "open"
        stays = [(stages["Prospecting"], company_midnight(began))]
        if row["deal_stage"] != "Prospecting":
            stays.append((stages[row["deal_stage"]], company_midnight(closed or began)))
        agent = agents[row["sales_agent"]]
        yield NewOpportunity(
            customer=accounts[row["account"]],
            name=row["opportunity_id"],
            stays=stays,
            owner_id=agent.pk,
            team_id=agent.team_id,
            amount=Decimal(row["close_value"]) if row["close_value"] else prices[product_of(row)],
            currency="USD",
            status=status,
            closed_at=closed,
            opened_at=began,
        )


def check(found: Any, figures: dict[str, tuple[Any, ...]]) -> None:
    assert {row.values["label"] for row in found.rows} == set(figures)
    for label, (value, won, lost, *rest) in figures.items():
        row = line(found, label)
        assert (row["won_value"], row["won"], row["lost"]) == (value, won, lost), label
        assert round(row["win_rate"], 4) == Decimal(rest[-1]), label
        assert len(rest) < 2 or row["open"] == rest[0], label


def test_the_reports_give_the_published_figures(boss):
    whole = build("sales", boss, **YEAR)
    assert (whole.totals["won_value"], whole.totals["won"], whole.totals["lost"]) == (10_005_534, 4238, 2473)
    assert (whole.totals["open"], whole.currency, whole.approximate) == (2089, "USD", False)
    assert round(whole.totals["win_rate"], 4) == Decimal("0.6315")
    best = whole.rows[0].values
    assert (best["label"], best["won_value"], best["won"]) == ("Darcel Schlecht", 1_153_214, 349)
    assert line(whole, "Hayden Neloms")["won_value"] == 272_111
    check(build("sales", boss, group="team", **YEAR), BY_MANAGER)
    check(build("sales", boss, group="department", **YEAR), BY_OFFICE)
    check(build("sales", boss, group="product", **YEAR), BY_PRODUCT)
    check(build("sales", boss, group="quarter", **YEAR), BY_QUARTER)
    assert build("sales", boss, group="product", **YEAR).totals["won_value"] == 10_005_534
    cycle = build("sales-cycle", boss, **YEAR)
    assert round(line(cycle, "Won")["average"], 3) == Decimal("51.782") and line(cycle, "Won")["median"] == 57
    assert round(line(cycle, "Lost")["average"], 4) == Decimal("41.4792")
    assert round(cycle.totals["average"], 4) == Decimal("47.9854")
    pipeline = build("pipeline", boss)
    assert (line(pipeline, "Qualify")["amount"], line(pipeline, "Discovery")["amount"]) == (
        1_073_986,
        3_892_229,
    )
    assert (line(pipeline, "Qualify")["count"], line(pipeline, "Discovery")["count"]) == (500, 1589)
    assert pipeline.totals["amount"] == 4_966_215
