"""The manager's dashboard: its numbers are those of the reports, within the reader's reach."""

from decimal import Decimal

import pytest
from django.urls import reverse

from crm.core.clock import company_today
from crm.records.models import ExchangeRate
from reports import services
from reports.asked import ask
from reports.declare import REPORTS
from reports.models import Snapshot, SnapshotLine
from reports.queries import accuracy
from reports.rules.periods import period_of
from reports.tests.factories import days_ago, deal
from sales.services.stages import default_pipeline
from sales.tests.factories import SYSTEM

pytestmark = pytest.mark.django_db


def test_it_sums_what_its_reader_sees(company, client):
    quarter = period_of(company_today(), "quarter")
    deal(company.sales1, 100_000, won=company_today())
    deal(company.sales2, 50_000, lost=company_today())
    deal(company.sales3, 7_000, won=company_today())
    deal(company.sales1, 80_000, "Negotiation")
    last = quarter.on(-4)
    deal(company.sales1, 50_000, won=last.first, opened=last.first)
    services.set_quota(period=quarter, amount=Decimal(200_000), user=company.sales1, actor=SYSTEM)
    client.force_login(company.manager1)
    seen = client.get(reverse("dashboard")).context
    won, _received, rate, average, *_rest = seen["tiles"]
    assert (won["value"], won["change"], rate["value"], average["value"]) == (
        100_000,
        1,
        Decimal("0.5"),
        100_000,
    )
    assert [one["user"] for one in seen["ranking"]] == [company.sales1, company.sales2][:1]
    assert seen["totals"]["attainment"] == Decimal("0.5")
    month = next(one for one in seen["ahead"].rows if one["values"][0] != "¥0")
    assert month["values"][:2] == ["¥100K", "¥80K"]
    client.force_login(company.director)
    assert client.get(reverse("dashboard")).context["tiles"][0]["value"] == 107_000
    narrowed = client.get(reverse("dashboard"), {"team": company.south.pk, "period": "this_year"}).context
    assert narrowed["tiles"][0]["value"] == 7_000
    client.force_login(company.service1)
    assert client.get(reverse("dashboard")).status_code == 403


def test_a_year_in_another_currency_is_compared_in_the_reports_own(company, client):
    ExchangeRate(currency="USD", base="CNY", rate=Decimal(8), valid_from_date=days_ago(500)).save()
    deal(company.sales1, 1000, won=company_today(), currency="USD")
    before = period_of(company_today(), "quarter").on(-4).first
    deal(company.sales1, 4000, won=before, opened=before)
    quarter = period_of(company_today(), "quarter")
    services.set_quota(period=quarter, amount=Decimal(16_000), user=company.sales1, actor=SYSTEM)
    client.force_login(company.sales1)
    seen = client.get(reverse("dashboard")).context
    won = seen["tiles"][0]
    assert (seen["table"].currency, won["value"], won["change"]) == ("USD", 1000, 1)
    assert seen["totals"]["quota"] == 2000


def test_the_year_is_measured_against_its_target_however_it_was_set(company, client):
    today = company_today()
    deal(company.sales1, 30, won=today)
    client.force_login(company.manager1)
    assert client.get(reverse("dashboard")).context["year_share"] is None
    year = period_of(today, "year")
    for quarter in year.parts("quarter"):
        services.set_quota(period=quarter, amount=Decimal(25), user=company.sales1, actor=SYSTEM)
    assert client.get(reverse("dashboard")).context["year_share"] == Decimal("0.3")
    services.set_quota(period=year, amount=Decimal(60), team=company.east, actor=SYSTEM)
    assert client.get(reverse("dashboard")).context["year_share"] == Decimal("0.5")


def test_what_was_said_is_measured_against_what_came(company):
    """domain.md §10-5: F = 100, 200, 150 against A = 120, 180, 150: WAPE 8.89 %, MAPE 9.26 %, bias 0."""
    month = period_of(company_today(), "month").on(-1)
    for number, (said, came) in enumerate(((100, 120), (200, 180), (150, 150))):
        at = month.on(-number)
        snapshot = Snapshot.objects.create(taken_on=at.first)
        SnapshotLine.objects.create(
            snapshot=snapshot, kind="month", first_date=at.first, owner=company.sales1, team=company.east,
            currency="CNY", closed=0, commit_open=0, best_open=0, pipeline_open=said, weighted_open=said,
        )  # fmt: skip
        deal(company.sales1, came, won=at.last, opened=days_ago(200))
    found = {one.method: one for one in accuracy.accuracy(ask(REPORTS["forecast"], company.manager1, {}))}
    weighted = found["weighted"]
    assert (round(weighted.wape, 4), round(weighted.mape, 4), weighted.bias) == (
        Decimal("0.0889"),
        Decimal("0.0926"),
        0,
    )
    assert found["commit"].wape == 1 and found["model"].pairs == 0
    assert accuracy.accuracy(ask(REPORTS["forecast"], company.sales3, {}))[0].pairs == 0
    one_pipeline = ask(REPORTS["forecast"], company.manager1, {"pipeline": default_pipeline().pk})
    assert accuracy.accuracy(one_pipeline)[0].pairs == 0, "snapshots do not know pipelines"
