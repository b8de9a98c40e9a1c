"""The CRM sales set, imported through the wizard once: what comes in and what the reports say are its published figures."""

import csv
import datetime
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from statistics import mean, median
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Count, Q, Sum

from accounts.models import Customer
from accounts.tests.import_tools import errors_of, run, text_file
from crm.identity.models import Role, User
from crm.identity.services import create_team, create_user
from crm.identity.tests.factories import make_company
from reports.tests.test_reports import build, line
from sales.models import Opportunity, OpportunityLine, StageHistory
from sales.services.products import create_product
from sales.tests.factories import SYSTEM

pytestmark = pytest.mark.django_db
YEAR = {"from": "2017-01-01", "to": "2017-12-31"}
LAST_DAY = datetime.date(2017, 12, 31)
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
BY_AGENT = {
    "Darcel Schlecht": (1_153_214, 349, 204, 194, "0.6311"),
    "Vicki Laflamme": (478_396, 221, 126, 104, "0.6369"),
    "Kary Hendrixson": (454_298, 209, 126, 103, "0.6239"),
    "Cassey Cress": (450_489, 163, 98, 85, "0.6245"),
    "Donn Cantrell": (445_860, 158, 117, 0, "0.5745"),
    "Reed Clapper": (438_336, 155, 82, 0, "0.654"),
    "Zane Levy": (430_068, 161, 100, 88, "0.6169"),
    "Corliss Cosme": (421_036, 150, 79, 81, "0.655"),
    "James Ascencio": (413_533, 135, 71, 61, "0.6553"),
    "Daniell Hammack": (364_229, 114, 73, 72, "0.6096"),
    "Maureen Marcano": (350_395, 149, 64, 72, "0.6995"),
    "Gladys Colclough": (345_674, 135, 97, 85, "0.5819"),
    "Markita Hansen": (328_792, 130, 97, 79, "0.5727"),
    "Kami Bicknell": (316_456, 174, 98, 90, "0.6397"),
    "Marty Freudenburg": (291_195, 122, 72, 87, "0.6289"),
    "Elease Gluck": (289_195, 80, 46, 51, "0.6349"),
    "Jonathan Berthelot": (284_886, 171, 93, 81, "0.6477"),
    "Anna Snelling": (275_056, 208, 128, 112, "0.619"),
    "Hayden Neloms": (272_111, 107, 45, 50, "0.7039"),
    "Boris Faz": (261_631, 101, 52, 57, "0.6601"),
    "Rosalina Dieter": (235_403, 72, 38, 50, "0.6545"),
    "Rosie Papadopoulos": (230_169, 78, 43, 39, "0.6446"),
    "Cecily Lampkin": (229_800, 107, 53, 43, "0.6687"),
    "Moses Frase": (207_182, 129, 66, 65, "0.6615"),
    "Garret Kinder": (197_773, 75, 48, 0, "0.6098"),
    "Lajuana Vencill": (194_632, 127, 104, 80, "0.5498"),
    "Versie Hillebrand": (187_693, 176, 88, 97, "0.6667"),
    "Niesha Huffines": (176_961, 105, 70, 64, "0.6"),
    "Wilburn Farren": (157_640, 55, 24, 31, "0.6962"),
    "Violet Mclelland": (123_431, 122, 71, 68, "0.6321"),
}
BY_SECTOR = {
    "retail": (1_867_528, 799, 468, 130, "0.6306"),
    "technology": (1_515_487, 671, 387, 107, "0.6342"),
    "medical": (1_359_595, 592, 358, 101, "0.6232"),
    "software": (1_077_934, 450, 254, 53, "0.6392"),
    "finance": (950_908, 375, 238, 65, "0.6117"),
    "marketing": (922_321, 404, 219, 51, "0.6485"),
    "entertainment": (689_007, 260, 142, 49, "0.6468"),
    "telecommunications": (653_574, 285, 171, 45, "0.625"),
    "services": (533_006, 223, 129, 38, "0.6335"),
    "employment": (436_174, 179, 107, 25, "0.6259"),
}
BY_ACCOUNT = {
    "Kan-code": (341_455, 115, 72, 9),
    "Konex": (269_245, 108, 63, 7),
    "Condax": (206_410, 105, 54, 11),
    "Cheers": (198_020, 57, 33, 8),
    "Hottechi": (194_957, 111, 82, 7),
}


@pytest.fixture(scope="module")
def imported(django_db_setup: None, django_db_blocker: Any, test_data: Path) -> Iterator[Any]:
    """Offices, their managers' teams and agents, products, then accounts and 8,800 deals as files: once for all tests here."""
    folder = test_data / "maven_crm"
    if not folder.is_dir():
        pytest.skip("the CRM sales set is not there")
    with django_db_blocker.unblock(), transaction.atomic():
        company = make_company()
        people(folder)
        for row in table(folder, "products"):
            create_product(name=row["product"], list_price=Decimal(row["sales_price"]), actor=SYSTEM)
        accounts = text_file((folder / "accounts.csv").read_bytes(), name="accounts.csv")
        first = run(company.admin, accounts)
        deals = text_file((folder / "sales_pipeline.csv").read_bytes(), name="sales_pipeline.csv")
        made = company, first, run(company.admin, deals, "opportunities")
        connection.check_constraints()  # once; what is left to look at would be looked at after every test
        yield made
        transaction.set_rollback(True)


def people(folder: Path) -> None:
    """The teams of the set: an office above its managers' teams, with the agents in them."""
    sellers, offices, managers = Role.objects.get(slug="salesperson"), {}, {}
    for number, row in enumerate(table(folder, "sales_teams")):
        office, manager = row["regional_office"], row["manager"]
        offices[office] = offices.get(office) or create_team(office, actor=SYSTEM)
        managers[manager] = managers.get(manager) or create_team(
            manager, parent=offices[office], actor=SYSTEM
        )
        create_user(
            f"agent{number}", name=row["sales_agent"], role=sellers, team=managers[manager], actor=SYSTEM
        )


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def check(found: Any, figures: dict[str, tuple[Any, ...]]) -> None:
    assert {row.values["label"] for row in found.rows} == set(figures)
    for label, (value, won, lost, *rest) in figures.items():
        row = line(found, label)
        assert (row["won_value"], row["won"], row["lost"]) == (value, won, lost), label
        assert abs(row["win_rate"] - Decimal(rest[-1])) <= Decimal("0.00005"), label
        assert len(rest) < 2 or row["open"] == rest[0], label


def test_every_row_comes_in_misspelt_products_and_missing_accounts_too(imported):
    _company, accounts, job = imported
    assert accounts.counts["created"] == 85
    assert job.mapping == {
        "opportunity_id": "external_id", "sales_agent": "owner", "product": "product", "account": "customer",
        "deal_stage": "stage", "engage_date": "opened_at", "close_date": "close_date", "close_value": "amount",
    }  # fmt: skip
    assert (job.counts["created"], job.counts["failed"]) == (8_800, 0), errors_of(job)[:5]
    assert sum(code == "no_customer" for _row, _column, code in errors_of(job)) == 1_425
    rows = Opportunity.objects.all()
    won = rows.filter(status="won")
    assert (won.count(), rows.filter(status="lost").count()) == (4_238, 2_473)
    stages = dict(rows.filter(status="open").values_list("stage__name_en").annotate(Count("pk")))
    assert stages == {"Qualify": 500, "Discovery": 1_589}
    amounts = list(won.values_list("amount", flat=True))
    assert (sum(amounts), median(amounts), round(mean(amounts), 4)) == (
        10_005_534,
        1_117,
        Decimal("2360.9094"),
    )
    assert round(won.count() / rows.count(), 4) == 0.4816
    ages = [
        (LAST_DAY - day).days
        for day in rows.filter(stage__name_en="Discovery").values_list("opened_at", flat=True)
    ]
    assert (round(mean(ages), 2), sum(age > 90 for age in ages)) == (198.82, 1_479)
    assert User.objects.filter(username__startswith="agent").count() == 35
    assert OpportunityLine.objects.count() == 8_800  # GTXPro is GTX Pro
    assert StageHistory.objects.count() == 8_800 + 4_238 + 2_473
    assert Customer.objects.get(external_id="deals-without-customer").opportunities.count() == 1_425


def test_accounts_and_sectors_have_their_deals(imported):
    measures = {
        "value": Sum("amount", filter=Q(status="won")),
        **{name: Count("pk", filter=Q(status=name)) for name in ("won", "lost", "open")},
    }
    rows = Opportunity.objects.exclude(customer__external_id="deals-without-customer").order_by()
    by_account = {
        name: tuple(rest) for name, *rest in rows.values_list("customer__name").annotate(**measures)
    }
    assert len(by_account) == 85 and by_account | BY_ACCOUNT == by_account


def test_sectors_are_industries_and_none_is_lost(imported, test_data):
    """Several sectors are one industry of the national list; "technolgy" is technology."""
    sectors = {row["account"]: row["sector"] for row in table(test_data / "maven_crm", "accounts")}
    sectors = {name: {"technolgy": "technology"}.get(sector, sector) for name, sector in sectors.items()}
    found = {
        (sectors[name], code)
        for name, code in Customer.objects.filter(name__in=sectors).values_list("name", "industry")
    }
    industry = dict(found)
    assert len(found) == len(industry) == len(BY_SECTOR)  # every account of a sector in the same industry
    wanted: dict[Any, list[int]] = {}
    for sector, figures in BY_SECTOR.items():
        sums = wanted.setdefault(industry[sector], [0, 0, 0, 0])
        wanted[industry[sector]] = [a + b for a, b in zip(sums, figures[:4], strict=True)]
    wanted.setdefault(None, [0, 0, 0, 0])[3] += 1_425
    rows = build("sales", imported[0].exec, group="industry", **YEAR).rows
    told = {row.id: [row.values[name] for name in ("won_value", "won", "lost", "open")] for row in rows}
    assert told == wanted


def test_the_reports_give_the_published_figures(imported):
    boss = imported[0].exec
    whole = build("sales", boss, **YEAR)
    assert (whole.totals["won_value"], whole.totals["won"], whole.totals["lost"]) == (10_005_534, 4238, 2473)
    assert (whole.totals["open"], whole.currency, whole.approximate) == (2089, "CNY", False)
    assert round(whole.totals["win_rate"], 4) == Decimal("0.6315")
    assert round(whole.totals["average"], 2) == Decimal("2360.91")
    check(whole, BY_AGENT)
    assert whole.rows[0].values["label"] == "Darcel Schlecht"
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
