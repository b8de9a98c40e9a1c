"""Targets: entered as a sheet, imported, by API; whose one may set, and what the log keeps."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.tests.import_tools import carry_on, errors_of, run, xlsx
from crm.core.clock import company_today
from crm.events.models import Event
from crm.identity.access import visible
from crm.identity.models import User
from crm.identity.services import set_cover
from crm.listing.importing import undoing
from crm.listing.rest.testing import Caller
from crm.listing.testing import ListPageContract
from crm.records.models import ExchangeRate
from reports import services
from reports.listings import QUOTAS
from reports.models import Quota
from reports.rules.periods import Period, period_of
from sales.tests.factories import SYSTEM

pytestmark = pytest.mark.django_db
YEAR = company_today().year


def quota(owner: User, number: int = 0, amount: int = 100) -> Quota:
    period = Period(date(YEAR, 1, 1), "month").on(number)
    return services.set_quota(period=period, amount=Decimal(amount), user=owner, actor=SYSTEM)


class TestList(ListPageContract):
    listing = QUOTAS
    list_url = "/reports/targets/"
    insider = "sales1"
    outsider = "sales3"
    forbidden = "service1"
    search = "Sales1"

    def make(self, owner: User, number: int) -> Quota:
        return quota(owner, number)

    def rename(self, record: Quota, text: str) -> None:
        User._base_manager.filter(pk=record.user_id).update(name=text)


def test_targets_come_from_a_sheet_and_go_again(company):
    there = quota(company.sales1, 10, 5)  # November
    rows = [
        ["人员", "月份", "目标（万）"],
        ["Sales1", f"{YEAR}年11月", "48"],
        ["sales2", f"{YEAR}-12", "20"],
        ["Sales3", f"{YEAR}-12", "20"],
        ["Sales2", "soon", "20"],
    ]
    job = run(company.manager1, xlsx(*rows), "quotas", mode="upsert")
    assert (job.counts["created"], job.counts["updated"], job.counts["failed"]) == (1, 1, 2)
    assert [(number, header) for number, header, _text in errors_of(job)] == [(4, "人员"), (5, "月份")]
    there.refresh_from_db()
    assert there.amount == 480_000 and Quota.objects.get(user=company.sales2).amount == 200_000
    carry_on(undoing.start_undo(job))
    there.refresh_from_db()
    assert there.amount == 5 and Quota.objects.count() == 1


def sheet(**values: Any) -> dict[str, Any]:
    return {"year": YEAR, "metric": "won_value", **values}


def test_a_manager_enters_a_year_for_their_people_and_team(company, client):
    client.force_login(company.manager1)
    page = client.get(reverse("quota_enter"))
    assert [line.who for line in page.context["people"]] == [company.sales1, company.sales2]
    assert [line.who for line in page.context["teams"]] == [company.east]
    one, team = f"u{company.sales1.pk}_{YEAR}-01", f"t{company.east.pk}_{YEAR}-02"
    answer = client.post(reverse("quota_enter"), sheet(**{one: "48万", team: "1,000,000"}))
    assert answer.status_code == 302
    assert Quota.objects.get(user=company.sales1).amount == 480_000
    assert Quota.objects.get(user=None).amount == 1_000_000
    client.post(reverse("quota_enter"), sheet(**{one: "50万", team: ""}))
    assert Quota.objects.get().amount == 500_000
    said = list(Event.objects.filter(name__startswith="quota.").order_by("pk").values_list("name", flat=True))
    assert said == ["quota.set"] * 3 + ["quota.deleted"]


def test_a_sheet_with_a_mistake_is_shown_again_and_nothing_is_kept(company, client):
    client.force_login(company.manager1)
    good, bad = f"u{company.sales1.pk}_{YEAR}-01", f"u{company.sales1.pk}_{YEAR}-02"
    answer = client.post(reverse("quota_enter"), sheet(**{good: "10", bad: "much"}))
    assert answer.status_code == 422 and bad in answer.context["errors"]
    assert b'value="much"' in answer.content and not Quota.objects.exists()


def test_nobody_sets_their_own_or_another_teams_targets(company, client):
    client.force_login(company.manager1)
    own, other = f"u{company.manager1.pk}_{YEAR}-01", f"u{company.sales3.pk}_{YEAR}-01"
    client.post(reverse("quota_enter"), sheet(**{own: "1", other: "1"}))
    assert not Quota.objects.exists()
    client.force_login(company.sales1)
    assert client.get(reverse("quota_enter")).status_code == 403
    body = {"kind": "month", "first_date": f"{YEAR}-01-01", "amount": "10.00"}
    manager = Caller(company.manager1)
    assert manager("POST", "/api/v1/quotas/", body | {"user": company.sales3.pk}).status_code == 400
    assert manager("POST", "/api/v1/quotas/", body | {"team": company.south.pk}).status_code == 400
    assert (
        Caller(company.sales1)("POST", "/api/v1/quotas/", body | {"user": company.sales1.pk}).status_code
        == 403
    )
    made = Caller(company.exec)("POST", "/api/v1/quotas/", body | {"user": company.sales3.pk})
    assert made.status_code == 201 and made.json()["team"] == company.south.pk
    assert visible(Quota, company.sales3).count() == visible(Quota, company.manager2).count() == 1
    assert not visible(Quota, company.manager1).exists()


def test_a_manager_reads_the_own_target_and_changes_it_by_no_way(company):
    """Who leads a team reaches their own target as one of the team's; it is set by somebody above."""
    own = quota(company.manager1)
    theirs = quota(company.sales1)
    caller, path = Caller(company.manager1), f"/api/v1/quotas/{own.pk}/"
    assert caller("GET", path).status_code == 200
    assert caller("PATCH", path, {"amount": "1", "version": 1}).status_code == 403
    assert caller("DELETE", path, {"version": 1}).status_code == 403
    assert caller("PATCH", f"/api/v1/quotas/{theirs.pk}/", {"amount": "1", "version": 1}).status_code == 200
    assert Caller(company.director)("PATCH", path, {"amount": "1", "version": 1}).status_code == 200


def test_who_covers_for_a_colleague_reads_their_target_and_sets_it_not(company):
    days = {"first_date": company_today(), "last_date": company_today()}
    set_cover(company.manager2, by=company.manager1, actor=SYSTEM, **days)
    caller, path = Caller(company.manager1), f"/api/v1/quotas/{quota(company.manager2).pk}/"
    assert caller("GET", path).status_code == 200
    assert caller("PATCH", path, {"amount": "1", "version": 1}).status_code == 403


def test_a_target_stays_with_the_team_it_was_promised_in(company):
    made = quota(company.sales1)
    User.objects.filter(pk=company.sales1.pk).update(team=company.south)
    path = f"/api/v1/quotas/{made.pk}/"
    assert Caller(company.manager2)("PATCH", path, {"amount": "1", "version": 1}).status_code == 404
    assert Caller(company.manager1)("PATCH", path, {"amount": "1", "version": 1}).status_code == 200


def test_a_sheet_costs_few_queries_and_keeps_a_currency_that_was_set_elsewhere(company, client):
    ExchangeRate(currency="USD", base="CNY", rate=Decimal(8), valid_from_date=date(2020, 1, 1)).save()
    there = services.set_quota(
        period=Period(date(YEAR, 1, 1), "month"), amount=Decimal(5), user=company.sales1, currency="USD", actor=SYSTEM
    )  # fmt: skip
    client.force_login(company.manager1)
    cells = {f"u{company.sales1.pk}_{YEAR}-{month:02}": "" for month in range(1, 13)}
    first = f"u{company.sales1.pk}_{YEAR}-01"
    with CaptureQueriesContext(connection) as seen:
        client.post(reverse("quota_enter"), sheet(**cells | {first: "5"}))
    assert len([one for one in seen if "reports_quota" in one["sql"]]) <= 2
    client.post(reverse("quota_enter"), sheet(**cells | {first: "6"}))
    there.refresh_from_db()
    assert (there.amount, there.currency) == (6, "USD")


def test_a_target_by_api_is_changed_and_taken_away(company):
    made, caller = quota(company.sales1), Caller(company.manager1)
    path = f"/api/v1/quotas/{made.pk}/"
    assert caller("PATCH", path, {"amount": "5"}).status_code == 428
    assert caller("PATCH", path, {"amount": "5", "version": 1}).json()["amount"] == "5.00"
    assert caller("PATCH", path, {"kind": "year", "version": 2}).status_code == 400
    assert caller("PATCH", path, {"amount": "-5", "version": 2}).status_code == 400
    assert caller("DELETE", path, {"version": 2}).status_code == 204 and not Quota.objects.exists()


def test_the_own_word_and_the_judgement_on_the_forecast_page(company, client):
    from reports.models import ForecastCall

    quarter = period_of(company_today(), "quarter")
    for name in ("sales1", "sales3"):
        services.set_quota(period=quarter, amount=Decimal(10), user=getattr(company, name), actor=SYSTEM)
    address, sent = reverse("forecast_call"), {"period": quarter.key}
    client.force_login(company.sales1)
    assert client.get(reverse("forecast")).status_code == 200
    client.post(address, sent | {f"call_{company.sales1.pk}": "43万"})
    assert ForecastCall.objects.get().kind == "own"
    assert client.post(address, sent | {f"call_{company.sales2.pk}": "1"}).status_code == 403
    client.force_login(company.manager1)
    page = client.get(reverse("forecast"))
    assert [one.own.amount for one in page.context["people"]] == [430_000]
    client.post(address, sent | {f"call_{company.sales1.pk}": "40万"})
    assert ForecastCall.objects.get(kind="manager").amount == 400_000
    assert client.post(address, sent | {f"call_{company.sales3.pk}": "1"}).status_code == 403
    assert client.get(reverse("forecast"), {"period": "never"}).status_code == 400
