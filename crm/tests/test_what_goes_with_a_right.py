"""What the frame, the lists and the settings show and offer by one right goes when a role loses that right."""

import re
from typing import Any

import pytest
from django.contrib.admin import site
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.tests.factories import make_contact, make_customer
from accounts.tests.import_tools import check, errors_of, text_file
from crm.identity import access
from crm.identity.models import RolePolicy, User
from crm.identity.models.role import Scope
from crm.identity.policies import Everyone
from crm.identity.tests.rights import said, take, words_go_with_rights
from crm.records.services import saved_views
from sales.tests.factories import make_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def some(company) -> Any:
    """A customer with a contact and a lead of sales1, who pinned a view of leads."""
    customer = make_customer(company.sales1)
    make_contact(customer)
    make_lead(company.sales1)
    view = saved_views.create_view(
        company.sales1, listing="lead", name="重点", params={"status": ["new"]}, pinned=True
    )
    return {"customer": customer, "view": view}


def link(name: str, *args: Any) -> str:
    return f'href="{reverse(name, args=args)}"'


def frame(some):
    """The side bar, the palette, the settings and the first steps of somebody new."""
    settings, today = reverse("settings"), reverse("today")
    return [
        ("sales1", settings, "view_lead", link("lead_list")),
        ("sales1", settings, "view_lead", 'name="kind" value="lead"'),
        ("sales1", settings, "view_lead", f"{reverse('lead_list')}?view={some['view'].key}"),
        ("sales1", settings, "import_customer", link("import_list")),
        ("sales1", today, "view_customer", "It stays one click away in the side bar."),
        ("sales1", today, "add_customer", "Nobody forgotten"),
        ("sales1", today, "add_activity", "What to do today"),
    ]


def lists(some):
    """What stands above and beside the rows."""
    customers = reverse("customer_list")
    return [
        ("sales1", customers, "add_customer", link("customer_create")),
        ("sales1", customers, "import_customer", "?resource=customers"),
        ("manager1", customers, "export_customer", "export=xlsx"),
        ("sales1", customers, "transfer_customer", reverse("customer_bulk", args=["transfer"])),
        ("sales1", customers, "delete_customer", reverse("customer_bin_list")),
        ("sales1", customers, "view_contact", reverse("contact_list")),
    ]


def administration(some):
    """Django's own pages, for an administrator of few rights."""
    return [
        ("admin", "/admin/accounts/customer/", "view_customer", "Select customer"),
        ("admin", "/admin/records/tag/add/", "add_tag", "<form"),
        ("admin", f"/admin/identity/user/{some['customer'].owner_id}/change/", "view_team", "South"),
    ]


@pytest.mark.parametrize("looks", [frame, lists, administration])
def test_what_a_right_shows_and_offers_goes_with_it(company, some, looks):
    """Who looks where, the right that is taken away, and what goes with it while the page stays."""
    User._base_manager.update(language="en")
    words_go_with_rights(company, looks(some))


def test_only_what_is_everybodys_changes_in_the_administration():
    """Its pages ask for the verb alone."""
    changed = [model for model, page in site._registry.items() if getattr(page, "writes", False)]
    assert changed and all(isinstance(access.policy_of(model), Everyone) for model in changed)


def test_an_administrator_of_a_narrow_scope_finds_no_more_in_the_administration(company, some):
    hidden = make_customer(company.sales3, "Not theirs")
    at = "/admin/accounts/customer/"
    assert hidden.name in said(company.admin, at)
    RolePolicy._base_manager.filter(role=company.admin.role, model="accounts.customer").update(scope="own")
    page = said(company.admin, at)
    assert "Select customer" in page and hidden.name not in page


def test_the_organisation_says_how_far_somebody_sees_and_what_follows_from_a_right(company, some):
    User._base_manager.update(language="en")
    make_customer(company.sales3)
    member = f"{reverse('organisation')}?member={company.sales1.pk}"
    total = re.compile(r"they see <strong>(\d+)</strong>")
    scope = re.compile(r'choice-on".*?<strong>(.*?)</strong>', re.DOTALL)
    page = said(company.admin, member)
    assert total.findall(page) == ["1"] and scope.findall(page) == [Scope.OWN.label]
    take(company.sales1, "view_customer")
    page = said(company.admin, member)
    assert total.findall(page) == ["0"] and scope.findall(page) == []


@pytest.mark.parametrize(
    ("mode", "right"), [("create", "add_lead"), ("update", "change_lead"), ("upsert", "add_lead")]
)
def test_an_import_takes_the_right_to_what_its_mode_does(company, mode, right):
    def sent() -> int:
        client = APIClient()
        client.force_authenticate(company.sales1)
        sheet = text_file("姓名,手机\n王敏,13812345678\n", name="leads.csv")
        return client.post("/api/v1/imports/", {"file": sheet, "resource": "leads", "mode": mode}).status_code

    assert sent() == 202
    take(company.sales1, right)
    assert sent() == 403


def test_who_hands_nothing_over_puts_nobody_else_in_charge_by_a_sheet(company):
    def refused() -> list[str]:
        sheet = text_file("姓名,手机,负责人\n王敏,13812345678,sales2\n", name="leads.csv")
        return [code for _row, _column, code in errors_of(check(company.manager1, sheet, "leads"))]

    assert refused() == []
    take(company.manager1, "transfer_lead")
    assert refused() == ["owner"]


def test_a_list_that_is_closed_keeps_no_view_and_does_no_verb(company, some):
    asked = [
        (reverse("customer_view", args=["mine"]), {"do": "pin"}, 302),
        (reverse("customer_bulk", args=["transfer"]), {"ids": [some["customer"].pk]}, 200),
    ]
    for url, form, done in asked:
        client = Client()
        client.force_login(company.sales1)
        assert client.post(url, form).status_code == done, url
    take(company.sales1, "view_customer")
    for url, form, _done in asked:
        assert client.post(url, form).status_code == 403, url


def test_finance_finds_only_customers_with_deals(company):
    """In the palette, whose rows a broad scope narrows by one condition."""
    for name, dealt in (("云栖有单", timezone.localdate()), ("云栖无单", None)):
        make_customer(company.sales1, name, first_deal_at=dealt)
    client = Client()
    client.force_login(company.finance1)
    page = client.get(reverse("palette"), {"q": "云栖"}, headers={"HX-Request": "true"}).content.decode()
    assert "有单" in page and "无单" not in page
