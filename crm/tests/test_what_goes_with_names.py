"""Where colleagues, teams, tags, stages and flows are offered or named, they go with the right to see them."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_customer
from accounts.tests.import_tools import check, errors_of, text_file
from crm.approvals.services import save_flow
from crm.core.clock import company_today
from crm.identity import services as identity
from crm.identity.tests.rights import answers_go_with_rights, take, words_go_with_rights
from crm.listing.rest.testing import Caller
from crm.records.models import Tag
from crm.records.services.custom_fields import create_field
from reports.models import ForecastCall
from reports.rules.periods import period_of
from reports.tests.factories import deal
from sales.models import Pipeline
from sales.tests.factories import SYSTEM, stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def some(company) -> Any:
    """A customer of sales1 with a tag at hand, deals of two sellers, a flow that asks for more than the amount."""
    customer = make_customer(company.sales1)
    for seller, amount in ((company.sales1, 100_000), (company.sales2, 50_000)):
        deal(seller, amount, won=company_today())
        deal(seller, amount, "Proposal")
    create_field(
        model="accounts.customer", kind="user", label_zh="方案经理", label_en="Architect", key="architect",
        actor=SYSTEM,
    )  # fmt: skip
    discounted = {"field": "discount", "op": "gt", "value": "15"}
    steps = [{"approvers": [{"who": "superior", "level": 1}]}]
    flow = save_flow(None, kind="quote", name="折扣过大", steps=steps, conditions=[discounted], actor=SYSTEM)
    return {"customer": customer, "flow": flow, "tag": Tag.objects.create(name="标杆客户")}


def of_customers(some):
    customer = some["customer"]
    edit, share, tags = (
        reverse(f"customer_{name}", args=[customer.pk]) for name in ("edit", "share", "tags")
    )
    return [
        ("sales1", reverse("customer_filters"), "view_user", "Sales2"),
        ("sales1", reverse("opportunity_create"), "view_user", "Sales2"),
        ("sales1", share, "view_user", "Sales2"),
        ("sales1", share, "view_team", "South"),
        ("sales1", edit, "view_user", "Sales2"),
        ("sales1", tags, "view_tag", some["tag"].name),
        ("sales1", f"{reverse('people_suggest')}?q=Sales", "view_user", "Sales2"),
    ]


def of_reports(some):
    pipeline = Pipeline.objects.get()
    by_stage = reverse("report_detail", args=["pipeline"])
    return [
        ("manager1", by_stage, "view_stage", stage("Discovery").name_en),
        ("manager1", by_stage, "view_user", "Sales2"),
        ("manager1", by_stage, "view_team", ">East<"),
        ("manager1", by_stage, "view_pipeline", f'value="{pipeline.pk}">{pipeline}'),
        ("manager1", reverse("dashboard"), "view_user", "Sales2"),
        ("manager1", reverse("forecast"), "view_user", "Sales2"),
        ("manager1", reverse("quota_enter"), "view_user", "Sales2"),
        ("manager1", reverse("quota_enter"), "view_team", "East"),
    ]


def of_flows(some):
    flow = some["flow"]
    asked = f"{reverse('approval_flow_try')}?kind={flow.kind}"
    return [
        ("admin", reverse("approval_flows"), "view_approvalflow", flow.name),
        ("admin", reverse("approval_flow_edit", args=[flow.pk]), "view_approvalflow", "<form"),
        ("admin", asked, "view_approvalflow", 'name="m_discount"'),
    ]


@pytest.mark.parametrize("looks", [of_customers, of_reports, of_flows])
def test_a_page_names_nobody_and_nothing_the_right_to_see_which_was_taken_away(company, some, looks):
    words_go_with_rights(company, looks(some))


def test_nothing_is_done_with_whom_and_what_one_does_not_see(company, some):
    """What is sent, and its answer with the right and without it."""
    customer, flow, one = some["customer"], some["flow"], company.sales2
    identity.share(customer, user=one, level="read", actor=SYSTEM)
    identity.share(customer, team=company.south, level="read", actor=SYSTEM)
    unshare = reverse("customer_unshare", args=[customer.pk])
    let_read = reverse("customer_share_mentioned", args=[customer.pk])
    tag = reverse("customer_bulk", args=["tag"])
    tagged = {"ids": [customer.pk], "add": [some["tag"].pk], "confirmed": "1"}
    table = [
        ("sales1", unshare, {"user": one.pk}, "view_user", 302, 404),
        ("sales1", unshare, {"team": company.south.pk}, "view_team", 302, 404),
        ("sales1", let_read, {"user": company.sales3.pk}, "view_user", 302, 400),
        ("sales1", tag, tagged, "view_tag", 302, 422),
        ("admin", reverse("approval_flow_move", args=[flow.pk]), {"way": "up"}, "view_approvalflow", 302, 404),
        ("admin", reverse("approval_flow_delete", args=[flow.pk]), {}, "view_approvalflow", 302, 404),
    ]  # fmt: skip
    answers_go_with_rights(company, table)


def test_who_sees_no_colleagues_judges_no_forecast(company, some):
    client, sent = Client(), {"period": period_of(company_today(), "quarter").key}
    client.force_login(company.manager1)
    calls = []
    for right in ("view_user", ""):
        with transaction.atomic():
            take(company.manager1, right)
            client.post(reverse("forecast_call"), sent | {f"call_{company.sales1.pk}": "43万"})
            calls.append(list(ForecastCall.objects.values_list("amount", flat=True)))
            transaction.set_rollback(True)
    assert calls == [[], [Decimal(430_000)]]


def test_a_tag_and_a_colleague_one_does_not_see_are_unknown_to_the_api_and_to_sheets(company, some):
    url, sheet = f"/api/v1/customers/{some['customer'].pk}/", "客户名称,方案经理\n云栖精密,Sales2\n"
    answers = []
    for right in ("", "view_tag view_user"):
        take(company.sales1, right)
        some["customer"].refresh_from_db()
        version = {"If_Match": f'"{some["customer"].version}"'}
        tagged = Caller(company.sales1)("PATCH", url, {"tags": [some["tag"].name]}, **version)
        job = check(company.sales1, text_file(sheet, name="customers.csv"), "customers")
        answers.append((tagged.status_code, [code for _row, _column, code in errors_of(job)]))
    assert answers == [(200, []), (400, ["link"])]
