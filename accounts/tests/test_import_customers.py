"""Customers from sheets: what is read, what is refused, what becomes of every row."""

import pytest

from accounts.models import Contact, Customer
from accounts.tests.import_tools import run, xlsx

pytestmark = pytest.mark.django_db

HEADER = ["公司", "联系人", "手机", "等级", "跟单"]


@pytest.fixture(autouse=True)
def _resources(monkeypatch):
    from types import SimpleNamespace

    from accounts.resources import CustomerResource
    from crm.core.hooks import hooks

    if "customer" not in hooks.list_pages:
        monkeypatch.setitem(hooks.list_pages, "customer", SimpleNamespace(resource=CustomerResource))


def test_a_sheet_becomes_customers_with_their_contacts(company):
    job = run(
        company.sales1,
        xlsx(
            ["2026 华东客户名单"],
            HEADER,
            ["嘉兴明锐光学有限公司", "蒋文博", "138 0573 2216", "重点", ""],
            ["台州巨峰精工有限公司", "何雪", 13905762218, "B", "sales1"],
            ["合计", "", "", "", ""],
        ),
    )
    assert job.state == "done", job.error
    assert job.outcome == {"total": 3, "created": 2, "updated": 0, "unchanged": 0, "skipped": 1, "failed": 0}
    customer = Customer.objects.get(name="嘉兴明锐光学有限公司")
    assert (customer.owner, customer.team, customer.intent) == (company.sales1, company.east, "A")
    assert (customer.kind, customer.region_id, customer.lifecycle_stage) == ("company", "330400", "lead")
    assert customer.contacts.get().phone == "+8613805732216"
    assert customer.contacts.get().is_primary
    assert Contact.objects.get(name="何雪").phone == "+8613905762218"


def test_a_second_run_changes_nothing(company):
    sheet = [HEADER, ["嘉兴明锐光学有限公司", "蒋文博", "13805732216", "A", ""]]
    run(company.sales1, xlsx(*sheet))
    before = Customer.objects.get()
    job = run(company.sales1, xlsx(*sheet))
    assert job.outcome["unchanged"] == 1
    assert Customer.objects.get().version == before.version
    assert Contact.objects.count() == 1
