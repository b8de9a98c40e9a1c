from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.tests.factories import make_customer
from crm.events.models import Event
from crm.identity.tests.factories import make_company
from sales.models import Opportunity, StageHistory
from sales.services.bulk import NewOpportunity, at_noon, create_opportunities
from sales.tests.factories import SYSTEM, stage

pytestmark = pytest.mark.django_db


def test_many_deals_with_their_history(django_assert_max_num_queries):
    company = make_company()
    customer = make_customer(company.sales1, "杭州云栖精密机械有限公司")
    opened, moved, closed = (at_noon(date(2026, 3, day)) for day in (2, 16, 30))
    path = [(stage("Qualify"), opened), (stage("Discovery"), moved)]
    rows = [
        NewOpportunity(customer, f"旧单 {n}", path, company.sales1.pk, company.sales1.team_id, Decimal(n), external_id=f"X{n}")
        for n in range(20)
    ]  # fmt: skip
    rows[0].stays = [*path, (stage("Won"), closed)]
    rows[0].status, rows[0].closed_at = "won", date(2026, 3, 30)
    rows[1].external_id = "X0"
    with django_assert_max_num_queries(30):
        ids = create_opportunities(rows, actor=SYSTEM)
    assert [number for number, pk in enumerate(ids) if pk is None] == [1]
    won = Opportunity.objects.get(pk=ids[0])
    assert (won.status, won.stage, won.probability, won.stage_since) == ("won", stage("Won"), 100, closed)
    stays = StageHistory.objects.filter(opportunity=won).values_list(
        "stage__name_en", "entered_at", "left_at"
    )
    assert list(stays) == [("Qualify", opened, moved), ("Discovery", moved, closed), ("Won", closed, None)]
    assert [
        event.at
        for event in Event.objects.filter(subject_type="sales.opportunity", subject_id=won.pk).order_by("at")
    ] == [
        opened,
        closed,
    ]
    customer.refresh_from_db()
    assert customer.lifecycle_stage == "opportunity"
    one = Opportunity.objects.get(pk=ids[2])
    kept = (one.search_text, one.search_grams)
    one.fill_search()  # both ways of writing find a deal by the same words
    assert (one.search_text, one.search_grams) == kept
    assert timezone.now() - one.created_at > timedelta(days=30)
