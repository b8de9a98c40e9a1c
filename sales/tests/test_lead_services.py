from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import Contact, Customer
from accounts.services import DuplicatesFound, Guard, log_follow_up
from accounts.tests.factories import make_contact, make_customer
from crm.core.writes import RuleBroken, StaleVersion
from crm.events.models import Event
from crm.identity.tests.factories import make_company
from crm.records.models import Industry, Region
from sales import services
from sales.models import Lead, LeadConversion, LeadTouch
from sales.tests.factories import SYSTEM, make_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def company():
    return make_company()


def names_of(record):
    return list(
        Event.objects.filter(subject_type=record._meta.label_lower, subject_id=str(record.pk))
        .order_by("pk")
        .values_list("name", flat=True)
    )


def test_a_name_and_one_way_to_reach_them_are_enough(company):
    lead = make_lead(company.sales1, "王敏", phone="138 1234 5678", company="苏州博远科技有限公司")
    assert (lead.phone, lead.phone_key, lead.team) == ("+8613812345678", "+8613812345678", company.east)
    assert (lead.status, lead.last_source) == ("new", "")
    assert names_of(lead) == ["lead.created"]
    with pytest.raises(RuleBroken, match="phone number"):
        services.create_lead(name="没有电话", owner=None, actor=SYSTEM)
    with pytest.raises(RuleBroken, match="name"):
        services.create_lead(name=" ", phone="13812345679", owner=None, actor=SYSTEM)


@pytest.mark.parametrize(
    "values",
    [{"phone": "12812345678"}, {"email": "a@"}, {"budget": Decimal(-1)}, {"budget": Decimal(10) ** 30}],
)
def test_what_cannot_be_right_is_refused(company, values):
    with pytest.raises(RuleBroken):
        make_lead(company.sales1, wechat="wm", **values)
    assert not Lead.objects.exists()


def test_one_person_is_one_open_lead_whoever_owns_it(company):
    first = make_lead(company.sales1, phone="13812345678")
    with pytest.raises(services.KnownLead) as refused:
        make_lead(company.sales3, phone="+86 138-1234-5678")
    assert refused.value.leads == [first]
    services.move_lead(first, to="disqualified", reason="no_need", actor=SYSTEM)
    assert make_lead(company.sales3, phone="13812345678").owner == company.sales3


def test_where_a_lead_first_came_from_does_not_change(company):
    lead = make_lead(company.sales1, source="exhibition")
    with pytest.raises(RuleBroken, match="first came from"):
        services.update_lead(lead, source="ad", actor=SYSTEM)


def test_two_editors_do_not_overwrite_each_other(company):
    lead = make_lead(company.sales1)
    services.update_lead(lead, title="采购经理", expected=lead.version, actor=SYSTEM)
    with pytest.raises(StaleVersion):
        services.update_lead(lead, title="总经理", expected=lead.version, actor=SYSTEM)


def test_giving_up_asks_why_and_can_be_taken_back(company):
    lead = make_lead(company.sales1)
    with pytest.raises(RuleBroken, match="leads nowhere"):
        services.move_lead(lead, to="disqualified", actor=SYSTEM)
    with pytest.raises(RuleBroken, match="few words"):
        services.move_lead(lead, to="disqualified", reason="other", actor=SYSTEM)
    gone = services.move_lead(lead, to="disqualified", reason="competitor", note="选了友商", actor=SYSTEM)
    assert (gone.reason, gone.reason_note) == ("competitor", "选了友商")
    back = services.move_lead(gone, to="working", actor=SYSTEM)
    assert (back.status, back.reason, back.reason_note) == ("working", "", "")
    with pytest.raises(RuleBroken, match="from here to there"):
        services.move_lead(back, to="converted", actor=SYSTEM)


def test_facts_make_the_fit_and_touches_the_engagement(company):
    lead = make_lead(
        company.sales1,
        title="采购总监",
        size=200,
        industry=Industry._base_manager.filter(parent__isnull=False).first(),
        region=Region._base_manager.get(pk="320500"),
        email="wm@qq.com",
    )
    lead.refresh_from_db()
    assert (lead.fit_score, lead.score) == (50, 45)
    services.touch_lead(lead, "pricing", actor=SYSTEM)
    touch = services.touch_lead(lead, "form", actor=SYSTEM)
    lead.refresh_from_db()
    assert (lead.engagement_score, lead.score) == (25, 70)
    assert lead.hand_raised_at == touch.at


def test_engagement_fades_over_night(company):
    lead = make_lead(company.sales1)
    services.touch_lead(lead, "meeting", actor=SYSTEM)
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    LeadTouch.objects.update(at=hour - timedelta(days=30))
    assert services.rescore_all() == 1
    lead.refresh_from_db()
    assert lead.score == Decimal("10.00")


def test_scoring_all_takes_a_constant_number_of_statements(company, django_assert_max_num_queries):
    for _number in range(20):
        make_lead(company.sales1, size=10)
    with django_assert_max_num_queries(7):
        assert services.rescore_all() == 20


def test_the_bin_and_back(company):
    lead = make_lead(company.sales1, phone="13812345678")
    services.delete_lead(lead, actor=SYSTEM)
    assert not Lead.objects.exists()
    other = make_lead(company.sales3, phone="13812345678")
    with pytest.raises(services.KnownLead):
        services.restore_lead(lead, actor=SYSTEM)
    services.delete_lead(other, actor=SYSTEM)
    services.restore_lead(lead, actor=SYSTEM)
    assert Lead.objects.get() == lead
    Lead._base_manager.filter(pk=other.pk).update(deleted_at=timezone.now() - timedelta(days=31))
    assert services.purge_lead_bin(actor=SYSTEM) == 1


class TestConversion:
    def test_a_new_customer_with_its_contact(self, company):
        lead = make_lead(
            company.sales1, "王敏", phone="13812345678", title="总经理", company="苏州博远科技有限公司",
            source="exhibition", campaign="工博会", size=120, need="替换旧系统", budget=Decimal(100), decides=True,
        )  # fmt: skip
        made = services.convert_lead(lead, owner=company.sales1, actor=SYSTEM)
        customer, contact = made.customer, made.contact
        assert (customer.name, customer.kind, customer.size) == ("苏州博远科技有限公司", "company", 120)
        assert (customer.source, customer.source_detail, customer.owner) == (
            "exhibition",
            "工博会",
            company.sales1,
        )
        assert customer.lifecycle_stage == "sql"
        assert (contact.name, contact.title, contact.is_primary) == ("王敏", "总经理", True)
        lead.refresh_from_db()
        assert (lead.status, lead.customer, lead.contact) == ("converted", customer, contact)
        assert "customer.from_lead" in names_of(customer)
        for change in (services.delete_lead, services.restore_lead):
            if change is services.delete_lead:
                with pytest.raises(RuleBroken, match="history"):
                    change(lead, actor=SYSTEM)
        with pytest.raises(RuleBroken, match="go on there"):
            services.update_lead(lead, title="董事", actor=SYSTEM)
        with pytest.raises(RuleBroken, match="open lead"):
            services.convert_lead(lead, owner=None, actor=SYSTEM)

    def test_a_person_without_a_company_becomes_a_person(self, company):
        made = services.convert_lead(make_lead(company.sales1, "李雷"), owner=None, actor=SYSTEM)
        assert (made.customer.kind, made.customer.name, made.customer.owner) == (
            "person",
            "李雷",
            company.sales1,
        )

    def test_of_an_existing_customer_only_blanks_are_filled(self, company):
        customer = make_customer(company.sales1, website="https://old.example", size=None)
        person = make_contact(customer, "王敏", phone="13812345678")
        lead = make_lead(
            company.sales1,
            "王敏敏",
            phone="13812345678",
            title="总监",
            website="https://new.example",
            size=50,
        )
        made = services.convert_lead(lead, customer=customer, owner=None, actor=SYSTEM)
        customer.refresh_from_db()
        person.refresh_from_db()
        assert made.contact == person
        assert (customer.website, customer.size) == ("https://old.example", 50)
        assert (person.name, person.title) == ("王敏", "总监")
        assert Contact.objects.count() == 1

    def test_a_contact_of_somebody_else_is_refused(self, company):
        customer, other = make_customer(company.sales1), make_customer(company.sales1)
        with pytest.raises(RuleBroken, match="this customer"):
            services.convert_lead(
                make_lead(company.sales1),
                customer=customer,
                contact=make_contact(other),
                owner=None,
                actor=SYSTEM,
            )

    def test_a_customer_that_is_there_already_is_not_made_twice(self, company):
        make_customer(company.sales3, "苏州博远科技有限公司")
        lead = make_lead(company.sales1, company="苏州博远科技有限公司")
        with pytest.raises(DuplicatesFound):
            services.convert_lead(lead, owner=None, guard=Guard(), actor=SYSTEM)
        assert (Customer.objects.count(), LeadConversion.objects.count()) == (1, 0)
        lead.refresh_from_db()
        assert lead.status == "new"

    def test_undone_within_a_day(self, company):
        lead = make_lead(company.sales1, company="苏州博远科技有限公司")
        services.move_lead(lead, to="qualified", actor=SYSTEM)
        services.convert_lead(lead, owner=None, actor=SYSTEM)
        services.undo_conversion(lead, actor=SYSTEM)
        lead.refresh_from_db()
        assert (lead.status, lead.customer, lead.contact) == ("qualified", None, None)
        assert not Customer.objects.exists()
        services.convert_lead(lead, owner=None, actor=SYSTEM)

    def test_undone_at_an_existing_customer_what_was_filled_in_goes(self, company):
        customer = make_customer(company.sales1)
        lead = make_lead(company.sales1, size=50, website="https://a.example")
        services.convert_lead(lead, customer=customer, owner=None, actor=SYSTEM)
        services.undo_conversion(lead, actor=SYSTEM)
        customer.refresh_from_db()
        assert (customer.size, customer.website) == (None, "")
        assert not Contact.objects.exists()

    def test_not_after_somebody_went_on_with_it(self, company):
        lead = make_lead(company.sales1)
        made = services.convert_lead(lead, owner=None, actor=SYSTEM)
        log_follow_up(
            actor=SYSTEM, author=company.sales1, customer=made.customer, kind="note", body="谈了预算和交期"
        )
        with pytest.raises(RuleBroken, match="worked with"):
            services.undo_conversion(lead, actor=SYSTEM)
        lead.refresh_from_db()
        assert lead.status == "converted"

    def test_not_after_a_day(self, company):
        lead = make_lead(company.sales1)
        services.convert_lead(lead, owner=None, actor=SYSTEM)
        LeadConversion.objects.update(at=timezone.now() - timedelta(hours=25))
        with pytest.raises(RuleBroken, match="24 hours"):
            services.undo_conversion(lead, actor=SYSTEM)


def test_the_intent_of_a_conversion_counts_from_the_wish_to_buy():
    assert Lead(expected_at=date(2026, 12, 1), decides=True, need="x").known == [
        "decides",
        "need",
        "expected_at",
    ]
