"""The whole base looked through, and the queue of suspected pairs."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts import services, tasks
from accounts.models import Customer, DuplicatePair
from accounts.tests.factories import SYSTEM, make_contact, make_customer
from crm.core.writes import RuleBroken
from crm.events.models import Event

pytestmark = pytest.mark.django_db
USCC = "91350100M000100Y43"
NAME = "杭州云杉网络科技有限公司"


def browser(user):
    client = Client()
    client.force_login(user)
    return client


def queue():
    return {
        (pair.first.name, pair.second.name): (float(pair.score), tuple(pair.reasons))
        for pair in DuplicatePair.objects.filter(state="open").select_related("first", "second")
    }


@pytest.fixture
def pair(company):
    make_customer(company.sales1, NAME)
    make_customer(company.sales2, "云杉网络科技（杭州）有限公司")
    services.scan_duplicates()
    return DuplicatePair.objects.get()


class TestTheScan:
    def test_every_reason_is_found_and_nothing_else(self, company):
        make_customer(company.sales1, NAME, uscc=USCC)
        make_customer(company.sales3, "甲一有限公司", uscc=USCC)
        make_customer(company.sales1, "乙二有限公司", contact={"name": "李", "phone": "13900001111"})
        make_customer(company.sales3, "丙三有限公司", phone="139 0000 1111")
        make_customer(company.sales1, "丁四有限公司", email="a@b.cn")
        make_contact(make_customer(company.sales3, "戊五有限公司"), email="A@b.cn")
        make_customer(company.sales3, "杭州云杉网络技术有限公司")
        make_customer(company.sales3, f"{NAME}宁波分公司")
        make_customer(company.sales3, "上海云杉网络科技公司")
        make_customer(company.sales1, "北京银行")
        make_customer(company.sales1, "上海银行")
        make_customer(company.sales1, "己六有限公司", phone="0571-88001234")
        make_customer(company.sales1, "庚七有限公司", phone="0571-88001234")
        found = services.scan_duplicates()
        assert queue() == {
            (NAME, "甲一有限公司"): (1.0, ("uscc",)),
            ("乙二有限公司", "丙三有限公司"): (0.95, ("phone",)),
            ("丁四有限公司", "戊五有限公司"): (0.95, ("email",)),
            (NAME, "杭州云杉网络技术有限公司"): (0.6, ("similar",)),
            (NAME, "上海云杉网络科技公司"): (0.7, ("name_elsewhere",)),
        }
        assert (found.open, found.new, found.gone) == (5, 5, 0)

    def test_a_second_scan_changes_nothing_and_forgets_what_was_mended(self, company, pair):
        again = services.scan_duplicates()
        assert (again.open, again.new, again.gone) == (1, 0, 0)
        services.update_customer(pair.second, actor=SYSTEM, name="别的公司")
        last = services.scan_duplicates()
        assert (last.open, last.gone) == (0, 1)

    def test_what_was_declared_no_duplicate_stays_so(self, company, pair):
        services.decide_pair(pair, duplicate=False, actor=SYSTEM)
        services.scan_duplicates()
        pair.refresh_from_db()
        assert pair.state == "dismissed" and queue() == {}
        assert Event.objects.filter(name="customer.duplicate_dismissed").count() == 1
        services.decide_pair(pair, duplicate=True, actor=SYSTEM)
        assert len(queue()) == 1

    def test_a_number_shared_by_many_pairs_each_with_the_oldest(self, company):
        for number in range(25):
            make_customer(
                company.sales1,
                f"{'甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥天地人'[number]}店",
                phone="13900001111",
            )
        services.scan_duplicates()
        pairs = DuplicatePair.objects.all()
        assert pairs.count() == 24 and len({pair.first_id for pair in pairs}) == 1

    def test_the_number_of_statements_does_not_grow_with_the_base(
        self, company, django_assert_max_num_queries
    ):
        for _number in range(15):
            make_customer(company.sales1, NAME, phone="13900001111")
        with django_assert_max_num_queries(25):
            services.scan_duplicates()
        assert DuplicatePair.objects.count() == 15 * 14 // 2

    def test_the_nightly_task(self, company, pair):
        assert tasks.find_duplicates() == 0


class TestTheQueue:
    url = "/data-quality/"

    def test_the_pair_with_its_reasons(self, company, pair):
        text = browser(company.manager1).get(self.url).content.decode()
        assert NAME in text and "90%" in text and "Same name and region" in text
        assert reverse("customer_merge", args=[pair.first_id]) in text

    def test_one_side_out_of_sight_is_occupied(self, company):
        mine, other = make_customer(company.sales1, NAME), make_customer(company.sales3, NAME)
        services.scan_duplicates()
        client = browser(company.manager1)
        text = client.get(self.url).content.decode()
        assert mine.get_absolute_url() in text and other.get_absolute_url() not in text
        assert "occupied" in text and "Compare and merge" not in text
        pair = DuplicatePair.objects.get()
        assert client.post(reverse("pair_decide", args=[pair.pk])).status_code == 403
        pair.refresh_from_db()
        assert pair.state == "open"

    def test_pairs_of_others_do_not_exist(self, company, pair):
        client = browser(company.manager2)
        assert NAME not in client.get(self.url).content.decode()
        assert client.post(reverse("pair_decide", args=[pair.pk])).status_code == 404

    def test_filters(self, company, pair):
        make_customer(company.sales1, "杭州云杉网络技术有限公司")
        services.scan_duplicates()
        client = browser(company.director)

        def shown(query):
            return [
                (p.first_id, p.second_id) for p in client.get(f"{self.url}?{query}").context["page"].pairs
            ]

        assert len(shown("")) == 3 and len(shown("score=0.90")) == 1 and len(shown("reason=similar")) == 2
        assert shown("reason=phone") == [] and shown("mine=1") == [] and shown("state=dismissed") == []

    @pytest.mark.parametrize(
        "query",
        [
            "state=x",
            "reason=x",
            "score=x",
            "score=NaN",
            "after=x",
            "after=0.9-x",
            "mine=2",
            "page=2",
            "score=2",
        ],
    )
    def test_what_it_does_not_understand_is_refused(self, company, query):
        assert browser(company.admin).get(f"{self.url}?{query}").status_code == 400

    def test_page_by_page(self, company):
        for number in range(8):
            make_customer(company.sales1, NAME, external_id=f"x{number}")
        services.scan_duplicates()
        client, seen, url = browser(company.admin), [], self.url
        while url:
            context = client.get(url).context
            seen += [pair.pk for pair in context["page"].pairs]
            url = context["next"]
        assert len(seen) == len(set(seen)) == 28

    def test_dismissing_and_taking_it_back(self, company, pair):
        client = browser(company.manager1)
        url = reverse("pair_decide", args=[pair.pk])
        client.post(url, {"next": "//evil.example"})
        assert queue() == {} and NAME in client.get(f"{self.url}?state=dismissed").content.decode()
        answer = client.post(url, {"duplicate": "1", "next": "https://evil.example/"})
        assert answer.url == self.url and len(queue()) == 1

    def test_those_who_may_not_merge_are_refused(self, company, pair):
        for role in ("sales1", "exec", "service1", "finance1", "marketing1", "servicemanager1"):
            client = browser(getattr(company, role))
            assert client.get(self.url).status_code == 403
            assert client.post(reverse("data_quality_scan")).status_code == 403
            assert client.post(reverse("pair_decide", args=[pair.pk])).status_code == 403
        assert len(queue()) == 1

    def test_scanning_on_demand(self, company, pair, settings):
        settings.CELERY_TASK_ALWAYS_EAGER = True
        assert browser(company.manager1).post(reverse("data_quality_scan")).status_code == 302

    def test_the_number_of_statements_is_fixed(self, company, django_assert_max_num_queries):
        for number in range(8):
            make_customer(company.sales1, NAME, external_id=f"x{number}")
        services.scan_duplicates()
        client = browser(company.admin)
        client.get(self.url)
        with django_assert_max_num_queries(16):
            client.get(self.url)


def test_a_merged_pair_is_not_decided_again(company, pair):
    services.merge_customers(pair.first, pair.second, actor=SYSTEM)
    pair.refresh_from_db()
    assert pair.state == "merged"
    with pytest.raises(RuleBroken):
        services.decide_pair(pair, duplicate=False, actor=SYSTEM)
    assert Customer.objects.count() == 1
