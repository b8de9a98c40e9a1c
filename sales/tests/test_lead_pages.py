import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Activity, Customer
from accounts.tests.factories import make_customer
from crm.identity import services as identity
from crm.identity.tests.factories import make_company
from crm.listing.testing import ListPageContract, digest
from sales import services
from sales.listings.leads import LEAD_BIN, LEADS
from sales.models import Lead
from sales.tests.factories import SYSTEM, make_lead

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "drawer"}


@pytest.fixture
def company():
    return make_company()


@pytest.fixture
def lead(company):
    return make_lead(
        company.sales1, "王敏", phone="13812345678", company="苏州博远科技有限公司", source="exhibition"
    )


def browser(user):
    client = Client()
    client.force_login(user)
    return client


class TestLeadList(ListPageContract):
    listing = LEADS
    forbidden = "service1"
    queries = ("owner=me", "open=true", "score_from=60", "view=hot", "sort=-score")

    def make(self, owner, number):
        return make_lead(owner, f"线索{number}")


class TestLeadBin(ListPageContract):
    listing = LEAD_BIN
    most_queries = 13
    forbidden = "service1"

    def make(self, owner, number):
        return services.delete_lead(make_lead(owner, f"线索{number}"), actor=SYSTEM)


def test_the_page_shows_who_it_is_and_what_the_score_is_made_of(company, lead):
    services.touch_lead(lead, "pricing", note="价格页", actor=SYSTEM)
    client = browser(company.sales1)
    text = client.get(lead.get_absolute_url()).content.decode()
    for words in ("王敏", "苏州博远科技有限公司", "tel:+8613812345678", "价格页", "+10"):
        assert words in text
    assert text.count('name="to" value=') == 2  # on to working or qualified
    for part in ("identity", "left", "right"):
        assert client.get(f"{lead.get_absolute_url()}?part={part}").status_code == 200
    assert client.get(f"{lead.get_absolute_url()}?part=x").status_code == 404


def test_the_page_costs_few_queries_however_much_hangs_on_it(company, lead, django_assert_max_num_queries):
    for number in range(10):
        services.touch_lead(lead, "click", note=f"{number}", actor=SYSTEM)
    identity.share(lead, user=company.sales2, actor=SYSTEM)
    client = browser(company.sales1)
    client.get(lead.get_absolute_url())
    with django_assert_max_num_queries(25):
        client.get(lead.get_absolute_url())


FORMS = ["lead_edit", "lead_disqualify", "lead_convert", "lead_transfer", "lead_share", "lead_delete"]


@pytest.mark.parametrize("name", FORMS)
def test_forms_open_beside_the_page_and_as_a_page_of_their_own(company, lead, name):
    url = reverse(name, args=[lead.pk])
    client = browser(company.sales1)
    drawer, page = client.get(url, headers=HTMX), client.get(url)
    assert drawer.status_code == page.status_code == 200
    assert b"<html" not in drawer.content and b"<html" in page.content


@pytest.mark.parametrize("name", [*FORMS, "lead_detail", "lead_timeline", "lead_position", "lead_why"])
def test_every_page_of_a_hidden_lead_answers_like_an_absent_one(company, lead, name):
    client = browser(company.sales3)
    hidden, absent = (client.get(reverse(name, args=[pk])) for pk in (lead.pk, 999999999))
    assert hidden.status_code == absent.status_code == 404 and hidden.content == absent.content


def test_who_only_reads_changes_nothing(company, lead):
    identity.share(lead, user=company.sales3, level="read", actor=SYSTEM)
    before = digest([lead])
    client = browser(company.sales3)
    for name in FORMS:
        assert client.post(reverse(name, args=[lead.pk])).status_code == 403
    assert client.post(reverse("lead_move", args=[lead.pk]), {"to": "working"}).status_code == 403
    assert digest([lead]) == before


def test_a_name_and_a_number_make_a_lead_once(company):
    client, url = browser(company.sales1), reverse("lead_create")
    assert client.post(url, {"name": "李娜"}).status_code == 422
    assert client.post(url, {"name": "李娜", "phone": "1381234"}).status_code == 422
    made = client.post(url, {"name": "李娜", "phone": "138 1234 5679"}, headers=HTMX)
    lead = Lead.objects.get()
    assert made["HX-Redirect"] == lead.get_absolute_url()
    assert (lead.owner, lead.team, lead.phone) == (company.sales1, company.east, "+8613812345679")


def test_nobody_hands_a_new_lead_to_others_without_the_right(company):
    given = {"name": "李娜", "phone": "13812345679", "owner": company.sales3.pk}
    assert browser(company.marketing2).post(reverse("lead_create"), given).status_code == 422
    assert not Lead.objects.exists()


def test_a_known_lead_of_a_colleague_is_told_by_name_and_owner_alone(company, lead):
    client = browser(company.sales3)
    said = client.get(reverse("lead_suggest"), {"phone": "13812345678"}).content.decode()
    assert "王敏" in said and str(company.sales1) in said and lead.get_absolute_url() not in said
    refused = client.post(reverse("lead_create"), {"name": "别人", "phone": "13812345678", "confirmed": "x"})
    assert refused.status_code == 422 and "王敏" in refused.content.decode()
    assert Lead.objects.count() == 1


def test_a_number_of_a_customer_asks_once_and_then_passes(company):
    make_customer(company.sales1, "苏州博远科技有限公司", contact={"name": "王敏", "phone": "13812345678"})
    client, url = browser(company.sales1), reverse("lead_create")
    given = {"name": "王敏", "phone": "13812345678"}
    asked = client.post(url, given)
    assert asked.status_code == 422 and not Lead.objects.exists()
    token = asked.context["token"]
    assert client.post(url, given | {"confirmed": token}).status_code == 302
    assert Lead.objects.count() == 1


def test_a_fact_is_edited_in_place_and_taken_back(company, lead):
    client = browser(company.sales1)
    url = reverse("lead_field", args=[lead.pk, "title"])
    saved = client.post(url, {"title": "采购经理", "version": lead.version}, headers={"HX-Request": "true"})
    assert saved.status_code == 200
    undo = reverse("lead_field_undo", args=[lead.pk, "title"])
    assert undo in saved["HX-Trigger"]
    token = saved["HX-Trigger"].split("?edit=")[1].split('"')[0]
    client.post(f"{undo}?edit={token}")
    assert Lead.objects.get().title == ""


def test_it_goes_on_is_given_up_with_a_reason_and_taken_up_again(company, lead):
    client = browser(company.sales1)
    move, give_up = (reverse(name, args=[lead.pk]) for name in ("lead_move", "lead_disqualify"))
    client.post(move, {"to": "qualified"})
    assert Lead.objects.get().status == "qualified"
    assert client.post(move, {"to": "converted"}).status_code == 404
    assert client.post(give_up, {"reason": ""}).status_code == 422
    client.post(give_up, {"reason": "no_budget", "note": "明年再说"})
    assert Lead.objects.get().reason == "no_budget"
    assert "明年再说" in client.get(lead.get_absolute_url()).content.decode()
    client.post(move, {"to": "working"})
    assert Lead.objects.get().status == "working"


def test_a_follow_up_with_a_lead_stands_on_its_page_and_in_the_list_row(company, lead):
    client = browser(company.sales1)
    url = reverse("lead_follow_up", args=[lead.pk])
    assert client.get(url, headers={"HX-Request": "true"}).status_code == 200
    given = {"kind": "call", "body": "对方想先看样机", "place": "record", "next_date": "2030-01-07"}
    assert client.post(url, given, headers={"HX-Request": "true"}).status_code == 200
    assert Activity.objects.filter(done_at__isnull=False).get().record == lead
    assert "对方想先看样机" in client.get(lead.get_absolute_url()).content.decode()
    assert Lead.objects.get().last_activity_kind == "call"


def test_it_changes_hands_and_is_shared_and_withdrawn(company, lead):
    client = browser(company.sales1)
    client.post(reverse("lead_share", args=[lead.pk]), {"user": company.sales3.pk, "level": "read"})
    assert browser(company.sales3).get(lead.get_absolute_url()).status_code == 200
    client.post(reverse("lead_unshare", args=[lead.pk]), {"user": company.sales3.pk})
    assert browser(company.sales3).get(lead.get_absolute_url()).status_code == 404
    client.post(reverse("lead_transfer", args=[lead.pk]), {"owner": company.sales3.pk})
    assert Lead.objects.get().owner == company.sales3
    assert client.get(lead.get_absolute_url()).status_code == 404


def test_the_bin_keeps_it_and_gives_it_back(company, lead):
    client = browser(company.sales1)
    client.post(reverse("lead_delete", args=[lead.pk]))
    assert not Lead.objects.exists()
    assert browser(company.sales3).get(reverse("lead_restore", args=[lead.pk])).status_code == 404
    assert client.get(reverse("lead_restore", args=[lead.pk])).status_code == 200
    client.post(reverse("lead_restore", args=[lead.pk]))
    assert Lead.objects.get() == lead


def test_conversion_offers_the_customer_that_is_there_and_takes_it(company, lead):
    known = make_customer(company.sales1, "苏州博远科技有限公司")
    client, url = browser(company.sales1), reverse("lead_convert", args=[lead.pk])
    assert f"?customer={known.pk}" in client.get(url).content.decode()
    assert client.post(url, {}).status_code == 422  # a second one of that name is refused
    client.post(url, {"customer": known.pk})
    lead.refresh_from_db()
    assert (lead.status, lead.customer, Customer.objects.count()) == ("converted", known, 1)


def test_a_conversion_is_undone_by_administrators_alone(company, lead):
    browser(company.sales1).post(reverse("lead_convert", args=[lead.pk]), {})
    undo = reverse("lead_unconvert", args=[lead.pk])
    assert browser(company.sales1).post(undo).status_code == 403
    assert undo in browser(company.admin).get(lead.get_absolute_url()).content.decode()
    browser(company.admin).post(undo)
    lead.refresh_from_db()
    assert lead.status == "new" and not Customer.objects.exists()


def test_the_navigation_leads_there_only_whom_it_concerns(company, lead):
    assert "/leads/" in browser(company.sales1).get("/settings/").content.decode()
    assert 'href="/leads/"' not in browser(company.service1).get("/settings/").content.decode()


def test_a_customer_tells_which_leads_it_came_from(company, lead):
    made = services.convert_lead(lead, owner=None, actor=SYSTEM)
    panel = reverse("customer_panel", args=[made.customer.pk, "right", "leads"])
    assert lead.get_absolute_url() in browser(company.sales1).get(panel).content.decode()
    assert not browser(company.service1).get(panel).content
