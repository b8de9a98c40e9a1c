"""Side doors of field rights: nothing tells what somebody sees not at all or only in part, nor whether it is there."""

import pytest
from django.urls import reverse

from accounts import services as accounts
from accounts.forms import QuickCustomerForm
from accounts.models import Contact, Customer
from accounts.tests.import_tools import run, xlsx
from crm.events.actor import Actor, system
from crm.identity import services
from crm.identity.models import Role
from crm.identity.tests.factories import fresh
from crm.records.models import ImportTemplate, SavedView

pytestmark = pytest.mark.django_db
SYSTEM = system("test")
HTMX = {"HX-Request": "true"}
PHONE, EMAIL, ADDRESS = "+8613805762218", "lin@yunqi.example", "西湖区文三路 8 号"
SECRETS = ("13805762218", "0576", EMAIL, ADDRESS, "文三路")


@pytest.fixture
def customer(company):
    return accounts.create_customer(
        name="杭州云栖精密机械有限公司",
        owner=company.sales1,
        actor=SYSTEM,
        phone=PHONE,
        email=EMAIL,
        address=ADDRESS,
        website="https://machines.example",  # not taken from the e-mail address
        contact={"name": "林立", "phone": PHONE, "email": EMAIL},
    ).customer


def restrict(slug):
    """The role sees phones and e-mails in part, addresses not at all, and may not edit the source."""
    role = Role.objects.get(slug=slug)
    levels = {
        (f"accounts.{kind}", name): "masked"
        for kind in ("customer", "contact")
        for name in ("phone", "email")
    }
    levels |= {("accounts.customer", "address"): "hidden", ("accounts.customer", "source"): "read"}
    services.save_field_rights(role, levels, actor=SYSTEM)


@pytest.fixture
def browser(client, company, customer):
    restrict("salesperson")
    client.force_login(company.sales1)
    return client


def assert_closed(answer, *more):
    text = answer.content.decode()
    assert answer.status_code == 200
    for secret in (*SECRETS, *more):
        assert secret not in text, secret


def test_nothing_is_found_by_it(browser, customer):
    for text in ("13805762218", "138 0576 2218", "0576", EMAIL, "yunqi.example", "文三路"):
        for url in ("/palette/", "/search/", "/customers/", "/contacts/"):
            page = browser.get(url, {"q": text}, headers=HTMX).content.decode()
            assert "云栖" not in page and "林立" not in page, (url, text)
        for name in ("customer_options", "contact_options"):
            assert "云栖" not in browser.get(reverse(name), {"q": text}).content.decode(), (name, text)
    assert "云栖" in browser.get("/palette/", {"q": "云栖"}, headers=HTMX).content.decode()


def test_a_number_typed_does_not_tell_whose_it_is(browser, company, customer):
    """Whoever sees numbers only in part could try them one by one."""
    for typed in ({"phone": PHONE}, {"contact_phone": PHONE}, {"email": EMAIL}, {"contact_email": EMAIL}):
        page = browser.get(reverse("customer_suggest"), {"name": "别的公司", **typed}).content.decode()
        assert "云栖" not in page, typed
        body = {"name": "别的公司", **typed}
        found = browser.post(
            "/api/v1/customers/check-duplicates/", body, content_type="application/json"
        ).json()
        assert found == {"matches": []}, typed
    browser.force_login(company.sales2)
    Role.objects.get(slug="salesperson").field_rights.all().delete()
    assert "云栖" in browser.get(reverse("customer_suggest"), {"phone": PHONE}).content.decode()


def test_what_one_may_not_edit_one_does_not_fill_in_at_creation(browser, company, customer):
    form = QuickCustomerForm(user=fresh(company.sales1))
    assert not {"contact_phone", "contact_email", "phone", "email", "address", "source"} & set(form.fields)
    assert {"name", "contact_name", "contact_wechat", "website"} <= set(form.fields)
    assert 'name="contact_phone"' not in browser.get(reverse("customer_create")).content.decode()
    typed = {"name": "新客户", "contact_name": "王敏", "next_date": "2099-01-04", "kind": "company"}
    forged = {"contact_phone": "13900000000", "phone": "13900000000", "address": "x", "source": "referral"}
    assert (
        browser.post(reverse("customer_create"), {**typed, **forged}).status_code == 422
    )  # a way to reach them
    assert (
        browser.post(reverse("customer_create"), {**typed, **forged, "contact_wechat": "wm"}).status_code
        == 302
    )
    made = Customer.objects.get(name="新客户")
    contact = Contact.objects.get(name="王敏")
    assert (made.phone, made.address, contact.phone, contact.wechat) == ("", "", "", "wm")
    for path, values in (
        ("customers", {"name": "又一个", "phone": "13900000000"}),
        ("customers", {"name": "又一个", "source": "referral"}),
        ("contacts", {"name": "又一个", "customer": made.pk, "email": "a@b.example"}),
    ):
        answer = browser.post(f"/api/v1/{path}/", values, content_type="application/json")
        assert answer.status_code == 400
    assert not Customer.objects.filter(name="又一个").exists()


def test_an_import_neither_fills_it_nor_matches_by_it(browser, company, customer):
    sheet = xlsx(["客户名称", "公司电话", "地址", "网站"], ["新来的公司", PHONE, "x", "https://a.example"])
    before = Customer.objects.get(pk=customer.pk)
    job = run(fresh(company.sales1), sheet, mode="upsert", key="phone")
    assert job.outcome["updated"] == job.outcome["unchanged"] == 0, job.outcome
    assert Customer.objects.get(pk=customer.pk).version == before.version
    assert "phone" not in job.mapping.values() and "address" not in job.mapping.values()
    made = Customer.objects.get(name="新来的公司")
    assert (made.phone, made.address, made.website) == ("", "", "https://a.example")
    said = str([row.__dict__ for row in job.rows.all()])
    assert "云栖" not in said


def test_a_mapping_shared_by_others_opens_nothing(browser, company, customer):
    ImportTemplate._base_manager.create(
        user=company.manager1,
        resource="customers",
        name="all",
        mapping={"客户名称": "name", "公司电话": "phone"},
        is_shared=True,
    )
    job = run(fresh(company.sales1), xlsx(["客户名称", "公司电话"], ["新来的公司", "13900000000"]))
    assert "phone" not in job.mapping.values()
    assert Customer.objects.get(name="新来的公司").phone == ""


def test_a_view_somebody_shared_neither_shows_nor_filters_it(browser, company, customer):
    view = SavedView._base_manager.create(
        user=company.manager1,
        listing="customer",
        name="Shared",
        audience="all",
        params={"q": "0576", "sort": "phone"},
        columns=["name", "phone", "address"],
    )
    for query in (f"view={view.pk}", "sort=phone", "sort=-address"):
        answer = browser.get(f"/customers/?{query}")
        assert answer.status_code in (200, 400)
        for secret in SECRETS:
            assert secret not in answer.content.decode(), (query, secret)
        if answer.status_code == 200:
            assert "云栖" not in answer.content.decode(), query


def test_pages_around_the_record_tell_nothing(browser, company, customer):
    accounts.update_customer(
        customer, actor=Actor.of(company.manager1), address="滨江区 1 号", phone="13905760000"
    )
    more = ("滨江区", "13905760000")
    browser.post(reverse("recent_add"), {"model": "accounts.customer", "id": customer.pk})
    for url in (
        "/",
        customer.get_absolute_url(),
        f"/customers/{customer.pk}/timeline/",
        f"/customers/{customer.pk}/peek/",
        f"/customers/{customer.pk}/sheet/",
        "/notifications/",
        "/customers/columns/",
        "/customers/filters/",
    ):
        assert_closed(browser.get(url), *more)


def test_merging_shows_and_offers_only_what_one_edits(client, company, customer):
    restrict("sales_manager")
    other = accounts.create_customer(
        name="云栖精密", owner=company.sales1, actor=SYSTEM, phone="13905760000", address="滨江区 1 号"
    ).customer
    client.force_login(company.manager1)
    page = client.get(reverse("customer_merge", args=[customer.pk]), {"with": other.pk})
    assert_closed(page, "13905760000", "滨江区")
    assert "pick_phone" not in page.content.decode() and "pick_address" not in page.content.decode()
    body = {"loser": other.pk, "fields": {"phone": "loser"}}
    refused = client.post(f"/api/v1/customers/{customer.pk}/merge/", body, content_type="application/json")
    assert refused.status_code == 400
    assert_closed(client.get(reverse("data_quality")), "13905760000", "滨江区")
    form = {"with": other.pk, "confirmed": "1", "pick_phone": "loser", "pick_address": "loser"}
    asked = client.post(reverse("customer_merge", args=[customer.pk]), form | {"confirmed": ""})
    assert_closed(asked, "13905760000", "滨江区")
    assert client.post(reverse("customer_merge", args=[customer.pk]), form).status_code == 302
    kept = Customer.objects.get(pk=customer.pk)
    assert (kept.phone, kept.address) == (PHONE, ADDRESS)
