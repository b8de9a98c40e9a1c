"""Side doors of field rights: nothing tells what somebody sees not at all or only in part, nor whether it is there."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts import services as accounts
from accounts.forms import QuickCustomerForm
from accounts.models import Contact, Customer
from accounts.tests.import_tools import run, xlsx
from crm.core.clock import company_today
from crm.events.actor import Actor, system
from crm.identity import services
from crm.identity.models import Role
from crm.identity.tests.factories import fresh
from crm.records.models import ImportTemplate, SavedView
from sales import services as sales
from sales.tests.factories import a_line, make_order, signed_order

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


# --- What contracts come to: closed from the start to who answers customers ----------------------------------------

DIGITS = (
    "123,456.78",
    "123456.78",
    "12.35 万",
    "12.3 万",
    "123K",
    "壹拾贰万",
    "109,253",
    "109253",
    "14,203",
    "14203",
)


@pytest.fixture
def contract(company, customer):
    """A signed contract over 123,456.78, amended since, with a plan of payments and a draft beside it."""
    lines = [a_line(Decimal("123456.78"), discount=Decimal(0))]
    order = signed_order(
        customer, name="视觉产线合同", lines=lines, end_date=company_today() + timedelta(days=20)
    )
    sales.plan_payments(order, [(company_today(), Decimal("123456.78"), "")], actor=SYSTEM)
    sales.note_ending(actor=SYSTEM)
    make_order(customer, name="备件合同", lines=[a_line(Decimal("123456.78"))])
    amended = sales.amend_order(order, reason="换交期", actor=SYSTEM)
    sales.update_order(amended, actor=SYSTEM, lines=[a_line(Decimal("60000"))])
    return sales.update_order(amended, actor=SYSTEM, lines=lines)


def doors_of(client, contract):
    """Every page and API answer that shows orders to whoever finds them, with the panels of their pages."""
    order, customer = contract.get_absolute_url(), contract.customer.get_absolute_url()
    panels = [
        client.get(url).context[f"{side}_panels"] for url in (order, customer) for side in ("left", "right")
    ]
    approval = reverse("approval_of_record", args=["order", contract.pk])
    return [
        order, f"{order}?part=middle", f"{order}position/", f"{order}why/", approval,
        customer, f"{customer}timeline/", f"{customer}peek/", *(url for urls in panels for url in urls),
        "/", "/orders/", "/orders/?view=ending", "/orders/counts/", "/orders/columns/", "/orders/filters/",
        f"/orders/?q={contract.number}", f"/search/?q={contract.number}", f"/palette/?q={contract.number}",
        "/notifications/", "/api/v1/orders/", f"/api/v1/orders/{contract.pk}/",
        f"/api/v1/orders/?q={contract.number}", f"/api/v1/customers/{contract.customer_id}/",
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_what_a_contract_comes_to_is_told_to_no_service_rep(client, company, contract, language):
    person = company.service1
    person.language = language
    person.save()
    client.force_login(fresh(person))
    for url in doors_of(client, contract):
        answer = client.get(url, headers=HTMX if "palette" in url else {})
        text = answer.content.decode()
        assert answer.status_code == 200, url
        for digits in DIGITS:
            assert digits not in text, (url, digits)
    page = client.get(contract.get_absolute_url()).content.decode()
    assert "视觉检测设备" in page and contract.number in page
    told = client.get(f"/customers/{contract.customer_id}/timeline/").content.decode()
    assert contract.number in told
    for url in (
        "/orders/",
        "/search/",
        "/palette/",
        "/api/v1/orders/",
    ):  # found by its number, as others find it
        assert "视觉产线合同" in client.get(url, {"q": contract.number}, headers=HTMX).content.decode(), url


def test_nothing_is_asked_of_a_list_by_what_contracts_come_to(client, company, contract):
    client.force_login(company.service1)
    for query in ("sort=amount", "sort=-amount", "amount_min=100000", "amount_max=200000", "sort=net"):
        for url in ("/orders/", "/api/v1/orders/"):
            answer = client.get(f"{url}?{query}")
            assert answer.status_code == 400 and "视觉产线合同" not in answer.content.decode(), (url, query)
    for text in ("123456", "123,456.78"):
        assert "视觉产线合同" not in client.get("/orders/", {"q": text}).content.decode()
    assert client.get(reverse("order_pdf", args=[contract.pk])).status_code == 403
    assert (
        reverse("order_pdf", args=[contract.pk])
        not in client.get(contract.get_absolute_url()).content.decode()
    )
    assert client.get("/orders/?export=xlsx").status_code in (403, 404)


def test_the_api_leaves_amounts_out_and_prices_of_lines_empty(client, company, contract):
    client.force_login(company.service1)
    found = client.get(f"/api/v1/orders/{contract.pk}/").json()
    assert not {"amount", "net", "tax", "listed", "discount"} & set(found)
    assert found["payment_terms"] == "" and found["number"] == contract.number
    line = found["lines"][0]
    assert (line["name"], line["quantity"]) == ("视觉检测设备", "1.000")
    assert {line[name] for name in ("price", "discount", "listed", "amount", "net", "tax")} == {None}


def test_everybody_else_reads_what_contracts_come_to(client, company, contract):
    order, customer = contract.get_absolute_url(), contract.customer.get_absolute_url()
    panel = reverse("customer_panel", args=[contract.customer_id, "right", "orders"])
    for person in (company.servicemanager1, company.sales1, company.manager1, company.exec, company.admin):
        client.force_login(person)
        for url in (order, f"{customer}timeline/", panel, "/orders/", "/orders/counts/", "/api/v1/orders/"):
            text = client.get(url).content.decode()
            assert any(digits in text for digits in DIGITS), (person, url)
        line = client.get(f"/api/v1/orders/{contract.pk}/").json()["lines"][0]
        assert (line["price"], line["discount"]) == ("123456.7800", "0.0000"), person


def test_who_does_not_read_what_a_contract_comes_to_neither_prices_nor_bills_it(client, company, contract):
    """A role that may do more than service: its doors close with the amount."""
    role = Role.objects.get(slug="salesperson")
    services.save_field_rights(role, {("sales.order", "amount"): "hidden"}, actor=SYSTEM)
    client.force_login(fresh(company.sales1))
    page = client.get(contract.get_absolute_url())
    assert page.status_code == 200 and page.context.get("account") is None
    for name in ("order_lines", "order_plan", "order_receipt", "order_invoice", "order_pdf"):
        url = reverse(name, args=[contract.pk])
        assert client.get(url).status_code == 403 and f'"{url}"' not in page.content.decode(), name
    for one in page.context["right_panels"]:
        assert client.get(one).status_code in (200, 204), one
    body = {"lines": [{"name": "x", "price": "1.00"}], "version": contract.version}
    answer = client.patch(f"/api/v1/orders/{contract.pk}/", body, content_type="application/json")
    assert answer.status_code == 400 and "lines" in answer.json().get("errors", answer.json())


def test_administrators_open_and_close_what_contracts_come_to(client, company, contract):
    role = Role.objects.get(slug="service_rep")
    client.force_login(company.admin)
    page = client.get(reverse("role_edit", args=[role.slug])).content.decode()
    for name in ("amount", "net", "tax", "listed", "discount"):
        assert f"fields-sales.order-{name}" in page, name
    opened = {("sales.order", name): "edit" for name in ("amount", "net", "tax", "listed", "discount")}
    services.save_field_rights(role, opened, actor=SYSTEM)
    client.force_login(fresh(company.service1))
    assert "123,456.78" in client.get(contract.get_absolute_url()).content.decode()
