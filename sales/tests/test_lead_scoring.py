"""What the score of leads adds up is set on a page, and the learned chance stands in list and API, or that only rules count."""

from decimal import Decimal

import pytest
from django.test import Client

from crm.core.writes import RuleBroken, StaleVersion
from crm.events.models import Event
from crm.identity.tests.factories import make_company
from crm.listing.rest.testing import Caller
from crm.records.models import Industry
from sales import services
from sales.models import Lead, LeadModel, LeadScoring
from sales.queries.scoring import lead_scoring
from sales.rules.scoring import DEFAULT
from sales.tasks import learn_lead_score, rescore_leads
from sales.tests.factories import SYSTEM, make_lead

pytestmark = pytest.mark.django_db
URL = "/settings/lead-score/"


@pytest.fixture
def company():
    return make_company()


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def sent(**changed):
    """The form as the page sends it."""
    held = lead_scoring()
    whole = {**DEFAULT.most, **held.points, "half_life_days": held.half_life_days, "version": held.version}
    return {**whole, **changed}


def learned(weight=2.0, *, used=True):
    weights = {"source=referral": weight, "source=exhibition": -weight}
    stored = {
        "intercept": 0.0,
        "weights": weights,
        "means": {},
        "known": {"source": ["exhibition", "referral"]},
    }
    return LeadModel.objects.create(rows=300, positives=150, auc=0.8, brier=0.1, weights=stored, is_used=used)


def test_points_and_whom_one_sells_to_are_set_and_every_open_lead_is_reckoned_anew(company):
    sections = list(Industry.objects.filter(parent__isnull=True, is_active=True)[:2])
    fits, other = (make_lead(company.sales1, industry=one, title="总经理", size=80) for one in sections)
    assert (fits.fit_score, other.fit_score) == (45, 45)
    admin = signed_in(company.admin)
    page = admin.get(URL).content.decode()
    assert 'name="industry"' in page and 'value="20"' in page
    given = sent(role=30, industries=[sections[0].pk], size_from=100, half_life_days=10)
    assert admin.post(URL, given).status_code == 302
    assert rescore_leads() == 2
    for lead in (fits, other):
        lead.refresh_from_db()
    assert (fits.fit_score, other.fit_score) == (50, 30)
    services.touch_lead(other, "form", actor=SYSTEM)
    assert Event.objects.filter(name="lead_scoring.changed").count() == 1
    shown = signed_in(company.sales1).get(other.get_absolute_url()).content.decode()
    assert "+30" in shown


def test_points_of_what_leads_do_count_from_the_day_they_are_set(company):
    lead = make_lead(company.sales1)
    services.touch_lead(lead, "form", actor=SYSTEM)
    services.set_lead_scoring(actor=SYSTEM, points={"form": 25}, half_life_days=30)
    services.touch_lead(lead, "form", actor=SYSTEM)
    assert lead.engagement_score == 40
    assert list(lead.touches.order_by("pk").values_list("points", flat=True)) == [15, 25]


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "-1"}, {"role": "51"}, {"role": ""}, {"role": "9" * 30}, {"half_life_days": "0"},
        {"size_from": "100", "size_to": "10"}, {"industries": ["nowhere"]}, {"version": "999"},
    ],
)  # fmt: skip
def test_what_cannot_be_set_comes_back_with_the_reason(company, wrong):
    answer = signed_in(company.admin).post(URL, sent(**wrong))
    assert answer.status_code == 422 and (
        "error" in answer.content.decode() or "alert" in answer.content.decode()
    )
    assert not LeadScoring.objects.exclude(points={}).exists()


def test_only_administrators_set_it_and_the_service_keeps_the_limits(company):
    for who in (company.manager1, company.marketing1, company.exec):
        assert signed_in(who).post(URL, sent(role=40)).status_code == 403
    with pytest.raises(RuleBroken):
        services.set_lead_scoring(actor=SYSTEM, points={"role": 51}, half_life_days=30)
    services.set_lead_scoring(actor=SYSTEM, points={"role": 5}, half_life_days=30)
    with pytest.raises(StaleVersion):
        services.set_lead_scoring(actor=SYSTEM, points={"role": 6}, half_life_days=30, expected=1)
    with pytest.raises(TypeError):
        services.set_lead_scoring(actor=SYSTEM, points={"rolle": 6}, half_life_days=30)


def test_the_learned_chance_stands_in_list_and_api_and_orders_them(company):
    low, high = (make_lead(company.sales1, source=source) for source in ("exhibition", "referral"))
    assert (low.chance, high.chance) == (None, None)
    learned()
    rescore_leads()
    fresh = make_lead(company.sales1, source="partner")
    caller = Caller(company.sales1)
    rows = caller("GET", "/api/v1/leads/?sort=-chance").json()["results"]
    assert [(row["id"], row["chance"], row["chance_basis"]) for row in rows] == [
        (high.pk, "0.8808", "learned"),
        (fresh.pk, "0.5000", "learned"),
        (low.pk, "0.1192", "learned"),
    ]
    page = signed_in(company.sales1).get("/leads/?sort=-chance").content.decode()
    assert page.index("88%") < page.index("50%") < page.index("12%")
    refused = caller("PATCH", f"/api/v1/leads/{low.pk}/", {"chance": "0.9999", "version": 1})
    assert refused.status_code == 200 and refused.json()["chance"] == "0.1192"


def test_without_a_model_that_serves_list_and_api_say_that_only_rules_count(company):
    lead = make_lead(company.sales1, source="referral")
    learned(used=False)
    rescore_leads()
    row = Caller(company.sales1)("GET", f"/api/v1/leads/{lead.pk}/").json()
    assert (row["chance"], row["chance_basis"]) == (None, "rules")
    page = signed_in(company.sales1).get("/leads/").content.decode()
    assert "Rules only" in page


def test_what_stops_serving_takes_its_chances_along(company):
    lead = make_lead(company.sales1, source="referral")
    learned()
    rescore_leads()
    lead.refresh_from_db()
    assert lead.chance == Decimal("0.8808")
    learn_lead_score()  # one lead teaches nothing
    assert Lead.objects.get(pk=lead.pk).chance is None
