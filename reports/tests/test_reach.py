"""What reports and dashboards tell apart, count and show beside their numbers lies within the reader's reach, kind by kind."""

from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.services import log_follow_up
from accounts.tests.factories import by
from crm.core.clock import company_today
from crm.identity.models import RolePolicy
from reports import services
from reports.rules.periods import period_of
from reports.tests.factories import deal
from sales.tests.factories import SYSTEM

pytestmark = pytest.mark.django_db


def narrow(role: str, model: str) -> None:
    """Only what was given to oneself, whoever owns the customer."""
    RolePolicy.objects.filter(role__slug=role, model=model).update(scope="assigned")


def test_the_teams_a_report_tells_apart_are_those_whose_deals_one_reaches(company, client):
    asked = {user: {"team": team.pk} for user, team in (("manager1", company.south), ("exec", company.south))}
    answers = {}
    for user, query in asked.items():
        client.force_login(getattr(company, user))
        answers[user] = client.get(reverse("report_detail", args=["pipeline"]), query).status_code
    assert answers == {"manager1": 400, "exec": 200}


def test_follow_ups_beside_the_ranking_are_counted_within_reach(company, client):
    won = deal(company.sales1, 1000, won=company_today())
    log_follow_up(kind="note", customer=won.customer, body="Spoke", author=company.sales1, actor=SYSTEM)
    client.force_login(company.exec)
    page = reverse("dashboard")
    assert [one["follow_ups"] for one in client.get(page).context["ranking"]] == [1]
    narrow("executive", "accounts.activity")
    assert [one["follow_ups"] for one in client.get(page).context["ranking"]] == [0]


def test_what_people_say_of_their_period_is_shown_within_reach(company, client):
    quarter = period_of(company_today(), "quarter")
    services.set_quota(period=quarter, amount=Decimal(10), user=company.sales1, actor=SYSTEM)
    services.call_forecast(company.sales1, quarter, Decimal(250), actor=by(company.sales1), kind="own")
    client.force_login(company.exec)
    page = reverse("forecast")
    assert [one.own.amount for one in client.get(page).context["people"]] == [250]
    narrow("executive", "reports.forecastcall")
    assert [one.own for one in client.get(page).context["people"]] == [None]
