"""What a conversion takes over, as an administrator chose it; the deal it opens; and that it can be taken back whole."""

import datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Activity, Customer
from accounts.services import log_follow_up
from accounts.tests.factories import make_customer
from crm.core.writes import RuleBroken
from crm.identity.tests.factories import make_company
from crm.listing.rest.testing import Caller
from crm.records.services.custom_fields import create_field
from sales import services
from sales.models import ConversionField, Opportunity
from sales.rules.conversion import fits
from sales.tests.factories import SYSTEM, make_lead, make_opportunity

pytestmark = pytest.mark.django_db
PAGE = "/settings/lead-conversion/"


@pytest.fixture
def company():
    return make_company()


@pytest.fixture
def lead(company):
    return make_lead(
        company.sales1,
        "王敏",
        company="苏州博远科技有限公司",
        need="两条装配线",
        budget=Decimal("480000.00"),
        expected_at=datetime.date(2027, 3, 31),
        campaign="工博会",
        source="exhibition",
    )


def choose(*more):
    rows = {(row.source, row.target): row.field for row in ConversionField.objects.all()}
    services.set_conversion_fields(rows | dict(more), actor=SYSTEM)


def test_a_deal_is_opened_with_what_the_lead_said(company, lead):
    made = services.convert_lead(lead, owner=None, opportunity={}, actor=SYSTEM)
    deal = made.opportunity
    assert (deal.customer, deal.contact, deal.lead, deal.owner) == (
        made.customer,
        made.contact,
        lead,
        company.sales1,
    )
    assert (deal.amount, deal.need, deal.campaign) == (Decimal("480000.00"), "两条装配线", "工博会")
    assert deal.expected_close_date == datetime.date(2027, 3, 31)
    assert deal.name.startswith("苏州博远科技有限公司")
    made.customer.refresh_from_db()
    assert (made.customer.lifecycle_stage, made.customer.source_detail) == ("opportunity", "工博会")


def test_what_is_typed_counts_more_than_what_the_lead_said(lead):
    deal = services.convert_lead(
        lead, owner=None, opportunity={"name": "一期", "amount": 5}, actor=SYSTEM
    ).opportunity
    assert (deal.name, deal.amount, deal.need) == ("一期", 5, "两条装配线")


def test_custom_fields_go_where_an_administrator_says(company, lead):
    options = [{"key": "big", "label_zh": "大", "label_en": "Big"}]
    for model, key, kind in [
        ("sales.lead", "machine", "text"),
        ("accounts.customer", "equipment", "long_text"),
        ("sales.lead", "class", "choice"),
        ("accounts.customer", "class", "choice"),
        ("sales.opportunity", "note", "text"),
    ]:
        extra = {"options": options} if kind == "choice" else {}
        create_field(model=model, kind=kind, label_zh=key, key=key, actor=SYSTEM, **extra)
    choose(
        (("cf_machine", "customer"), "cf_equipment"),
        (("cf_class", "customer"), "cf_class"),
        (("cf_class", "opportunity"), "cf_note"),
    )
    services.update_lead(lead, custom={"machine": "C200", "class": "big"}, actor=SYSTEM)
    made = services.convert_lead(lead, owner=None, opportunity={}, actor=SYSTEM)
    assert made.customer.custom == {"equipment": "C200", "class": "big"}
    assert made.opportunity.custom["note"] in ("大", "Big")


def test_a_required_field_of_a_customer_does_not_stop_a_conversion(lead):
    create_field(
        model="accounts.customer", kind="text", label_zh="编号", key="no", required=True, actor=SYSTEM
    )
    assert services.convert_lead(lead, owner=None, actor=SYSTEM).customer.custom == {}


def test_follow_ups_with_the_lead_stand_with_the_customer_too_and_go_back(company, lead):
    log_follow_up(actor=SYSTEM, author=company.sales1, record=lead, kind="call", body="对方想先看样机")
    made = services.convert_lead(lead, owner=None, opportunity={}, actor=SYSTEM)
    talk = Activity.objects.get(done_at__isnull=False)
    assert (talk.customer, talk.record) == (made.customer, lead)
    assert Customer.objects.get().last_activity_kind == "call"
    services.undo_conversion(lead, actor=SYSTEM)
    talk.refresh_from_db()
    assert (talk.customer, talk.record) == (None, lead)
    assert not Customer.objects.exists() and not Opportunity.objects.exists()


def test_undone_at_a_customer_that_was_there_the_deal_goes_and_the_stage_comes_back(company, lead):
    customer = make_customer(company.sales1)
    before = customer.lifecycle_stage
    services.convert_lead(lead, customer=customer, owner=None, opportunity={}, actor=SYSTEM)
    services.undo_conversion(lead, actor=SYSTEM)
    customer.refresh_from_db()
    assert (customer.lifecycle_stage, customer.source_detail) == (before, "")
    assert not Opportunity.objects.exists() and not customer.contacts.exists()


def test_not_after_somebody_went_on_with_the_deal_or_opened_another(company, lead):
    made = services.convert_lead(lead, owner=None, opportunity={}, actor=SYSTEM)
    services.update_opportunity(made.opportunity, amount=7, actor=SYSTEM)
    with pytest.raises(RuleBroken, match="worked with"):
        services.undo_conversion(lead, actor=SYSTEM)
    second = make_lead(company.sales1, "李娜")
    other = services.convert_lead(second, owner=None, actor=SYSTEM)
    make_opportunity(other.customer)
    with pytest.raises(RuleBroken, match="worked with"):
        services.undo_conversion(second, actor=SYSTEM)


def test_only_what_fits_can_be_chosen_and_only_once(lead):
    assert fits("money", "number") and fits("choice", "text") and not fits("long_text", "text")
    assert not fits("text", "money") and not fits("industry", "region")
    for wrong in (
        {("need", "opportunity"): "amount"},
        {("title", "contact"): "title", ("company", "contact"): "title"},
        {("nothing", "contact"): "title"},
        {("title", "nobody"): "title"},
        {("title", "contact"): "password"},
    ):
        with pytest.raises(RuleBroken):
            services.set_conversion_fields(wrong, actor=SYSTEM)
    assert ConversionField.objects.count() == 15


def test_administrators_choose_on_a_page(company, lead):
    client = Client()
    client.force_login(company.admin)
    assert client.get(PAGE).status_code == 200
    assert client.post(PAGE, {"contact:title": "title", "contact:company": "title"}).status_code == 422
    assert client.post(PAGE, {"contact:title": "department"}).status_code == 302
    assert [str(row) for row in ConversionField.objects.all()] == ["title → contact.department"]
    client.force_login(company.manager1)
    assert client.get(PAGE).status_code == 403


def test_the_api_opens_a_deal_when_asked(company, lead):
    other = make_lead(company.sales1)
    call = Caller(company.sales1)
    plain = call("POST", f"/api/v1/leads/{other.pk}/convert/", {}).json()
    assert plain["opportunity"] is None and plain["status"] == "converted"
    body = {"opportunity": {"amount": "99.50"}}
    answer = call("POST", f"/api/v1/leads/{lead.pk}/convert/", body).json()
    assert Opportunity.objects.get(pk=answer["opportunity"]).amount == Decimal("99.50")


def test_the_page_opens_a_deal_when_ticked(company, lead):
    client = Client()
    client.force_login(company.sales1)
    url = reverse("lead_convert", args=[lead.pk])
    assert "480000" in client.get(url).content.decode()
    assert client.post(url, {"deal": "on", "amount": "-1"}).status_code == 422
    assert client.post(url, {"deal": "on", "deal_name": "一期", "amount": "12"}).status_code == 302
    assert Opportunity.objects.get().amount == 12
