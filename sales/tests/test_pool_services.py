"""The public pool through its services: who takes what out, who gives what back, and what stays covered meanwhile."""

import datetime
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import QueryDict

from accounts.listings import CONTACTS, CUSTOMERS
from accounts.models import Activity, Contact, Customer
from accounts.queries.timeline import timeline
from accounts.services import merge_customers, plan_follow_up, set_first_deal, update_customer
from accounts.tests.factories import by, make_contact, make_customer
from crm.core.clock import company_today
from crm.core.hooks import hooks
from crm.core.writes import RuleBroken
from crm.events.models import Event
from crm.identity import access
from crm.identity import services as identity
from crm.identity.models import TeamUserGrant
from crm.identity.services import pool_members, share
from crm.identity.tests.factories import SYSTEM, fresh, make_user
from crm.listing.selection import select
from sales import services
from sales.listings.leads import LEADS
from sales.models import Lead, Pool, PoolStay
from sales.queries.pools import limits_of
from sales.tests.factories import make_lead

pytestmark = pytest.mark.django_db
PHONE = "13812345678"


@pytest.fixture
def pool(company):
    return services.create_pool("East pool", serves=company.east, is_default=True, actor=SYSTEM)


def give_back(record, **values):
    return services.return_to_pool(record, **({"reason": "unreachable"} | values), actor=SYSTEM)


def claim(record, user):
    return services.claim(record, user=user, actor=by(user))


def refused(record, user):
    with pytest.raises(RuleBroken) as error:
        claim(record, user)
    return error.value.code


def found(listing, user, text):
    query = QueryDict(mutable=True)
    query["q"] = text
    return [one.pk for one in select(listing, fresh(user), query).page().records]


def test_all_salespeople_a_pool_serves_are_members(company, pool):
    assert {one.username for one in pool_members(pool.team)} == {"manager1", "sales1", "sales2"}
    services.update_pool(pool, everyone=False, members=[company.sales3], actor=SYSTEM)
    assert [one.username for one in pool_members(pool.team)] == ["sales3"]


def test_who_joins_or_moves_joins_or_leaves_with_them(company, pool):
    new = make_user("new", "salesperson", company.east)
    identity.update_user(company.sales2, team=company.south, actor=SYSTEM)
    services.refresh_members(actor=SYSTEM)
    assert {one.username for one in pool_members(pool.team)} == {"manager1", "sales1", "new"}
    identity.deactivate_user(new, actor=SYSTEM)
    assert not TeamUserGrant.objects.filter(user=new).exists()


def test_what_goes_back_is_seen_by_members_without_its_number(company, pool):
    lead = give_back(make_lead(company.sales1, phone=PHONE, wechat="wangwei"))
    assert (lead.owner, lead.previous_owner, lead.team) == (None, company.sales1, pool.team)
    seen = access.get_visible_or_404(Lead, company.sales2, lead.pk)
    assert (seen.phone, seen.wechat) == ("138****5678", "w****")
    assert not access.may(company.sales2, "change", lead)
    assert not access.may(company.sales3, "view", lead)
    whole = access.get_visible_or_404(Lead, company.manager1, lead.pk)
    assert whole.phone == lead.phone and whole.wechat == "wangwei"


def test_the_worked_scopes_with_the_pool(company, pool):
    c1 = make_customer(company.sales1, first_deal_at=company_today())
    c2, c3 = make_customer(company.sales2), make_customer(company.sales3, first_deal_at=company_today())
    c4 = give_back(make_customer(company.sales2, phone=PHONE))

    def seen(user):
        return set(access.visible(Customer, fresh(user)).values_list("pk", flat=True))

    assert seen(company.sales1) == {c1.pk, c4.pk}
    share(c2, user=company.sales1, actor=SYSTEM)
    assert seen(company.sales1) == {c1.pk, c2.pk, c4.pk}
    assert seen(company.manager1) == {c1.pk, c2.pk, c4.pk}
    assert seen(company.director) == {c1.pk, c2.pk, c3.pk, c4.pk}
    assert seen(company.finance1) == {c1.pk, c3.pk}
    covered = access.get_visible_or_404(Customer, company.sales1, c4.pk)
    assert covered.phone == "138****5678"


def test_contacts_of_a_pooled_customer_are_covered_too(company, pool):
    customer = make_customer(company.sales1)
    contact = make_contact(customer, "王伟", phone=PHONE, email="wang@example.com")
    give_back(customer)
    person = access.get_visible_or_404(Contact, company.sales2, contact.pk)
    assert person.phone == "138****5678" and person.email.startswith("w***@")
    assert access.get_visible_or_404(Contact, company.manager1, contact.pk).email == "wang@example.com"


def test_nothing_is_found_by_what_is_covered(company, pool):
    customer = make_customer(company.sales1, "星河智能科技有限公司", phone=PHONE)
    contact = make_contact(customer, "王伟", phone="13712345678")
    lead = give_back(make_lead(company.sales1, "李四", company="云杉网络", phone=PHONE))
    give_back(customer)
    assert found(CUSTOMERS, company.sales2, "1234567") == []
    assert found(CONTACTS, company.sales2, "137123") == []
    assert found(LEADS, company.sales2, "1381") == []
    assert found(CUSTOMERS, company.sales2, "星河") == [customer.pk]
    assert found(CONTACTS, company.sales2, "王伟") == [contact.pk]
    assert found(LEADS, company.sales2, "云杉") == [lead.pk]
    assert found(CUSTOMERS, company.manager1, "1234567") == [customer.pk]
    rows = select(CUSTOMERS, fresh(company.sales2), QueryDict("phone=1234567")).page().records
    assert rows == []


def test_the_timeline_does_not_tell_an_earlier_number(company, pool):
    customer = make_customer(company.sales1, phone=PHONE)
    update_customer(customer, phone="13912345678", actor=by(company.sales1))
    give_back(customer)

    def told(user):
        return str(
            [(one.event.changes, one.event.private) for one in timeline(user, customer).items if one.event]
        )

    assert "13912345678" not in told(company.sales2)
    assert "13912345678" in told(company.manager1)


def test_going_back_takes_shares_and_plans_along(company, pool):
    customer = make_customer(company.sales1)
    share(customer, user=company.sales3, actor=SYSTEM)
    lead = make_lead(company.sales1)
    author = company.sales1
    for about in ({"customer": customer}, {"record": lead}):
        due = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
        plan_follow_up(kind="call", author=author, due_at=due, actor=by(author), **about)
    give_back(customer)
    lead = give_back(lead)
    assert not access.may(company.sales3, "view", customer)
    assert Activity.objects.filter(cancelled_at__isnull=True).count() == 0
    assert lead.next_follow_up_at is None


@pytest.mark.parametrize(
    ("values", "field"),
    [({"reason": ""}, "reason"), ({"reason": "nonsense"}, "reason"), ({"reason": "other"}, "note")],
)
def test_giving_back_asks_why(company, pool, values, field):
    with pytest.raises(RuleBroken) as error:
        give_back(make_lead(company.sales1), **values)
    assert error.value.field == field


def test_deal_customers_and_closed_leads_stay(company, pool):
    customer = make_customer(company.sales1)
    set_first_deal(customer, company_today(), actor=SYSTEM)
    lead = make_lead(company.sales1)
    services.move_lead(lead, to="disqualified", reason="no_need", actor=SYSTEM)
    for record in (customer, lead):
        with pytest.raises(RuleBroken):
            give_back(record)


def test_a_record_goes_to_the_nearest_pool(company, pool):
    own = services.create_pool("South pool", serves=company.south, actor=SYSTEM)
    assert give_back(make_lead(company.sales3)).team == own.team
    assert give_back(make_lead(company.director)).team == pool.team


def test_the_first_one_who_needs_it_opens_the_pool_for_everything(company):
    lead = give_back(make_lead(company.sales1))
    pool = Pool.objects.get()
    assert (lead.team, pool.is_default) == (pool.team, True)
    names = {one.username for one in pool_members(pool.team)}
    assert {"sales1", "sales4", "manager2"} <= names
    assert not names & {"service1", "finance1", "exec", "admin"}


def test_a_claim_makes_it_ones_own(company, pool):
    lead = give_back(make_lead(company.sales1, phone=PHONE))
    mine = claim(lead, company.sales2)
    assert (mine.owner, mine.team) == (company.sales2, company.east)
    assert access.get_visible_or_404(Lead, company.sales2, lead.pk).phone == lead.phone
    stay = PoolStay.objects.get()
    assert (stay.from_user, stay.taken_by, stay.way) == (company.sales1, company.sales2, "claimed")
    assert lead.protection.until == company_today() + datetime.timedelta(days=3)
    assert refused(lead, company.sales2) == "conflict"
    assert refused(lead, company.sales1) == "conflict"


def test_only_members_claim(company, pool):
    lead = give_back(make_lead(company.sales1))
    for user in (company.director, company.sales3, company.exec):
        with pytest.raises(PermissionDenied):
            claim(lead, user)


def test_who_gave_it_back_waits_until_the_others_had_their_turn(company, pool):
    with time_machine.travel("2026-03-25T09:00:00+08:00"):
        customer = give_back(make_customer(company.sales1))
        assert refused(customer, company.sales1) == "cooling"
    with time_machine.travel("2026-04-23T23:59:00+08:00"):
        assert refused(customer, company.sales1) == "cooling"
    with time_machine.travel("2026-04-24T00:01:00+08:00"):
        assert claim(customer, company.sales1).owner == company.sales1


def test_two_claims_of_the_same_in_half_a_year(company, pool):
    services.update_pool(pool, cool_down_days=0, actor=SYSTEM)
    lead = make_lead(company.sales2)
    for _round in range(2):
        give_back(lead)
        claim(lead, company.sales1)
    give_back(lead)
    assert refused(lead, company.sales1) == "often"
    assert claim(lead, company.sales2).owner == company.sales2


def test_ten_claims_a_day(company, pool):
    services.update_pool(pool, claims_a_day=2, actor=SYSTEM)
    leads = [give_back(make_lead(company.sales1)) for _number in range(3)]
    with time_machine.travel("2026-03-25T23:00:00+08:00"):
        claim(leads[0], company.sales2)
        claim(leads[1], company.sales2)
        assert refused(leads[2], company.sales2) == "day"
    with time_machine.travel("2026-03-26T00:30:00+08:00"):
        assert claim(leads[2], company.sales2).owner == company.sales2


def test_what_came_by_another_door_counts_as_well(company, pool):
    pool = services.update_pool(pool, claims_a_day=1, actor=SYSTEM)
    leads = [make_lead(company.sales1) for _number in range(2)]
    identity.assign(leads, owner=None, team=pool.team, actor=SYSTEM)
    claim(leads[0], company.sales2)
    assert refused(leads[1], company.sales2) == "day"


def test_deal_customers_are_not_held_against_the_limit(company, pool):
    pool = services.update_pool(pool, holding_cap=2, actor=SYSTEM)
    for _number in range(3):
        make_customer(company.sales2, first_deal_at=company_today())
    make_customer(company.sales2)
    rest = [give_back(make_customer(company.sales1)) for _number in range(2)]
    assert limits_of(company.sales2, pool, "customer").free == 1
    claim(rest[0], company.sales2)
    assert refused(rest[1], company.sales2) == "cap"


def test_what_a_leaver_held_goes_to_the_pool_where_nobody_takes_it_over(company, pool):
    prospect, lead = make_customer(company.sales1), make_lead(company.sales1)
    deal = make_customer(company.sales1, first_deal_at=company_today())
    identity.leave(company.sales1, {}, actor=SYSTEM)
    for record in (prospect, lead, deal):
        record.refresh_from_db()
    assert (prospect.team, lead.team) == (pool.team, pool.team)
    assert deal.team == company.east  # it waits for a colleague
    stay = PoolStay.objects.get(customer=prospect)
    assert (stay.from_user, stay.reason) == (company.sales1, "owner_left")


def test_a_manager_who_transfers_it_ends_its_stay(company, pool):
    lead = give_back(make_lead(company.sales1))
    identity.assign([lead], owner=company.sales2, actor=by(company.manager1))
    event = Event.objects.filter(name="record.transferred").latest("pk")
    for _twice in range(2):
        hooks.consumers["pool-stays"].handle(event)
    stay = PoolStay.objects.get()
    assert (stay.taken_by, stay.way, stay.left_at) == (company.sales2, "assigned", event.at)


def test_two_pooled_customers_become_one(company, pool):
    one, two = give_back(make_customer(company.sales1)), give_back(make_customer(company.sales1))
    merge_customers(one, two, actor=SYSTEM)
    mine = claim(one, company.sales2)
    assert mine.owner == company.sales2
    assert not PoolStay.objects.filter(left_at=None).exists()


def together(acts):
    """All of it at once, each over a connection of its own; what each returned, or the error's code."""
    start = threading.Barrier(len(acts))

    def one(act):
        try:
            start.wait(30)
            return act()
        except RuleBroken as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as hands:
        return list(hands.map(one, acts))


@pytest.mark.django_db(transaction=True)
def test_fifty_who_claim_the_same_at_once_have_one_winner_and_nobody_passes_a_limit(company):
    pool = services.create_pool("Pool", is_default=True, claims_a_day=3, actor=SYSTEM)
    users = [make_user(f"seller{number}", "salesperson", company.east) for number in range(5)]
    services.refresh_members(actor=SYSTEM)
    lead = give_back(make_lead(company.sales1))
    answers = together([lambda user=users[n % 5]: claim(lead, user) for n in range(50)])
    assert answers.count("conflict") == 49
    winner = Lead.objects.get(pk=lead.pk).owner
    assert PoolStay.objects.get(lead=lead).taken_by == winner
    # One person with many hands: three a day, however many arrive together.
    rest = [give_back(make_lead(company.sales1)) for _number in range(12)]
    loser = next(user for user in users if user != winner)
    answers = together([lambda one=one: claim(one, loser) for one in rest])
    assert answers.count("day") == 9
    assert Lead.objects.filter(owner=loser).count() == 3
    assert limits_of(loser, pool, "lead").left_today == 0
