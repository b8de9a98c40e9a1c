import datetime

import pytest
import time_machine
from django.utils import timezone

from accounts import services
from accounts.filters import TagFilter
from accounts.models import Contact, Customer, LifecycleEvent
from accounts.queries.customers import labels_of
from accounts.tasks import empty_bin
from accounts.tests.factories import SYSTEM, by, make_contact, make_customer, make_tag
from crm.core.clock import company_today
from crm.core.writes import RuleBroken, StaleVersion
from crm.events.models import Event
from crm.records.searchable import search

pytestmark = pytest.mark.django_db
A_DAY = datetime.date(2026, 5, 1)


def names_of(customer):
    return list(
        Event.objects.filter(subject_id=str(customer.pk), subject_type="accounts.customer").values_list(
            "name", flat=True
        )
    )


def test_a_new_customer_lands_with_its_owner_team_and_first_contact(company):
    made = services.create_customer(
        name="  杭州云栖精密机械有限公司 ",
        owner=company.sales1,
        actor=by(company.sales1),
        contact={"name": "沈立群", "phone": "138 0576 2218"},
    )
    customer = made.customer
    assert (customer.name, customer.owner, customer.team) == (
        "杭州云栖精密机械有限公司",
        company.sales1,
        company.east,
    )
    assert made.contact.is_primary and made.contact.phone == "+8613805762218"
    assert customer.company_core == "云栖精密机械" and customer.name_sort.startswith("hang zhou")
    assert names_of(customer) == ["customer.created"]
    assert LifecycleEvent.objects.get().to_stage == "lead"


def test_a_customer_is_found_by_two_characters_and_by_a_contacts_number(company):
    customer = make_customer(
        company.sales1, "杭州云栖精密机械有限公司", contact={"name": "沈立群", "phone": "13805762218"}
    )
    for query in ("云栖", "13805762218", "0576", "立群", "yqjm"):
        assert list(search(Customer.objects.all(), query)) == [customer], query


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " \u200b "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"phone": "1380576221"}, "phone"),
        ({"email": "a@b"}, "email"),
        ({"uscc": "91350100M000100Y4Z"}, "uscc"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"kind": "alien"}, "kind"),
        ({"tier": "A"}, "tier"),
        ({"size": -1}, "size"),
    ],
)
def test_values_that_cannot_be_are_refused_by_name(company, values, field):
    with pytest.raises(RuleBroken) as error:
        make_customer(company.sales1, **{"name": "一家公司", **values})
    assert error.value.field == field
    assert not Customer._base_manager.exists() and not Event.objects.filter(name="customer.created").exists()


def test_the_second_editor_is_told_what_stands_there_now(company):
    customer = make_customer(company.sales1)
    services.update_customer(customer, actor=SYSTEM, expected=1, address="余杭区良睦路 1288 号")
    with pytest.raises(StaleVersion) as error:
        services.update_customer(customer, actor=SYSTEM, expected=1, address="西湖区")
    assert error.value.current.address == "余杭区良睦路 1288 号"


def test_a_change_records_what_changed_and_keeps_personal_values_apart(company):
    customer = make_customer(company.sales1)
    services.update_customer(customer, actor=by(company.sales1), size=320, phone="0571-88886666")
    event = Event.objects.get(name="customer.updated")
    assert event.changes == {"size": [None, 320]} and event.private == {"phone": ["", "+8657188886666"]}
    assert event.actor_id == str(company.sales1.pk)


def test_an_unchanged_save_writes_nothing(company):
    customer = make_customer(company.sales1, address="A")
    services.update_customer(customer, actor=SYSTEM, address="A")
    customer.refresh_from_db()
    assert customer.version == 1 and names_of(customer) == ["customer.created"]


def test_a_company_cannot_belong_to_itself_through_its_children(company):
    mother, child = make_customer(company.sales1), make_customer(company.sales1)
    services.update_customer(child, actor=SYSTEM, parent=mother)
    with pytest.raises(RuleBroken):
        services.update_customer(mother, actor=SYSTEM, parent=child)


def test_a_first_deal_makes_a_deal_customer_that_cannot_be_deleted(company):
    customer = make_customer(company.sales1, intent="B")
    customer = services.set_first_deal(customer, A_DAY, actor=SYSTEM)
    assert (customer.lifecycle_stage, customer.intent) == ("customer", None)
    services.update_customer(customer, actor=SYSTEM, tier="A")
    with pytest.raises(RuleBroken) as error:
        services.delete_customer(customer, actor=SYSTEM)
    assert error.value.code == "deal_customer"


def test_the_life_cycle_moves_by_hand_with_a_reason(company):
    customer = make_customer(company.sales1)
    with pytest.raises(RuleBroken) as error:
        services.change_lifecycle(customer, to="sql", reason=" ", actor=SYSTEM)
    assert error.value.field == "reason"
    services.change_lifecycle(customer, to="sql", reason="聊过预算", actor=by(company.sales1))
    step = LifecycleEvent.objects.first()
    assert (step.from_stage, step.to_stage, step.reason, step.rule) == ("lead", "sql", "聊过预算", "manual")


def test_a_step_of_the_life_cycle_is_never_changed(company):
    make_customer(company.sales1)
    step = LifecycleEvent.objects.get()
    step.reason = "x"
    with pytest.raises(TypeError):
        step.save()


def test_the_bin_hides_a_customer_and_gives_it_back(company):
    customer = make_customer(company.sales1)
    services.delete_customer(customer, actor=by(company.sales1))
    assert not Customer.objects.exists() and Customer._base_manager.count() == 1
    services.restore_customer(customer, actor=by(company.sales1))
    assert Customer.objects.get() == customer
    assert names_of(customer) == ["customer.created", "customer.deleted", "customer.restored"]


def test_restoring_reports_a_conflict_instead_of_failing(company):
    customer = make_customer(company.sales1, external_id="K-1")
    services.delete_customer(customer, actor=SYSTEM)
    make_customer(company.sales2, external_id="K-1")
    with pytest.raises(RuleBroken, match="K-1"):
        services.restore_customer(customer, actor=SYSTEM)


def test_an_external_id_is_given_once(company):
    make_customer(company.sales1, external_id="K-1")
    with pytest.raises(RuleBroken) as error:
        make_customer(company.sales2, external_id="K-1")
    assert error.value.field == "external_id"


def test_the_bin_is_emptied_after_thirty_days(company):
    old, young = make_customer(company.sales1), make_customer(company.sales1)
    services.plan_follow_up(
        actor=SYSTEM,
        author=company.sales1,
        kind="call",
        customer=old,
        contact=make_contact(old),
        due_at=old.created_at + datetime.timedelta(days=2),
    )
    services.tag_customers([old], add=[make_tag()], actor=SYSTEM)
    for customer in (old, young):
        services.delete_customer(customer, actor=SYSTEM)
    long_ago = old.created_at - datetime.timedelta(days=31)
    Customer._base_manager.filter(pk=old.pk).update(deleted_at=long_ago)
    assert services.purge_bin(actor=SYSTEM) == 1
    assert list(Customer._base_manager.all()) == [young]


def test_the_first_contact_is_the_main_one_until_another_takes_over(company):
    customer = make_customer(company.sales1)
    first, second = make_contact(customer), make_contact(customer)
    assert (first.is_primary, second.is_primary) == (True, False)
    services.set_primary(second, actor=SYSTEM)
    services.delete_contact(second, actor=SYSTEM)
    assert Contact.objects.get().is_primary


def test_a_contact_may_belong_to_further_companies(company):
    one, other = make_customer(company.sales1), make_customer(company.sales2)
    contact = make_contact(one)
    services.link_contact(contact, other, role="influencer", actor=SYSTEM)
    assert other.contact_links.get().contact == contact
    with pytest.raises(RuleBroken):
        services.link_contact(contact, one, actor=SYSTEM)
    assert services.unlink_contact(contact, other, actor=SYSTEM)


def test_tags_go_on_and_off_many_customers_with_one_event_each(company, django_assert_max_num_queries):
    customers = [make_customer(company.sales1) for _n in range(3)]
    old, new = make_tag("老"), make_tag("新")
    services.tag_customers(customers, add=[old], actor=SYSTEM)
    with django_assert_max_num_queries(12):
        assert services.tag_customers(customers, add=[new], remove=[old], actor=SYSTEM) == 3
    assert [t.name for t in customers[0].tags.all()] == ["新"]
    event = Event.objects.filter(name="customer.tagged").latest("pk")
    assert event.payload == {"added": ["新"], "removed": ["老"]}


def test_key_information_is_at_most_five_facts(company):
    customer = make_customer(company.sales1)
    facts = [{"label": "预算", "text": f"{n} 万"} for n in range(6)]
    with pytest.raises(RuleBroken):
        services.set_highlights(customer, facts, actor=SYSTEM)
    services.set_highlights(customer, facts[:2], actor=by(company.sales1))
    services.set_highlights(customer, facts[1:3], actor=by(company.sales2))
    assert [(h.text, h.pinned_by) for h in customer.highlights.all()] == [
        ("1 万", company.sales1),
        ("2 万", company.sales2),
    ]


def test_a_transfer_places_customers_with_the_new_owner_and_may_keep_a_reader(company):
    customer = make_customer(company.sales1)
    moved = services.transfer_customers([customer], owner=company.sales3, keep_reader=True, actor=SYSTEM)
    customer.refresh_from_db()
    assert moved == [customer.pk] and (customer.owner, customer.team) == (company.sales3, company.south)
    assert customer.user_grants.get().user == company.sales1


def test_a_first_deal_said_by_mistake_is_taken_back_with_its_stage(company):
    customer = make_customer(company.sales1)
    customer = services.change_lifecycle(customer, to="mql", reason="来电咨询", actor=by(company.sales1))
    customer = services.set_first_deal(customer, A_DAY, actor=SYSTEM)
    assert customer.lifecycle_stage == "customer"
    customer = services.set_first_deal(customer, None, actor=SYSTEM)
    assert customer.lifecycle_stage == "mql"


def test_who_planned_something_long_ago_keeps_it_when_only_the_team_changes(company):
    customer = make_customer(company.sales2)
    services.transfer_customers([customer], owner=company.sales1, keep_reader=True, actor=SYSTEM)
    plan = services.plan_follow_up(
        actor=by(company.sales2), author=company.sales2, kind="call", customer=customer, due_at=timezone.now()
    )
    services.transfer_customers([customer], owner=company.sales1, team=company.south, actor=SYSTEM)
    plan.refresh_from_db()
    assert plan.owner == company.sales2


def test_tags_out_of_use_stay_until_somebody_takes_them_off(company):
    customer, old, new = make_customer(company.sales1), make_tag(), make_tag()
    services.tag_customers([customer], add=[old], actor=SYSTEM)
    type(old).objects.filter(pk=old.pk).update(is_active=False)
    services.set_tags(customer, [new], offered=type(old).objects.current(), actor=SYSTEM)
    assert set(customer.tags.all()) == {old, new}


def test_a_tag_that_has_run_out_is_neither_shown_nor_found_and_goes_with_an_entry_in_the_log(company):
    customer, tag = make_customer(company.sales1), make_tag(expiry_date=company_today())
    services.tag_customers([customer], add=[tag], actor=SYSTEM)
    assert [label["id"] for label in labels_of(customer)] == [tag.pk]
    type(tag).objects.update(expiry_date=company_today() - datetime.timedelta(days=1))
    assert labels_of(customer) == []
    found = TagFilter(model=type(tag)).filter(Customer.objects.all(), [tag])
    assert not found.exists()
    assert empty_bin() == 0
    assert not customer.tags.exists()
    event = Event._base_manager.filter(name="customer.tagged").order_by("-pk")[0]
    assert (event.payload["removed"], event.actor_kind) == ([tag.name], "system")


def test_the_company_decides_which_day_it_is(company):
    evening = datetime.datetime(2026, 6, 10, 17, 0, tzinfo=datetime.UTC)  # Thursday 01:00 in Shanghai
    with time_machine.travel(evening, tick=False), timezone.override("America/New_York"):
        customer = make_customer(company.sales1)
        services.set_first_deal(customer, datetime.date(2026, 6, 11), actor=SYSTEM)
        assert customer.neglect_from == datetime.date(2026, 6, 11)
