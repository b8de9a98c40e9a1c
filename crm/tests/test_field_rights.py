"""Rights on single fields: wherever the field appears, the same part of it, or nothing, is to be had."""

import json

import pytest
from django.http import QueryDict
from django.urls import reverse

from accounts import services as accounts
from accounts.forms import ContactForm, CustomerForm
from accounts.listings import CONTACTS, CUSTOMERS
from accounts.models import Contact, Customer
from accounts.queries import timeline as timelines
from accounts.resources import CustomerResource
from crm.core.writes import RuleBroken
from crm.events.actor import Actor, system
from crm.events.models import Event
from crm.identity import fields, services
from crm.identity.access import get_visible_or_404
from crm.identity.models import FieldRight, Role
from crm.identity.tests.factories import fresh
from crm.listing.exporting import table
from crm.listing.exporting.watermark import Watermark
from crm.listing.selection import BadQuery, select

pytestmark = pytest.mark.django_db
SYSTEM = system("test")
PHONE, SHOWN, ADDRESS = "+8613805762218", "138****2218", "西湖区文三路 8 号"
SECRETS = ("13805762218", "138 0576 2218", "0576", "lin@yunqi.example", ADDRESS, "wxid_lin")


@pytest.fixture
def customer(company):
    made = accounts.create_customer(
        name="杭州云栖精密机械有限公司",
        owner=company.sales1,
        actor=SYSTEM,
        phone=PHONE,
        email="lin@yunqi.example",
        address=ADDRESS,
        contact={"name": "林立", "phone": PHONE, "email": "lin@yunqi.example", "wechat": "wxid_lin"},
    )
    return made.customer


@pytest.fixture
def restricted(company, customer):
    """The salesperson's role sees phones and e-mails in part, the address not at all, and may not edit the source."""
    masked = dict.fromkeys(
        [
            ("accounts.customer", "phone"),
            ("accounts.customer", "email"),
            ("accounts.contact", "phone"),
            ("accounts.contact", "email"),
            ("accounts.contact", "wechat"),
        ],
        "masked",
    )
    others = {("accounts.customer", "address"): "hidden", ("accounts.customer", "source"): "read"}
    role = Role.objects.get(slug="salesperson")
    services.save_field_rights(role, masked | others, actor=SYSTEM)
    policies = {p.model: ([*p.verbs, "reveal"], p.scope) for p in role.policies.all()}
    wanted = ("accounts.customer", "accounts.contact")
    services.save_policies(role, {label: policies[label] for label in wanted}, actor=SYSTEM)
    return fresh(company.sales1)


def chosen(user, query="", listing=CUSTOMERS):
    return select(listing, user, QueryDict(query))


def assert_closed(text):
    for secret in SECRETS:
        assert secret not in text, secret


def test_pages_show_a_part_or_nothing(client, restricted, customer):
    client.force_login(restricted)
    contact = Contact.objects.get()
    for url in (
        customer.get_absolute_url(),
        f"/customers/{customer.pk}/peek/",
        f"/customers/{customer.pk}/timeline/",
        f"/customers/{customer.pk}/edit/",
        contact.get_absolute_url(),
        f"/contacts/{contact.pk}/edit/",
        "/customers/",
        "/contacts/",
        "/",
    ):
        page = client.get(url)
        assert page.status_code == 200, url
        assert_closed(page.content.decode())
    page = client.get(customer.get_absolute_url()).content.decode()
    assert SHOWN in page and "l***@yunqi.example" in page


def test_the_owner_of_another_role_sees_everything(client, company, restricted, customer):
    client.force_login(company.manager1)
    assert "138 0576 2218" in client.get(customer.get_absolute_url()).content.decode()


def test_lists_give_no_filter_no_order_and_no_find_by_them(restricted, customer):
    columns = CUSTOMERS.columns_for(restricted)
    assert "address" not in columns
    assert columns["phone"].sort_path is None
    for query in ("sort=phone", "sort=address", "sort=-email"):
        with pytest.raises(BadQuery):
            chosen(restricted, query)
    for text in ("13805762218", "0576", "lin@yunqi", "yunqi.example", "wxid"):
        assert chosen(restricted, f"q={text}").count() == 0, text
        assert chosen(restricted, f"q={text}", CONTACTS).count() == 0, text
    assert chosen(restricted, "q=云栖").count() == 1
    assert chosen(restricted, "q=林立", CONTACTS).count() == 1


def test_a_filter_over_a_closed_field_does_not_exist(company, customer):
    role = Role.objects.get(slug="salesperson")
    services.save_field_rights(role, {("accounts.customer", "source"): "hidden"}, actor=SYSTEM)
    user = fresh(company.sales1)
    with pytest.raises(BadQuery):
        chosen(user, "source=referral")
    assert "source" not in CUSTOMERS.filters(QueryDict(""), None, user=user).form.fields


def test_exports_hold_what_the_list_shows(restricted, customer):
    found = chosen(restricted, "sort=-updated_at")
    found.prefetch = ()  # everything a column reads, whether it is shown or not
    columns = CUSTOMERS.columns_for(restricted).values()
    rows = [[column.plain(record) for column in columns] for record in found.page().records]
    assert rows
    assert_closed(json.dumps(rows, default=str, ensure_ascii=False))
    assert_closed(
        json.dumps([*table.rows_of(chosen(restricted), Watermark("Me"))], default=str, ensure_ascii=False)
    )


def test_the_api_gives_a_part_and_refuses_to_write(client, restricted, customer):
    client.force_login(restricted)
    url = f"/api/v1/customers/{customer.pk}/"
    found = client.get(url).json()
    assert (found["phone"], found["email"]) == (SHOWN, "l***@yunqi.example")
    assert "address" not in found
    assert_closed(client.get("/api/v1/customers/").content.decode())
    assert_closed(client.get("/api/v1/contacts/").content.decode())
    for name, value in (("phone", "13900000000"), ("address", "x"), ("source", "referral")):
        body = {name: value, "version": found["version"]}
        answer = client.patch(url, body, content_type="application/json")
        assert answer.status_code == 400 and name in answer.content.decode(), name
    body = {"size": 12, "version": found["version"]}
    changed = client.patch(url, body, content_type="application/json")
    assert changed.status_code == 200
    assert_closed(changed.content.decode())
    kept = Customer.objects.get()
    assert (kept.phone, kept.address, kept.size) == (PHONE, ADDRESS, 12)


def test_forms_and_inline_editing_leave_them_out(client, restricted, customer):
    record = get_visible_or_404(Customer, restricted, customer.pk, "change")
    form = CustomerForm(user=restricted, instance=record)
    assert not {"phone", "email", "address", "source"} & set(form.fields)
    assert "website" in form.fields
    assert not {"phone", "email", "wechat"} & set(
        ContactForm(user=restricted, instance=Contact.objects.get()).fields
    )
    client.force_login(restricted)
    for name in ("phone", "address", "source"):
        assert client.get(reverse("customer_field", args=[customer.pk, name])).status_code == 404
    client.post(
        f"/customers/{customer.pk}/edit/", {"name": "云栖", "kind": "company", "phone": "1", "version": 1}
    )
    kept = Customer.objects.get()
    assert (kept.name, kept.phone, kept.address) == ("云栖", PHONE, ADDRESS)


def test_imports_offer_and_write_only_what_may_be_edited(restricted, customer):
    resource = CustomerResource()
    offered = set(resource.columns_for(restricted))
    assert not {"phone", "email", "address", "source", "contact_phone", "contact_wechat"} & offered
    assert {"name", "website", "contact_name"} <= offered
    assert {target.name for target in resource.targets(restricted)} <= offered


def test_the_timeline_tells_nothing_of_them(company, restricted, customer):
    role = Role.objects.get(slug="salesperson")
    services.save_field_rights(role, {("accounts.customer", "size"): "hidden"}, actor=SYSTEM)
    accounts.update_customer(customer, actor=Actor.of(company.manager1), size=4711)

    def told(user):
        page = timelines.timeline(fresh(user), customer, kind="system")
        return " ".join(item.event.title for item in page.items)

    assert "4711" not in told(company.sales1)
    assert "4711" in told(company.manager1)


def test_a_masked_value_is_shown_whole_with_a_reason_that_is_kept(client, restricted, customer):
    client.force_login(restricted)
    url = reverse("field_reveal", args=["accounts.customer", customer.pk, "phone"])
    assert url in client.get(customer.get_absolute_url()).content.decode()
    assert f'action="{url}"' in client.get(url).content.decode()
    assert client.post(url, {"reason": ""}).status_code == 422
    assert not Event._base_manager.filter(name="field.revealed").exists()
    page = client.post(url, {"reason": "客户要求回电"})
    assert "138 0576 2218" in page.content.decode()
    event = Event._base_manager.get(name="field.revealed")
    told = {"field": "phone", "reason": "客户要求回电", "user_id": restricted.pk}
    assert event.payload == told
    assert (event.actor_id, PHONE in json.dumps(event.payload)) == (str(restricted.pk), False)
    hidden = reverse("field_reveal", args=["accounts.customer", customer.pk, "address"])
    assert client.post(hidden, {"reason": "客户要求回电"}).status_code == 403


def test_without_the_right_to_reveal_it_stays_masked(client, company, restricted, customer):
    role = Role.objects.get(slug="salesperson")
    policy = role.policies.get(model="accounts.customer")
    verbs = [verb for verb in policy.verbs if verb != "reveal"]
    services.save_policies(role, {"accounts.customer": (verbs, policy.scope)}, actor=SYSTEM)
    client.force_login(company.sales1)
    url = reverse("field_reveal", args=["accounts.customer", customer.pk, "phone"])
    assert url not in client.get(customer.get_absolute_url()).content.decode()
    assert client.post(url, {"reason": "客户要求回电"}).status_code == 403
    client.force_login(company.sales3)
    assert client.post(url, {"reason": "客户要求回电"}).status_code == 404


def test_marketing_sees_contact_data_in_part_from_the_start(company, customer):
    seen = get_visible_or_404(Customer, company.marketing1, customer.pk)
    assert (seen.phone, seen.address) == (SHOWN, ADDRESS)


def test_administrators_set_them_on_the_role_page(client, company, customer):
    role = Role.objects.get(slug="salesperson")
    client.force_login(company.admin)
    page = client.get(reverse("role_edit", args=["salesperson"]))
    form = {}
    for one in (page.context["form"], *page.context["policies"], *page.context["field_forms"]):
        for field in one:
            value = field.value()
            form[field.html_name] = value if value is not None else ""
    form["fields-accounts.customer-phone"] = "masked"
    form = {name: value for name, value in form.items() if value not in (False, "")}
    assert client.post(reverse("role_edit", args=["salesperson"]), form).status_code == 302
    right = FieldRight._base_manager.get(role=role)
    assert (right.model, right.field, right.level) == ("accounts.customer", "phone", "masked")
    event = Event._base_manager.filter(name="role.updated").latest("pk")
    assert event.changes == {"accounts.customer.phone": ["edit", "masked"]}
    found = client.get(f"/api/v1/roles/{role.pk}/").json()["field_rights"]
    assert found == [{"model": "accounts.customer", "field": "phone", "level": "masked"}]


def test_what_cannot_be_restricted_is_refused(company):
    role = Role.objects.get(slug="salesperson")
    for key, level in (
        (("accounts.customer", "name"), "hidden"),
        (("accounts.customer", "size"), "masked"),
        (("accounts.customer", "phone"), "sometimes"),
    ):
        with pytest.raises(RuleBroken):
            services.save_field_rights(role, {key: level}, actor=SYSTEM)
    with pytest.raises(RuleBroken):
        admin = Role.objects.get(slug="admin")
        services.save_field_rights(admin, {("accounts.customer", "phone"): "hidden"}, actor=SYSTEM)


def test_a_person_comes_with_the_rights_of_their_role_in_one_query(
    client, restricted, customer, django_assert_num_queries
):
    from crm.identity.backends import CrmBackend

    with django_assert_num_queries(1):
        user = CrmBackend().get_user(restricted.pk)
        assert fields.level(user, Customer, "phone") == "masked"
        assert fields.hidden(user, Customer) == {"address"}
