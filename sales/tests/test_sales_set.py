"""The CRM sales set (accounts, products, teams and 8,800 deals) through the import, against its known figures."""

import csv
from decimal import Decimal

import pytest
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import TruncQuarter

from accounts.models import Customer
from accounts.tests.import_tools import errors_of, run, text_file
from crm.identity.models import Role, User
from crm.identity.services import create_team, create_user
from crm.identity.tests.factories import make_company
from sales.models import Opportunity, OpportunityLine, StageHistory
from sales.services.products import create_product
from sales.tests.factories import SYSTEM

pytestmark = pytest.mark.django_db
QUARTERS = {
    "2017-01-01": (1_134_672, 531, 116),
    "2017-04-01": (3_086_111, 1_254, 778),
    "2017-07-01": (2_982_255, 1_257, 790),
    "2017-10-01": (2_802_496, 1_196, 789),
}
OFFICES = {
    "West": (3_568_647, 1_438, 811, 748),
    "Central": (3_346_293, 1_629, 975, 908),
    "East": (3_090_594, 1_171, 687, 433),
}
PRODUCTS = {
    "GTX Pro": (3_510_578, 729, 418, 333),
    "GTX Plus Pro": (2_629_651, 479, 266, 223),
    "MG Advanced": (2_216_387, 654, 430, 328),
    "GTX Plus Basic": (705_275, 653, 398, 332),
    "GTX Basic": (499_263, 915, 521, 430),
    "GTK 500": (400_612, 15, 10, 15),
    "MG Special": (43_768, 793, 430, 428),
}


@pytest.fixture
def folder(test_data):
    return test_data / "maven_crm"


def people(folder):
    """The teams of the set: an office above its managers' teams, with the agents in them."""
    sellers, offices, managers = Role.objects.get(slug="salesperson"), {}, {}
    with (folder / "sales_teams.csv").open() as table:
        for number, row in enumerate(csv.DictReader(table)):
            office, manager = row["regional_office"], row["manager"]
            offices[office] = offices.get(office) or create_team(office, actor=SYSTEM)
            managers[manager] = managers.get(manager) or create_team(
                manager, parent=offices[office], actor=SYSTEM
            )
            create_user(
                f"agent{number}", name=row["sales_agent"], role=sellers, team=managers[manager], actor=SYSTEM
            )


def figures(rows, key):
    """Won value, won, lost and open by something."""
    counted = (
        rows.order_by()
        .values_list(key)
        .annotate(
            value=Sum("amount", filter=Q(status="won")),
            won=Count("pk", filter=Q(status="won")),
            lost=Count("pk", filter=Q(status="lost")),
            open=Count("pk", filter=Q(status="open")),
        )
    )
    return {str(name): tuple(rest) for name, *rest in counted}


def test_the_sales_set_comes_in_and_gives_its_known_figures(folder):
    company = make_company()
    people(folder)
    with (folder / "products.csv").open() as table:
        for row in csv.DictReader(table):
            create_product(name=row["product"], list_price=Decimal(row["sales_price"]), actor=SYSTEM)
    accounts = (folder / "accounts.csv").read_bytes()
    assert run(company.admin, text_file(accounts, name="accounts.csv")).counts["created"] == 85
    deals = (folder / "sales_pipeline.csv").read_bytes()
    job = run(company.admin, text_file(deals, name="sales_pipeline.csv"), "opportunities")
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
    assert won.aggregate(Sum("amount"))["amount__sum"] == Decimal("10005534.00")
    cycle = [(closed - opened).days for opened, closed in won.values_list("opened_at", "closed_at")]
    assert (round(sum(cycle) / len(cycle), 3), sorted(cycle)[len(cycle) // 2]) == (51.782, 57)

    closed = rows.filter(closed_at__isnull=False).annotate(quarter=TruncQuarter("closed_at"))
    assert {name: found[:3] for name, found in figures(closed, "quarter").items()} == QUARTERS
    assert figures(rows, "team__parent__name") == OFFICES
    agents = figures(rows, "owner__name")
    assert agents["Darcel Schlecht"] == (1_153_214, 349, 204, 194)
    assert agents["Violet Mclelland"] == (123_431, 122, 71, 68)
    assert len(agents) == 30 and User.objects.filter(username__startswith="agent").count() == 35
    by_product = rows.annotate(product=F("lines__product__name"))
    assert figures(by_product, "product") == PRODUCTS
    assert OpportunityLine.objects.count() == 8_800  # GTXPro is GTX Pro
    accounts = figures(rows.exclude(customer__external_id__startswith="deals-"), "customer__name")
    assert accounts["Kan-code"] == (341_455, 115, 72, 9) and len(accounts) == 85
    assert Customer.objects.get(external_id="deals-without-customer").opportunities.count() == 1_425
    at_list_price = dict(rows.filter(status="open").values_list("stage__name_en").annotate(Sum("amount")))
    assert at_list_price == {"Discovery": Decimal(3_892_229), "Qualify": Decimal(1_073_986)}
    assert StageHistory.objects.count() == 8_800 + 4_238 + 2_473
