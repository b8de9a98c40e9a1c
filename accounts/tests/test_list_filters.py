"""What lists can be narrowed by: every column, what each filter finds, and by what road the rows are reached."""

import datetime

import pytest
from django.db.models import Q
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.activity_listing import ACTIVITIES
from accounts.listings import CONTACTS, CUSTOMERS
from accounts.models import Activity, Contact, Customer
from accounts.tests.custom_tools import field
from accounts.tests.factories import SYSTEM, make_contact, make_customer
from crm.identity import access
from crm.identity import services as identity

pytestmark = pytest.mark.django_db

# Columns that show something under another name than the filter has.
SHOWN_AS = {"grade": {"tier", "intent"}, "headline": {"subject", "body"}}


def shown(user, address):
    """The names of the rows of a list."""
    client = Client()
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return {str(record) for record in answer.context["page"].records}


@pytest.mark.parametrize("listing", [CUSTOMERS, CONTACTS, ACTIVITIES], ids=lambda one: one.key)
def test_every_column_has_a_filter(listing):
    names = set(listing.filters.base_filters)
    bare = [
        column.name for column in listing.columns if not SHOWN_AS.get(column.name, {column.name}) <= names
    ]
    assert bare == []


def test_customers_by_each_of_their_fields(company):
    head = make_customer(company.sales1, "Head")
    full = make_customer(
        company.sales1, "Full", phone="0571-88001234", email="info@full.example", website="full.example", size=40,
        address="滨江路 5 号", source_detail="秋季展会", external_id="K-77", uscc="91350100M000100Y43", parent=head,
        first_deal_at=datetime.date(2026, 5, 1),
    )  # fmt: skip
    services.set_highlights(full, [{"label": "付款", "text": "月结三十天"}], actor=SYSTEM)
    Customer._base_manager.filter(pk=full.pk).update(health_band="green")
    old = timezone.now() - datetime.timedelta(days=50)
    Customer._base_manager.filter(pk=head.pk).update(updated_at=old)
    only_full = (
        "phone=8800-12", "phone_is=any", "email=FULL", "website_is=any", "size_min=30&size_max=40", "address=滨江",
        "address_is=any", "source_detail=展会", "external_id=K-7", "uscc=M0001", f"parent={head.pk}",
        "first_deal_at=any", "first_deal_at_after=2026-05-01&first_deal_at_before=2026-05-01", "highlights=月结",
        "highlights_is=any", "health_band=green", "updated_at=last_7", "name=ful", "updated_at=last_5_workdays",
    )  # fmt: skip
    for query in only_full:
        assert shown(company.sales1, f"/customers/?{query}") == {"Full"}, query
    only_head = (
        "phone_is=none", "address_is=none", "size_max=0&name=x", "first_deal_at=none", "highlights_is=none",
        "health_band=grey", "updated_at=older_30", "name=HEAD", "highlights=月结&highlights_is=none",
    )  # fmt: skip
    for query in only_head:
        expected = set() if "&" in query else {"Head"}
        assert shown(company.sales1, f"/customers/?{query}") == expected, query


def test_contacts_by_each_of_their_fields(company):
    customer = make_customer(company.sales1)
    make_contact(customer, "张三", title="采购经理", department="采购部", phone="13900001111", wechat="zs_1")
    make_contact(customer, "李四")
    for query in (
        "title=经理",
        "department=采购",
        "department_is=any",
        "phone=00001111",
        "wechat=zs_",
        "name=张",
    ):
        assert shown(company.sales1, f"/contacts/?{query}") == {"张三"}, query
    for query in ("title_is=none", "phone_is=none", "name=四"):
        assert shown(company.sales1, f"/contacts/?{query}") == {"李四"}, query


def test_follow_ups_by_each_of_their_fields(company):
    customer, me = make_customer(company.sales1), company.sales1
    call = services.plan_follow_up(
        actor=SYSTEM,
        author=me,
        owner=me,
        kind="call",
        customer=customer,
        subject="报价",
        due_at=timezone.now(),
    )
    Activity._base_manager.filter(pk=call.pk).update(postponed=2, duration_minutes=30, body="看了样品")
    for query in (
        "subject=报价", "body=样品", "postponed_min=2", "duration_minutes_max=30", "created_at=today",
        "updated_at=last_7", "next_follow_up_at=none", "due_at=next_3_workdays",
    ):  # fmt: skip
        assert shown(me, f"/activities/?{query}") == {str(call)}, query
    for query in ("subject=合同", "body_is=none", "postponed_min=3", "next_follow_up_at=any"):
        assert shown(me, f"/activities/?{query}") == set(), query


def test_what_a_text_filter_does_not_understand_is_refused(company):
    client = Client()
    client.force_login(company.sales1)
    for query in ("phone_is=maybe", "size_min=x", f"name={'x' * 101}", "updated_at=next_5_holidays"):
        assert client.get(f"/customers/?{query}").status_code == 400, query


def test_a_searched_custom_text_is_found_by_the_middle_of_it_and_by_one_character(company):
    field("text", "rival", in_search=True)
    customer = make_customer(company.sales1, "华星", custom={"rival": "深圳汇川 A-12-345"})
    for text in ("汇川", "川", "12-34", "a-12"):
        assert shown(company.sales1, f"/customers/?cf_rival={text}") == {str(customer)}, text
    assert shown(company.sales1, "/customers/?cf_rival=沪") == set()


def test_the_form_of_filters_lists_a_few_records_and_those_chosen(company):
    made = [make_customer(company.sales1, f"客户{number:03}号") for number in range(70)]
    client = Client()
    client.force_login(company.sales1)
    for address in ("/contacts/filters/", "/activities/filters/", "/customers/filters/"):
        name = "parent" if "customers" in address else "customer"
        text = client.get(f"{address}?{name}={made[3].pk}&{name}={made[40].pk}").content.decode()
        assert 'data-options-url="/customers/options/"' in text
        assert text.count("号</option>") <= 52, address
        assert all(f'<option value="{made[number].pk}" selected>' in text for number in (3, 40)), address


def test_every_road_to_what_belongs_to_customers_leads_to_the_same_rows(company):
    """By subquery, by join, and piece by piece: contacts and follow-ups of own, team's, shared and linked customers."""
    own, team, other = (make_customer(who) for who in (company.sales1, company.sales2, company.sales3))
    binned = make_customer(company.sales1)
    for customer in (own, team, other, binned):
        person = make_contact(customer)
        services.plan_follow_up(
            actor=SYSTEM, author=company.admin, owner=company.admin, kind="call", customer=customer, contact=person,
            subject="x", due_at=timezone.now(),
        )  # fmt: skip
    services.link_contact(other.contacts.get(), own, actor=SYSTEM)
    identity.share(make_customer(company.sales4), user=company.sales1, actor=SYSTEM)
    services.delete_customer(binned, actor=SYSTEM)
    sizes = {}
    for name in (
        "sales1",
        "sales3",
        "manager1",
        "director",
        "admin",
        "finance1",
        "service1",
        "marketing1",
        "exec",
    ):
        user = getattr(company, name)
        for model in (Contact, Activity, Customer):
            wanted = set(access.visible(model, user).values_list("pk", flat=True))
            joined = list(
                access.narrow_joined(model._default_manager.all(), user).values_list("pk", flat=True)
            )
            assert sorted(joined) == sorted(wanted), (name, model)
            pieces = access.branches(model, user)
            if pieces is not None:
                rows = model._default_manager.filter(access.any_of(pieces))
                assert set(rows.values_list("pk", flat=True)) == wanted, (name, model)
            sizes[name, model] = len(wanted)
    assert sizes["sales1", Contact] == 2 and sizes["manager1", Contact] == 3 and sizes["admin", Contact] == 3
    assert (
        access.branches(Contact, company.admin) is None and len(access.branches(Contact, company.sales1)) > 1
    )
    assert Q() not in access.branches(Activity, company.sales1)
