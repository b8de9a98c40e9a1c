import datetime
import json

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.models import Activity, Contact, Customer, LifecycleEvent
from accounts.tests.factories import SYSTEM, make_contact, make_customer, make_tag
from crm.events.models import Event
from crm.identity import services as identity
from crm.listing.testing import digest

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "drawer"}
A_DAY = datetime.date(2026, 5, 1)


def browser(user):
    client = Client()
    client.force_login(user)
    return client


def soon():
    return (timezone.localdate() + datetime.timedelta(days=3)).isoformat()


@pytest.fixture
def customer(company):
    customer = make_customer(
        company.sales1, "杭州云栖精密机械有限公司", contact={"name": "沈立群", "phone": "13805762218"}
    )
    services.set_highlights(customer, [{"label": "预算", "text": "155 万"}], actor=SYSTEM)
    return customer


def test_the_page_shows_who_the_customer_is(company, customer):
    page = browser(company.sales1).get(customer.get_absolute_url())
    text = page.content.decode()
    for words in ("杭州云栖精密机械有限公司", "沈立群", "155 万", "tel:+8613805762218"):
        assert words in text
    for part in ("identity", "left", "right"):
        assert browser(company.sales1).get(f"{customer.get_absolute_url()}?part={part}").status_code == 200
    assert browser(company.sales1).get(f"{customer.get_absolute_url()}?part=x").status_code == 404


def test_the_page_costs_few_queries_however_much_hangs_on_it(
    company, customer, django_assert_max_num_queries
):
    for number in range(10):
        person = make_contact(customer, f"联系人{number}")
        services.link_contact(person, make_customer(company.sales1), actor=SYSTEM)
        make_customer(company.sales1, parent=customer)
    services.tag_customers([customer], add=[make_tag() for _n in range(5)], actor=SYSTEM)
    identity.share(customer, user=company.sales2, actor=SYSTEM)
    client = browser(company.sales1)
    client.get(customer.get_absolute_url())
    with django_assert_max_num_queries(23):
        client.get(customer.get_absolute_url())


PAGES = [
    "customer_edit",
    "customer_transfer",
    "customer_share",
    "customer_lifecycle",
    "customer_tags",
    "customer_highlights",
    "customer_delete",
    "contact_create",
]
READING = ["customer_detail", "customer_peek", "customer_position", "customer_why"]


@pytest.mark.parametrize("name", [*PAGES, *READING])
def test_every_page_of_a_hidden_customer_answers_like_an_absent_one(company, customer, name):
    client = browser(company.sales3)
    hidden = client.get(reverse(name, args=[customer.pk]))
    absent = client.get(reverse(name, args=[999999999]))
    assert hidden.status_code == absent.status_code == 404
    assert hidden.content == absent.content


@pytest.mark.parametrize("name", PAGES)
def test_forms_open_beside_the_page_and_as_a_page_of_their_own(company, customer, name):
    url = reverse(name, args=[customer.pk])
    client = browser(company.sales1)
    drawer, page = client.get(url, headers=HTMX), client.get(url)
    assert drawer.status_code == page.status_code == 200
    assert b"<html" not in drawer.content and b'class="drawer"' in drawer.content
    assert b"<html" in page.content and b'id="content"' in page.content


@pytest.mark.parametrize("name", PAGES)
def test_who_only_reads_changes_nothing(company, customer, name):
    identity.share(customer, user=company.sales3, level="read", actor=SYSTEM)
    before = digest([customer])
    for method in ("get", "post"):
        response = getattr(browser(company.sales3), method)(reverse(name, args=[customer.pk]))
        assert response.status_code == 403
    assert digest([customer]) == before


def test_who_edits_as_a_collaborator_neither_transfers_nor_shares_nor_deletes(company, customer):
    identity.share(customer, user=company.sales3, level="edit", actor=SYSTEM)
    client = browser(company.sales3)
    assert client.get(reverse("customer_edit", args=[customer.pk])).status_code == 200
    for name in ("customer_transfer", "customer_share", "customer_delete"):
        assert client.post(reverse(name, args=[customer.pk])).status_code == 403


def test_three_things_make_a_customer_with_its_first_follow_up(company):
    client = browser(company.sales1)
    given = {
        "name": "台州巨峰精工机械有限公司",
        "contact_name": "蒋文博",
        "contact_phone": "138 0576 2218",
        "next_date": soon(),
        "next_step": "电话确认产线节拍与预算",
    }
    saved = client.post("/customers/new/", given)
    customer = Customer.objects.get()
    assert saved.status_code == 302 and saved["Location"] == customer.get_absolute_url()
    assert customer.owner == company.sales1 and customer.region.code.startswith("3310")
    plan = Activity.objects.get()
    assert (plan.subject, plan.all_day, plan.contact.name) == ("电话确认产线节拍与预算", True, "蒋文博")
    assert customer.next_follow_up_at == plan.due_at


def test_a_branch_becomes_the_child_of_its_company(company):
    mother = make_customer(company.sales1, "上海博远机械设备有限公司")
    make_customer(company.sales3, "上海博远机械设备有限公司")
    given = {
        "name": "上海博远机械设备有限公司北京分公司",
        "contact_name": "二",
        "contact_phone": "13805762218",
    }
    browser(company.sales1).post("/customers/new/", given | {"next_date": soon()})
    assert Customer.objects.latest("pk").parent == mother


def test_rows_offer_a_follow_up_to_those_who_write_them(company):
    make_customer(company.sales1, first_deal_at=A_DAY)
    for name, offered in (("sales1", True), ("service1", True), ("finance1", False), ("exec", False)):
        page = browser(getattr(company, name)).get("/customers/").content.decode()
        assert ("/follow-up/" in page) == offered, name


def test_who_cannot_read_a_plan_still_learns_that_there_is_one(company, customer):
    due = timezone.now() + datetime.timedelta(days=2)
    services.plan_follow_up(
        actor=SYSTEM, author=company.sales1, kind="call", customer=customer, subject="秘密", due_at=due
    )
    text = browser(company.service1).get(customer.get_absolute_url()).content.decode()
    assert "秘密" not in text and "next-step-none" not in text and 'class="next-step"' in text


@pytest.mark.parametrize(
    ("missing", "field"),
    [
        ("name", "name"),
        ("contact_name", "contact_name"),
        ("contact_phone", "contact_phone"),
        ("next_date", "next_date"),
    ],
)
def test_without_one_of_the_three_nothing_is_created(company, missing, field):
    given = {"name": "一", "contact_name": "二", "contact_phone": "13805762218", "next_date": soon()}
    given.pop(missing)
    refused = browser(company.sales1).post("/customers/new/", given, headers=HTMX)
    assert refused.status_code == 422 and field in refused.context["form"].errors
    assert not Customer.objects.exists() and not Event.objects.filter(name="customer.created").exists()


def test_creating_goes_on_where_one_asks_for_it(company):
    given = {
        "name": "一",
        "contact_name": "二",
        "contact_phone": "13805762218",
        "next_date": soon(),
        "more": "on",
    }
    answer = browser(company.sales1).post("/customers/new/", given, headers=HTMX)
    assert answer.status_code == 200 and Customer.objects.count() == 1
    assert answer.context["form"].initial["more"]


def test_suggestions_come_from_ones_own_customers_only(company):
    make_customer(company.sales1, "台州巨峰精工")
    make_customer(company.sales3, "台州巨峰模具")
    answer = browser(company.sales1).get("/customers/suggest/?name=巨峰").content.decode()
    assert "台州巨峰精工" in answer and "模具" not in answer


def test_what_follows_from_the_name_is_shown(company):
    answer = browser(company.sales1).get("/customers/derive/", {"name": "深圳市星河智能科技有限公司"})
    assert answer.status_code == 200 and "Shenzhen" in answer.content.decode()


def test_what_somebody_chose_stands_before_what_was_found(company):
    typed = {
        "name": "深圳市星河智能科技有限公司",
        "region": "310000",
        "size": "180",
        "owner": company.sales1.pk,
    }
    answer = browser(company.sales1).get("/customers/derive/", typed).content.decode()
    assert "Shanghai" in answer and "Shenzhen" not in answer
    assert ">180<" in answer and str(company.sales1) in answer


def test_each_value_that_fills_in_by_itself_has_its_field_behind_a_pen(company):
    form = browser(company.sales1).get("/customers/new/").content.decode()
    block = form[form.index('class="derived"') :]
    for name in ("industry", "region", "size", "owner", "source"):
        assert f'id="derived-{name}"' in block and f'name="{name}"' in block


def test_one_field_is_edited_in_place(company, customer):
    client, url = browser(company.sales1), reverse("customer_field", args=[customer.pk, "size"])
    assert b"<form" in client.get(url, headers={"HX-Request": "true"}).content
    version = Customer.objects.get(pk=customer.pk).version
    saved = client.post(url, {"size": "320", "version": version}, headers={"HX-Request": "true"})
    assert saved.status_code == 200 and "320" in saved.content.decode()
    wrong = client.post(url, {"size": "x", "version": version + 1}, headers={"HX-Request": "true"})
    assert wrong.status_code == 422
    stale = client.post(url, {"size": "400", "version": version}, headers={"HX-Request": "true"})
    assert stale.status_code == 409 and "320" in stale.content.decode() and "400" in stale.content.decode()
    assert Customer.objects.get(pk=customer.pk).size == 320


@pytest.mark.parametrize("name", ["owner", "first_deal_at", "tier", "version", "deleted_at", "custom"])
def test_only_plain_fields_are_edited_in_place(company, customer, name):
    url = reverse("customer_field", args=[customer.pk, name])
    assert browser(company.sales1).post(url, {name: "1"}).status_code == 404


def test_the_edit_form_shows_both_values_when_somebody_was_faster(company, customer):
    client, url = browser(company.sales1), reverse("customer_edit", args=[customer.pk])
    form = {"name": customer.name, "kind": "company", "address": "mine", "version": "0"}
    services.update_customer(customer, actor=SYSTEM, address="theirs")
    stale = client.post(url, form, headers=HTMX)
    assert stale.status_code == 409
    assert "mine" in stale.content.decode() and "theirs" in stale.content.decode()
    again = client.post(url, form | {"version": stale.context["current"].version}, headers=HTMX)
    assert again.status_code == 204 and Customer.objects.get(pk=customer.pk).address == "mine"


def test_a_transfer_takes_the_open_follow_ups_along(company, customer):
    services.plan_follow_up(
        actor=SYSTEM,
        author=company.sales1,
        kind="call",
        customer=customer,
        due_at=timezone.now() + datetime.timedelta(days=2),
    )
    url = reverse("customer_transfer", args=[customer.pk])
    moved = browser(company.sales1).post(url, {"owner": company.sales3.pk}, headers=HTMX)
    assert moved.status_code == 204 and moved["HX-Redirect"] == "/customers/"
    customer.refresh_from_db()
    assert customer.owner == company.sales3 and Activity.objects.get().owner == company.sales3


def test_sharing_until_a_day_counts_to_its_end(company, customer):
    url = reverse("customer_share", args=[customer.pk])
    until = timezone.localdate() + datetime.timedelta(days=1)
    done = browser(company.sales1).post(
        url, {"user": company.sales3.pk, "level": "edit", "until": until}, headers=HTMX
    )
    assert done.status_code == 204
    grant = customer.user_grants.first()
    assert timezone.localdate(grant.expires_at) == until + datetime.timedelta(days=1)
    unshare = reverse("customer_unshare", args=[customer.pk])
    assert browser(company.sales1).post(unshare, {"user": company.sales3.pk}, headers=HTMX).status_code == 204
    assert not customer.user_grants.exists()


def test_the_life_cycle_moves_with_a_reason(company, customer):
    url = reverse("customer_lifecycle", args=[customer.pk])
    client = browser(company.sales1)
    assert client.post(url, {"to": "sql", "reason": ""}, headers=HTMX).status_code == 422
    assert client.post(url, {"to": "loyal", "reason": "x"}, headers=HTMX).status_code == 422
    assert client.post(url, {"to": "sql", "reason": "聊过预算"}, headers=HTMX).status_code == 204
    assert LifecycleEvent.objects.first().to_stage == "sql"


def test_only_administrators_set_the_first_deal(company, customer):
    url = reverse("customer_first_deal", args=[customer.pk])
    assert browser(company.sales1).post(url, {"date": "2026-05-01"}).status_code == 403
    assert browser(company.admin).post(url, {"date": "2026-05-01"}, headers=HTMX).status_code == 204
    assert Customer.objects.get().first_deal_at == A_DAY


def test_tags_and_a_new_one_by_its_name(company, customer):
    old = make_tag("老")
    services.tag_customers([customer], add=[old], actor=SYSTEM)
    new = make_tag("新")
    url = reverse("customer_tags", args=[customer.pk])
    done = browser(company.sales1).post(url, {"tags": [new.pk], "new": "全新"}, headers=HTMX)
    assert done.status_code == 204 and {t.name for t in customer.tags.all()} == {"新", "全新"}


def test_key_information_is_edited_as_a_few_lines(company, customer):
    url = reverse("customer_highlights", args=[customer.pk])
    page = browser(company.sales1).get(url)
    assert len(page.context["facts"].forms) == 5
    given = {"facts-TOTAL_FORMS": "5", "facts-INITIAL_FORMS": "5"}
    for number in range(5):
        given |= {f"facts-{number}-label": "", f"facts-{number}-text": "", f"facts-{number}-source": ""}
    given |= {"facts-0-label": "决策人", "facts-0-text": "沈立群"}
    assert browser(company.sales1).post(url, given, headers=HTMX).status_code == 204
    assert [str(h) for h in customer.highlights.all()] == ["决策人: 沈立群"]
    refused = browser(company.sales1).post(url, given | {"facts-0-label": ""}, headers=HTMX)
    assert refused.status_code == 422


def test_a_customer_goes_to_the_bin_and_comes_back(company, customer):
    client = browser(company.sales1)
    assert client.post(reverse("customer_delete", args=[customer.pk])).status_code == 302
    assert client.get(customer.get_absolute_url()).status_code == 404
    restore = reverse("customer_restore", args=[customer.pk])
    assert browser(company.sales3).get(restore).status_code == 404
    assert browser(company.service1).get(restore).status_code == 403
    assert client.get(restore).status_code == 200
    assert client.post(restore).status_code == 302
    assert client.get(customer.get_absolute_url()).status_code == 200


def test_a_deal_customer_is_not_deleted(company):
    customer = make_customer(company.sales1, first_deal_at=A_DAY)
    refused = browser(company.sales1).post(reverse("customer_delete", args=[customer.pk]), headers=HTMX)
    assert refused.status_code == 409 and Customer.objects.exists()


def test_the_position_follows_the_list_one_came_from(company):
    rows = [make_customer(company.sales1, name) for name in ("阿里", "百度", "成都")]
    client = browser(company.sales1)
    url = reverse("customer_position", args=[rows[1].pk])
    text = client.get(url, {"list": "sort=name"}).content.decode()
    assert "2 / 3" in text and f"/customers/{rows[0].pk}/" in text and f"/customers/{rows[2].pk}/" in text
    assert "/ 3" not in client.get(url, {"list": "tier=A"}).content.decode()
    assert client.get(url, {"list": "nonsense=1"}).status_code == 200


def test_why_tells_the_reason_and_the_history(company, customer):
    services.transfer_customers([customer], owner=company.sales2, actor=SYSTEM)
    page = browser(company.manager1).get(reverse("customer_why", args=[customer.pk]))
    assert page.context["reasons"] == ["Works with the records of the team East"]
    assert [event.payload["from"] for event in page.context["transfers"]] == ["Sales1"]
    assert "Transferred from Sales1 to Sales2" in page.content.decode()


def test_contacts_are_added_edited_and_deleted(company, customer):
    client = browser(company.sales1)
    create = reverse("contact_create", args=[customer.pk])
    assert client.post(create, {"name": "吴倩", "phone": "1"}, headers=HTMX).status_code == 422
    assert client.post(create, {"name": "吴倩", "role": "influencer"}, headers=HTMX).status_code == 204
    contact = Contact.objects.get(name="吴倩")
    edit = reverse("contact_edit", args=[contact.pk])
    form = {"name": "吴倩", "title": "信息部经理", "role": "influencer", "version": contact.version}
    assert client.post(edit, form, headers=HTMX).status_code == 204
    assert client.post(edit, form | {"title": "x"}, headers=HTMX).status_code == 409
    assert client.get(contact.get_absolute_url()).status_code == 200
    assert client.post(reverse("contact_primary", args=[contact.pk]), headers=HTMX).status_code == 204
    assert client.post(reverse("contact_delete", args=[contact.pk]), headers=HTMX).status_code == 204
    assert not Contact.objects.filter(pk=contact.pk).exists()


def test_a_contact_is_linked_only_to_companies_one_may_change(company, customer):
    contact, theirs, mine = (
        customer.contacts.get(),
        make_customer(company.sales3),
        make_customer(company.sales1),
    )
    client, url = browser(company.sales1), reverse("contact_link", args=[contact.pk])
    assert client.post(url, {"customer": theirs.pk}, headers=HTMX).status_code == 422
    assert client.post(url, {"customer": mine.pk, "role": "user"}, headers=HTMX).status_code == 204
    link = contact.links.get()
    assert contact.name in client.get(mine.get_absolute_url()).content.decode()
    assert client.post(reverse("contact_unlink", args=[contact.pk, link.pk]), headers=HTMX).status_code == 204
    assert not contact.links.exists()


def test_service_corrects_a_contact_and_creates_none(company, customer):
    client, contact = browser(company.service1), customer.contacts.get()
    form = {"name": contact.name, "phone": "13900000000", "version": contact.version}
    assert client.post(reverse("contact_edit", args=[contact.pk]), form, headers=HTMX).status_code == 204
    assert client.post(reverse("contact_create", args=[customer.pk]), {"name": "x"}).status_code == 403
    assert client.post(reverse("customer_edit", args=[customer.pk]), {"name": "x"}).status_code == 403


def test_text_from_people_never_becomes_markup(company):
    evil = '<img src=x onerror="alert(1)">'
    customer = make_customer(company.sales1, evil, address=evil, contact={"name": evil, "wechat": evil})
    services.set_highlights(customer, [{"label": "<b>x", "text": evil}], actor=SYSTEM)
    client = browser(company.sales1)
    for url in (
        customer.get_absolute_url(),
        "/customers/",
        "/contacts/",
        reverse("customer_why", args=[customer.pk]),
    ):
        assert "<img src=x" not in client.get(url).content.decode()


def test_answers_say_what_the_page_has_to_renew(company, customer):
    url = reverse("customer_tags", args=[customer.pk])
    done = browser(company.sales1).post(url, {"tags": [make_tag().pk]}, headers=HTMX)
    assert {"drawer:close", "toast", "recordChanged"} <= set(json.loads(done["HX-Trigger"]))
