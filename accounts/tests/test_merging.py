"""Two records of one customer become one, and apart again."""

import datetime
import re

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.models import (
    Activity,
    ActivityKind,
    Contact,
    ContactLink,
    Customer,
    CustomerMerge,
    DuplicatePair,
)
from accounts.queries.timeline import timeline
from accounts.rules.merging import default_pick, earliest, take_back
from accounts.services.merge_relations import RELATIONS
from accounts.tests.factories import SYSTEM, by, make_contact, make_customer, make_tag
from crm.core.writes import RuleBroken, StaleVersion
from crm.events.models import Event
from crm.identity import services as identity
from crm.identity.tests.factories import fresh
from crm.listing.rest.testing import Caller
from crm.listing.testing import digest

pytestmark = pytest.mark.django_db
A_DAY = datetime.date(2026, 5, 1)
ROOT = "/api/v1/customers/"


def browser(user):
    client = Client()
    client.force_login(user)
    return client


def logged(customer, user, body="谈了交期和付款方式"):
    return services.log_follow_up(
        actor=by(user), author=user, kind=ActivityKind.NOTE, customer=customer, body=body
    ).activity


@pytest.fixture
def two(company):
    """A customer with its history, and a younger double of it with its own."""
    tag, other_tag = make_tag("标杆"), make_tag("年框")
    winner = make_customer(
        company.sales1,
        "杭州云杉网络科技有限公司",
        phone="13900001111",
        tags=[tag],
        contact={"name": "李雷", "phone": "13900001111"},
    )
    loser = make_customer(
        company.sales2,
        "杭州云杉网络技术有限公司",
        phone="13900002222",
        email="info@yunshan.cn",
        external_id="K-7",
        tags=[tag, other_tag],
        contact={"name": "韩梅", "phone": "13900002222"},
    )
    make_contact(loser, "沈立群")
    logged(winner, company.sales1)
    logged(loser, company.sales2, "发了第二版报价单")
    services.set_highlights(loser, [{"label": "预算", "text": "155 万"}], actor=SYSTEM)
    make_customer(company.sales2, "云杉的子公司", parent=loser)
    identity.share(loser, user=company.sales3, level="read", actor=SYSTEM)
    return Customer.objects.get(pk=winner.pk), Customer.objects.get(pk=loser.pk)


def state():
    """All the database holds of customers and what belongs to them; aside are versions, and lines without an order."""
    aside = {"version", "updated_at", "search_text"}
    return {
        relation.key: [
            {
                name: sorted(value) if name.startswith("search_") else value
                for name, value in row.items()
                if name not in aside
            }
            for row in relation.model._base_manager.order_by("pk").values()
        ]
        for relation in RELATIONS.values()
    }


class TestMerging:
    def test_everything_goes_over(self, company, two):
        winner, loser = two
        merge = services.merge_customers(winner, loser, actor=by(company.manager1))
        winner = Customer.objects.get(pk=winner.pk)
        assert {c.name for c in winner.contacts.all()} == {"李雷", "韩梅", "沈立群"}
        assert winner.contacts.get(is_primary=True).name == "李雷"
        assert Activity.objects.filter(customer=winner).count() == 2
        assert {tag.name for tag in winner.tags.all()} == {"标杆", "年框"}
        assert [h.text for h in winner.highlights.all()] == ["155 万"]
        assert [c.name for c in winner.children.all()] == ["云杉的子公司"]
        assert (
            Customer.objects.filter(pk=winner.pk).count() == 1
            and not Customer.objects.filter(pk=loser.pk).exists()
        )
        assert (winner.name, winner.phone, winner.email, winner.external_id) == (
            "杭州云杉网络科技有限公司", "+8613900001111", "info@yunshan.cn", "K-7",
        )  # fmt: skip
        assert winner.last_activity_summary == "发了第二版报价单" and "13900002222" in winner.search_text
        assert browser(company.sales3).get(winner.get_absolute_url()).status_code == 200, "shares go over"
        assert merge.changes["email"] == ["", "info@yunshan.cn"] and winner.version > two[0].version

    def test_the_event_names_both_and_the_timeline_shows_both_histories(self, company, two):
        winner, loser = two
        services.merge_customers(winner, loser, actor=by(company.manager1))
        event = Event.objects.get(name="customer.merged")
        assert (
            event.payload["name"] == loser.name and event.payload["moved"]["accounts.contact.customer"] == 2
        )
        assert event.private["email"] == ["", "info@yunshan.cn"] and len(event.about) == 2
        page = timeline(company.manager1, winner, limit=50)
        titles = [item.event.title for item in page.items if item.event]
        assert f"Created {loser.name}" in titles and f"Created {winner.name}" in titles

    def test_fields_are_chosen_one_by_one(self, company, two):
        winner, loser = two
        services.merge_customers(winner, loser, picks={"phone": "loser", "email": "winner"}, actor=SYSTEM)
        winner.refresh_from_db()
        assert (winner.phone, winner.phone_key, winner.email) == ("+8613900002222", "+8613900002222", "")

    def test_the_earliest_and_the_deal_stay(self, company):
        winner, loser = (
            make_customer(company.sales1, source="referral", intent="A"),
            make_customer(company.sales1, source="exhibition", first_deal_at=A_DAY),
        )
        long_ago = timezone.now() - datetime.timedelta(days=400)
        Customer.objects.filter(pk=loser.pk).update(created_at=long_ago, tier="B")
        services.merge_customers(winner, loser, actor=SYSTEM)
        winner.refresh_from_db()
        assert (winner.created_at, winner.first_deal_at, winner.source) == (long_ago, A_DAY, "exhibition")
        assert (winner.lifecycle_stage, winner.tier, winner.intent) == ("customer", "B", None)

    def test_a_parent_merged_with_its_child_is_not_its_own_parent(self, company):
        parent = make_customer(company.sales1)
        child = make_customer(company.sales1, parent=parent)
        services.merge_customers(child, parent, actor=SYSTEM)
        child.refresh_from_db()
        assert child.parent is None
        other = make_customer(company.sales1, parent=child)
        services.merge_customers(child, other, actor=SYSTEM)
        child.refresh_from_db()
        assert child.parent is None

    def test_a_contact_of_both_is_no_guest_at_home(self, company, two):
        winner, loser = two
        person = winner.contacts.get()
        services.link_contact(person, loser, actor=SYSTEM)
        services.link_contact(loser.contacts.first(), winner, actor=SYSTEM)
        before = state()
        merge = services.merge_customers(winner, loser, actor=SYSTEM)
        assert not ContactLink.objects.filter(customer=winner).exists()
        services.undo_merge(merge, actor=SYSTEM)
        assert state() == before

    def test_versions_are_checked(self, company, two):
        winner, loser = two
        with pytest.raises(StaleVersion):
            services.merge_customers(winner, loser, expected={loser.pk: loser.version - 1}, actor=SYSTEM)
        assert Customer.objects.filter(pk=loser.pk).exists()

    def test_nonsense_is_refused(self, company, two):
        winner, loser = two
        for other, picks in [(winner, {}), (loser, {"owner": "loser"}), (loser, {"name": "both"})]:
            with pytest.raises(RuleBroken):
                services.merge_customers(winner, other, picks=picks, actor=SYSTEM)
        services.delete_customer(loser, actor=SYSTEM)
        with pytest.raises(RuleBroken):
            services.merge_customers(winner, loser, actor=SYSTEM)

    def test_the_number_of_statements_does_not_depend_on_how_much_there_is(
        self, company, two, django_assert_max_num_queries
    ):
        winner, loser = two
        Activity.objects.bulk_create([Activity(customer=loser, kind="note", body=str(n)) for n in range(500)])
        Contact.objects.bulk_create(
            [Contact(customer=loser, name=str(n), name_sort=str(n)) for n in range(200)]
        )
        with django_assert_max_num_queries(60):
            merge = services.merge_customers(winner, loser, actor=SYSTEM)
        with django_assert_max_num_queries(60):
            services.undo_merge(merge, actor=SYSTEM)

    def test_every_table_that_points_at_customers_is_declared(self):
        """A new table with a customer says what becomes of its rows: one line in its app's hooks."""
        aside = {
            "accounts.customer.merged_into",
            *(f"accounts.duplicatepair.{n}" for n in ("first", "second")),
        }
        aside |= {f"accounts.customermerge.{n}" for n in ("winner", "loser")}
        pointing = {
            f"{model._meta.label_lower}.{field.name}"
            for model in apps.get_models()
            for field in model._meta.concrete_fields
            if field.related_model is Customer
        }
        assert pointing - aside == set(RELATIONS)


class TestTheTombstone:
    def test_the_old_address_leads_to_the_new_one(self, company, two):
        winner, loser = two
        services.merge_customers(winner, loser, actor=SYSTEM)
        for role in ("sales1", "manager1", "admin", "service1", "sales3"):
            answer = browser(getattr(company, role)).get(loser.get_absolute_url())
            assert (answer.status_code, answer.url) == (302, winner.get_absolute_url())
        hidden = browser(company.manager2).get(loser.get_absolute_url())
        absent = browser(company.manager2).get(reverse("customer_detail", args=[99999999]))
        assert hidden.status_code == absent.status_code == 404
        answer = Caller(company.sales1)("GET", f"{ROOT}{loser.pk}/")
        assert answer.status_code == 302 and answer["Location"].endswith(f"{ROOT}{winner.pk}/")
        assert Caller(company.manager2)("GET", f"{ROOT}{loser.pk}/").status_code == 404

    def test_merges_of_merges_are_followed(self, company, two):
        winner, loser = two
        last = make_customer(company.sales1)
        services.merge_customers(winner, loser, actor=SYSTEM)
        services.merge_customers(last, winner, actor=SYSTEM)
        assert browser(company.sales1).get(loser.get_absolute_url()).url == last.get_absolute_url()
        titles = [i.event.title for i in timeline(company.manager1, last, limit=50).items if i.event]
        assert f"Created {loser.name}" in titles

    def test_it_is_neither_in_the_bin_nor_purged_nor_restored(self, company, two):
        winner, loser = two
        services.merge_customers(winner, loser, actor=SYSTEM)
        assert loser.name not in browser(company.admin).get(reverse("customer_bin_list")).content.decode()
        Customer._base_manager.filter(pk=loser.pk).update(
            deleted_at=timezone.now() - datetime.timedelta(days=99)
        )
        assert services.purge_bin(actor=SYSTEM) == 0
        with pytest.raises(RuleBroken):
            services.restore_customer(loser, actor=SYSTEM)


class TestUndoing:
    def test_all_is_as_before(self, company, two):
        winner, loser = two
        before = state()
        merge = services.merge_customers(winner, loser, picks={"name": "loser"}, actor=SYSTEM)
        assert state() != before
        merge = services.undo_merge(merge, actor=by(company.manager1))
        assert state() == before and merge.kept == []
        assert Event.objects.get(name="customer.unmerged").payload == {"name": loser.name, "kept": []}
        assert services.undo_merge(merge, actor=SYSTEM).undone_at == merge.undone_at, "twice is once"

    def test_fields_edited_since_are_kept_and_named(self, company, two):
        winner, loser = two
        merge = services.merge_customers(
            winner, loser, picks={"phone": "loser", "name": "loser"}, actor=SYSTEM
        )
        services.update_customer(winner, actor=SYSTEM, email="new@yunshan.cn", address="良睦路 1288 号")
        merge = services.undo_merge(merge, actor=SYSTEM)
        winner.refresh_from_db()
        loser.refresh_from_db()
        assert merge.kept == ["email"]
        assert (winner.email, winner.address) == ("new@yunshan.cn", "良睦路 1288 号")
        assert (winner.name, winner.phone) == ("杭州云杉网络科技有限公司", "+8613900001111")
        assert (loser.name, loser.email, loser.external_id) == (
            "杭州云杉网络技术有限公司",
            "info@yunshan.cn",
            "K-7",
        )

    def test_what_came_since_stays_and_what_left_since_is_left(self, company, two):
        winner, loser = two
        merge = services.merge_customers(winner, loser, actor=SYSTEM)
        later = logged(winner, company.sales1, "合并之后又谈了一次")
        elsewhere = make_customer(company.sales1)
        gone = winner.contacts.get(name="沈立群")
        services.update_contact(gone, actor=SYSTEM, customer=elsewhere)
        services.undo_merge(merge, actor=SYSTEM)
        later.refresh_from_db()
        gone.refresh_from_db()
        assert (later.customer, gone.customer) == (winner, elsewhere)
        assert [c.name for c in loser.contacts.filter(is_primary=True)] == ["韩梅"]

    def test_after_thirty_days_it_is_too_late(self, company, two):
        merge = services.merge_customers(*two, actor=SYSTEM)
        CustomerMerge.objects.update(merged_at=timezone.now() - datetime.timedelta(days=31))
        with pytest.raises(RuleBroken, match="30"):
            services.undo_merge(merge, actor=SYSTEM)

    def test_the_last_merge_goes_first(self, company, two):
        winner, loser = two
        first = services.merge_customers(winner, loser, actor=SYSTEM)
        services.merge_customers(winner, make_customer(company.sales1), actor=SYSTEM)
        with pytest.raises(RuleBroken):
            services.undo_merge(first, actor=SYSTEM)

    def test_an_external_id_taken_since_is_a_conflict(self, company, two):
        winner, loser = two
        merge = services.merge_customers(winner, loser, actor=SYSTEM)
        services.update_customer(winner, actor=SYSTEM, external_id="K-8")
        make_customer(company.sales1, external_id="K-7")
        with pytest.raises(RuleBroken, match="K-7"):
            services.undo_merge(merge, actor=SYSTEM)
        assert not Customer.objects.filter(pk=loser.pk).exists()


class TestThePages:
    def test_side_by_side_then_merged_then_undone(self, company, two):
        winner, loser = two
        client, url = browser(company.manager1), reverse("customer_merge", args=[winner.pk])
        page = client.get(f"{url}?with={loser.pk}").content.decode()
        assert winner.name in page and loser.name in page and 'name="pick_phone"' in page
        values = {"with": loser.pk, "pick_phone": "loser", f"version_{winner.pk}": winner.version}
        before = digest([winner, loser])
        asked = client.post(url, values)
        assert asked.status_code == 200
        assert digest([winner, loser]) == before  # nothing is written before the yes
        question = asked.content.decode()
        assert loser.name in question and winner.name in question and "139 0000 2222" in question
        form = question.partition('name="confirmed"')[2].partition("</form>")[0]
        given = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
        assert given.items() >= {"with": str(loser.pk), "pick_phone": "loser"}.items()
        assert given[f"version_{winner.pk}"] == str(winner.version)
        assert client.post(url, given | {"confirmed": "1"}).url == winner.get_absolute_url()
        winner.refresh_from_db()
        assert winner.phone == "+8613900002222"
        merge = CustomerMerge.objects.get()
        assert loser.name in client.get("/data-quality/?state=merged").content.decode()
        assert client.post(reverse("merge_undo", args=[merge.pk])).status_code == 302
        winner.refresh_from_db()
        assert winner.phone == "+8613900001111" and Customer.objects.filter(pk=loser.pk).exists()

    def test_a_merge_that_takes_the_losers_name_still_tells_who_became_part_of_whom(self, company, two):
        winner, loser = two
        before = winner.name
        merge = services.merge_customers(winner, loser, picks={"name": "loser"}, actor=SYSTEM)
        client, url = browser(company.manager1), "/data-quality/?state=merged"
        assert (
            f"{loser.name} became part of {before}, which took its name" in client.get(url).content.decode()
        )
        page = client.get(winner.get_absolute_url()).content.decode()
        assert f"which was called {before} and took its name" in page
        services.undo_merge(merge, actor=SYSTEM)
        assert f"{loser.name} became part of {before}<" in client.get(url).content.decode()

    def test_somebody_was_faster(self, company, two):
        winner, loser = two
        client, url = browser(company.manager1), reverse("customer_merge", args=[winner.pk])
        values = {"with": loser.pk, "confirmed": "1", f"version_{loser.pk}": loser.version - 1}
        assert client.post(url, values).status_code == 409 and CustomerMerge.objects.count() == 0
        assert (
            client.post(url, {"with": loser.pk, "confirmed": "1", "pick_name": "nobody"}).status_code == 422
        )

    def test_likely_ones_to_choose_from(self, company, two):
        winner, loser = two
        hidden = make_customer(company.sales3, "杭州云杉网络科技集团有限公司")
        page = browser(company.manager1).get(reverse("customer_merge", args=[winner.pk])).content.decode()
        assert f"with={loser.pk}" in page and f"with={hidden.pk}" not in page
        assert (
            "?with="
            not in browser(company.admin)
            .get(reverse("customer_merge", args=[make_customer(company.sales1, "毫不相干").pk]))
            .content.decode()
        )

    def test_both_must_be_within_the_right_to_merge(self, company, two):
        winner, _loser = two
        other = make_customer(company.sales3)
        before = digest([winner, other])
        url = reverse("customer_merge", args=[winner.pk])
        assert browser(company.sales1).post(url, {"with": other.pk}).status_code == 403
        for with_ in (other.pk, 99999999, "x", "9" * 30):
            assert browser(company.manager1).post(url, {"with": with_}).status_code == 404
        identity.share(other, user=fresh(company.manager1), level="edit", actor=SYSTEM)
        assert browser(company.manager1).post(url, {"with": other.pk}).status_code == 403
        assert digest([winner, other]) == before

    def test_undoing_is_for_those_who_may_merge(self, company, two):
        merge = services.merge_customers(*two, actor=SYSTEM)
        url = reverse("merge_undo", args=[merge.pk])
        for role, status in [("sales1", 403), ("exec", 403), ("manager2", 404), ("service1", 403)]:
            assert browser(getattr(company, role)).post(url).status_code == status
        merge.refresh_from_db()
        assert merge.undone_at is None
        CustomerMerge.objects.update(merged_at=timezone.now() - datetime.timedelta(days=31))
        assert browser(company.manager1).post(url, follow=True).status_code == 200
        assert not Customer.objects.filter(pk=two[1].pk).exists()


class TestTheApi:
    def test_merged_and_undone(self, company, two):
        winner, loser = two
        call = Caller(company.manager1)
        done = call("POST", f"{ROOT}{winner.pk}/merge/", {"loser": loser.pk, "fields": {"phone": "loser"}})
        assert done.status_code == 200 and done.json()["phone"] == "+8613900002222", done.json()
        back = call("POST", f"{ROOT}{winner.pk}/unmerge/")
        assert back.status_code == 200 and back.json()["phone"] == "+8613900001111"
        assert call("POST", f"{ROOT}{winner.pk}/unmerge/").status_code == 409

    def test_refusals(self, company, two):
        winner, loser = two
        other = make_customer(company.sales3)
        url, before = f"{ROOT}{winner.pk}/merge/", digest([winner, loser, other])
        call = Caller(company.manager1)
        hidden, absent = call("POST", url, {"loser": other.pk}), call("POST", url, {"loser": 99999999})
        assert hidden.status_code == absent.status_code == 400
        assert call("POST", url, {}).status_code == 400
        assert call("POST", url, {"loser": winner.pk}).status_code == 400
        assert call("POST", url, {"loser": loser.pk, "fields": {"phone": "both"}}).status_code == 400
        assert call("POST", url, {"loser": loser.pk, "fields": {"owner": "loser"}}).status_code == 400
        assert call("POST", url, {"loser": loser.pk, "loser_version": loser.version - 1}).status_code == 409
        assert Caller(company.sales1)("POST", url, {"loser": loser.pk}).status_code == 403
        assert Caller(company.manager2)("POST", url, {"loser": other.pk}).status_code == 404
        identity.share(other, user=company.manager1, level="edit", actor=SYSTEM)
        before = digest([winner, loser, other])
        assert Caller(company.manager1)("POST", url, {"loser": other.pk}).status_code == 403
        assert Caller(company.sales1)("POST", f"{ROOT}{winner.pk}/unmerge/").status_code == 403
        assert digest([winner, loser, other]) == before and DuplicatePair.objects.count() == 0


def test_the_rules():
    assert default_pick("phone", "1", "2", loser_is_older=True) == "winner"
    assert default_pick("phone", "", "2", loser_is_older=False) == "loser"
    assert default_pick("phone", None, "", loser_is_older=True) == "winner"
    assert default_pick("source", "web", "fair", loser_is_older=True) == "loser"
    assert default_pick("source", "web", "fair", loser_is_older=False) == "winner"
    assert earliest(None, A_DAY) == A_DAY and earliest(None, None) is None
    changes = {"phone": ("1", "2"), "email": ("", "a@b.cn")}
    assert take_back(changes, {"phone": "2", "email": "new@b.cn"}) == ({"phone": "1"}, ["email"])
