"""The flows in the settings: written without JavaScript, tried out, changed without disturbing what runs."""

import pytest
from django.urls import reverse

from crm.approvals import registry
from crm.approvals.models import ApprovalFlow
from crm.approvals.tests.factories import KIND, ask, asked, led_company
from crm.identity.tests.factories import make_team
from crm.listing.rest.testing import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _thing(monkeypatch):
    monkeypatch.setitem(registry.KINDS, "thing", KIND)


@pytest.fixture
def company(client, db):
    made = led_company()
    client.force_login(made.admin)
    return made


def rows(prefix, *filled):
    """The data of a set of rows, as a browser sends it."""
    data = {f"{prefix}-TOTAL_FORMS": str(len(filled)), f"{prefix}-INITIAL_FORMS": "0"}
    for number, values in enumerate(filled):
        data |= {f"{prefix}-{number}-{name}": value for name, value in values.items()}
    return data


def flow_data(**values):
    condition = {"field": "discount", "op": "gt", "value": "15%"}
    first = {"mode": "any", "places": ["superior:1"], "ORDER": "2"}
    second = {"mode": "all", "places": ["role:finance"], "amount_from": "10万", "ORDER": "1", "name": "Money"}
    data = {"name": "Big", "is_active": "on"}
    return data | rows("conditions", condition) | rows("steps", first, second) | values


def test_flows_that_come_with_it_are_called_in_the_readers_language(client, company):
    flow = ApprovalFlow.objects.get(name="订单与合同")
    kept = [step.name for step in flow.steps.all()]
    page = client.get(reverse("approval_flows")).content.decode()
    assert "Orders and contracts" in page and flow.name not in page
    url = reverse("approval_flow_edit", args=[flow.pk])
    form = client.get(url).content.decode()
    called = ["Sales manager", "Sales director", "Finance", "General manager"]
    assert all(f'value="{name}"' in form for name in ("Orders and contracts", *called))
    steps = [{"name": name, "mode": "any", "places": ["superior:1"]} for name in called]
    data = {"is_active": "on"} | rows("conditions") | rows("steps", *steps) | {"steps-INITIAL_FORMS": "4"}
    assert client.post(url, data | {"name": "Orders and contracts"}).status_code == 302
    flow.refresh_from_db()
    assert flow.name == "订单与合同" and [step.name for step in flow.steps.all()] == kept
    assert client.post(url, data | {"name": "Signed paper"}).status_code == 302
    assert "Signed paper" in client.get(reverse("approval_flows")).content.decode()


def test_written_in_the_browser(client, company):
    url = reverse("approval_flow_add") + "?kind=thing"
    assert client.get(url).status_code == 200
    more = client.post(url, flow_data(more="steps"))
    assert more.status_code == 200 and "steps-2-mode" in more.content.decode()
    assert not ApprovalFlow.objects.filter(kind="thing").exists()
    assert client.post(url, flow_data()).status_code == 302
    flow = ApprovalFlow.objects.get(kind="thing")
    assert flow.conditions == [{"field": "discount", "op": "gt", "value": "15"}]
    assert [(step.name, str(step.amount_from)) for step in flow.steps.all()] == [
        ("Money", "100000.00"),
        ("", "None"),
    ]
    edit = reverse("approval_flow_edit", args=[flow.pk])
    assert "Money" in client.get(edit).content.decode()
    request = ask(make_team("Thing", company.company), company.sales1, "1000", discount="20")
    assert asked(request) == ["manager1"]
    assert client.post(reverse("approval_flow_delete", args=[flow.pk])).status_code == 302
    assert asked(request) == ["manager1"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"conditions-0-value": "much"},
        {"conditions-0-op": "contains"},
        {"steps-0-places": ["role:admin"]},
        {"steps-1-amount_below": "9万"},
    ],
)
def test_what_cannot_be_is_said(client, company, wrong):
    answer = client.post(reverse("approval_flow_add") + "?kind=thing", flow_data(**wrong))
    assert answer.status_code == 422 and not ApprovalFlow.objects.filter(kind="thing").exists()


def test_tried_out_before_it_counts(client, company):
    client.post(reverse("approval_flow_add") + "?kind=thing", flow_data())
    url = reverse("approval_flow_try")
    values = {"kind": "thing", "submitter": company.sales1.pk, "m_amount": "20万", "m_discount": "16"}
    page = client.get(url, values).content.decode()
    assert "Finance1" in page and "Manager1" in page and "Big" in page
    page = client.get(url, values | {"m_discount": "15"}).content.decode()
    assert "approved at once" in page and "approval-task" not in page


def test_the_order_decides_which_flow_is_taken(client, company):
    for name in ("One", "Two"):
        client.post(reverse("approval_flow_add") + "?kind=thing", flow_data(name=name))
    two = ApprovalFlow.objects.get(name="Two")
    client.post(reverse("approval_flow_move", args=[two.pk]), {"way": "up"})
    assert [flow.name for flow in ApprovalFlow.objects.filter(kind="thing")] == ["Two", "One"]


def test_for_administrators_only(client, company):
    flow = ApprovalFlow.objects.first()
    client.force_login(company.director)
    for name, args in [("approval_flows", []), ("approval_flow_edit", [flow.pk]), ("approval_flow_try", [])]:
        assert client.get(reverse(name, args=args)).status_code == 403
    assert client.post(reverse("approval_flow_delete", args=[flow.pk])).status_code == 403


def test_through_the_api(company):
    call = Caller(company.admin)
    path = "/api/v1/approval-flows/"
    body = {
        "kind": "thing",
        "name": "Small",
        "conditions": [{"field": "discount", "op": "lte", "value": "5"}],
        "steps": [{"approvers": [{"who": "superior", "level": 1}], "amount_below": "1000.00"}],
    }
    made = call("POST", path, body)
    assert made.status_code == 201, made.json()
    flow = made.json()
    trial = {"kind": "thing", "submitter": company.sales1.pk, "facts": {"discount": "4", "amount": "10"}}
    plan = call("POST", f"{path}try/", trial).json()
    assert plan["flow"] == flow["id"]
    assert plan["steps"][0]["approvers"] == [{"approver": company.manager1.pk, "instead_of": None}]
    wrong = call("POST", path, body | {"steps": [{"approvers": [{"who": "user", "user": company.admin.pk}]}]})
    assert wrong.status_code == 400 and "steps" in wrong.json()["errors"]
    changed = call("PATCH", f"{path}{flow['id']}/", {"name": "Little", "version": flow["version"]})
    assert changed.status_code == 200 and len(changed.json()["steps"]) == 1
    assert call("PATCH", f"{path}{flow['id']}/", {"name": "x", "version": 1}).status_code == 409
    assert call("DELETE", f"{path}{flow['id']}/", {"version": changed.json()["version"]}).status_code == 204
    for name in ("director", "sales1", "exec"):
        other = Caller(getattr(company, name))
        assert other("GET", path).status_code == 403
        assert other("POST", f"{path}try/", trial).status_code == 403
