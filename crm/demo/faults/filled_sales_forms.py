"""The forms of sales and approvals that create something, filled in."""

from decimal import Decimal

from crm.approvals.services import submit
from crm.demo.faults.filled_forms import Form, World
from crm.demo.faults.world import SYSTEM
from crm.events.actor import Actor
from sales import services
from sales.models import AssignmentGroup, Pipeline, Quote
from sales.services import Draft

NO_CONDITIONS = {"conditions-TOTAL_FORMS": "0", "conditions-INITIAL_FORMS": "0"}
ONE_STEP = {
    "steps-TOTAL_FORMS": "1",
    "steps-INITIAL_FORMS": "0",
    "steps-0-mode": "any",
    "steps-0-places": ["superior:1"],
    "steps-0-ORDER": "1",
}
POOL = {"name": "双击公海", "takes_leads": "on", "everyone": "on", "claims_a_day": "5", "holding_cap": "50"}
POOL |= {"cool_down_days": "7", "claims_of_one": "2", "claims_of_one_days": "30", "extension_days": "7"}
POOL |= {"claim_protection_days": "7", "own_protection_days": "30"}
NOTE = {"kind": "note", "body": "发了报价单，等对方内部讨论", "place": "record"}


def forms(w: World) -> list[Form]:
    """Every form that creates something in sales, filled in by who does so."""
    return [*_of_sellers(w), *_of_cadences(w), *_of_money(w), *_of_approvals(w), *_of_settings(w)]


def _of_sellers(w: World) -> list[Form]:
    seller, mine = w.people["sales1"], {"customer": w.customer.pk}
    lead = services.create_lead(name="线索一", phone="13700000001", owner=seller, actor=SYSTEM)
    deal = services.create_opportunity(w.customer, name="商机一", owner=seller, actor=SYSTEM)
    quote = _quote(w)
    product = {
        "name": "双击相机",
        "list_price": "1000",
        "currency": "CNY",
        "tax_rate": "0.1300",
        "is_active": "on",
    }
    book = {"name": "双击价目", "currency": "CNY", "is_active": "on"}
    return [
        Form("lead_create", "sales1", "sales_lead", {"name": "李双", "phone": "13700000002"}),
        Form("lead_follow_up", "sales1", "accounts_activity", NOTE, (lead.pk,), lead.get_absolute_url()),
        Form(
            "opportunity_create",
            "sales1",
            "sales_opportunity",
            mine | {"name": "双击商机", "currency": "CNY"},
        ),
        Form(
            "opportunity_follow_up", "sales1", "accounts_activity", NOTE, (deal.pk,), deal.get_absolute_url()
        ),
        Form("quote_create", "sales1", "sales_quote", mine | {"language": "zh-hans"}),
        Form("quote_copy", "sales1", "sales_quote", {}, (quote.pk,), quote.get_absolute_url()),
        Form("order_create", "sales1", "sales_order", mine | {"kind": "contract"}),
        Form("product_create", "manager1", "sales_product", product),
        Form("pricebook_create", "manager1", "sales_pricebook", book),
    ]


def _of_cadences(w: World) -> list[Form]:
    cadence = services.save_cadence(None, name="跟进一", language="zh-hans", actor=SYSTEM)
    services.save_step(cadence, kind="call", delay_days=3, subject="回访", actor=SYSTEM)
    lead = services.create_lead(name="线索二", phone="13700000003", owner=w.people["sales1"], actor=SYSTEM)
    times = {"language": "zh-hans", "send_from": "09:00", "send_until": "18:00", "is_active": "on"}
    step = {"kind": "call", "delay_days": "2", "subject": "再打一次"}
    begun = {"cadence": cadence.pk}
    return [
        Form("cadence_create", "manager1", "sales_cadence", times | {"name": "双击跟进"}),
        Form("cadence_step_create", "manager1", "sales_cadencestep", step, (cadence.pk,)),
        Form("contact_enrol", "sales1", "sales_enrolment", begun, (w.contact.pk,)),
        Form("lead_enrol", "sales1", "sales_enrolment", begun, (lead.pk,)),
    ]


def _of_money(w: World) -> list[Form]:
    order = services.create_order(w.customer, owner=w.people["sales1"], lines=[_line()], actor=SYSTEM)
    order = services.sign_order(services.approve_order(order, actor=SYSTEM), actor=SYSTEM)
    part = {"amount": "100", "due_date": w.first, "parts": "1", "months": "1"}
    receipt = {"amount": "100", "received_date": w.first, "method": "transfer"}
    invoice = {"kind": "digital", "title": w.customer.name, "amount_1300": "10"}
    return [
        Form("order_plan", "sales1", "sales_paymentplan", part, (order.pk,)),
        Form("order_receipt", "sales1", "sales_receipt", receipt, (order.pk,)),
        Form("order_invoice", "sales1", "sales_invoice", invoice, (order.pk,)),
    ]


def _of_approvals(w: World) -> list[Form]:
    seller = w.people["sales1"]
    asked = submit("quote", _quote(w), submitter=seller, actor=Actor.of(seller))
    flow = {"name": "双击流程", "is_active": "on"} | NO_CONDITIONS | ONE_STEP
    away = {"to": w.people["manager2"].pk, "first_date": w.first, "last_date": w.first}
    return [
        Form(
            "approval_comment",
            "sales1",
            "events_event",
            {"comment": "请尽快"},
            (asked.pk,),
            asked.get_absolute_url(),
        ),
        Form(
            "approval_of_record",
            "sales1",
            "approvals_approvalrequest",
            {"note": "急"},
            ("quote", _quote(w).pk),
        ),
        Form("approval_flow_add", "admin", "approvals_approvalflow", flow, query="?kind=quote"),
        Form("approval_delegations", "manager1", "approvals_approvaldelegation", away),
    ]


def _of_settings(w: World) -> list[Form]:
    pipeline = Pipeline.objects.get(is_default=True)
    group = AssignmentGroup.objects.create(name="一组")
    pool = services.create_pool("一号公海", actor=SYSTEM)
    stage = {"name": "试用", "probability": "60", "forecast_category": "best_case"}
    member = {"members-TOTAL_FORMS": "1", "members-INITIAL_FORMS": "0", "members-0-weight": "1"}
    member |= {"members-0-person": w.people["sales1"].pk}
    rule = {"kind": "lead", "ground": "no_follow_up", "days": "30"}
    tax = {"name": "双击税率", "rate": "5", "valid_from": w.first}
    goes = {"name": "双击规则", "group": group.pk, "is_active": "on"}
    return [
        Form("pipeline_add", "admin", "sales_pipeline", {"name": "双击管道"}),
        Form("stage_add", "admin", "sales_stage", stage, (pipeline.pk,)),
        Form("pools_add", "admin", "sales_pool", POOL),
        Form("pools_rule_add", "admin", "sales_recyclerule", rule, (pool.pk,)),
        Form(
            "assignment_group_add",
            "admin",
            "sales_assignmentgroup",
            {"name": "双击组", "strategy": "weighted"} | member,
        ),
        Form("assignment_rule_add", "admin", "sales_assignmentrule", goes, page="/settings/assignment/"),
        Form("tax_rate_add", "admin", "sales_taxrate", tax),
    ]


def _line() -> Draft:
    return Draft(name="双击设备", price=Decimal(1000), discount=Decimal("0.12"), tax_rate=Decimal("0.13"))


def _quote(w: World) -> Quote:
    return services.create_quote(w.customer, owner=w.people["sales1"], lines=[_line()], actor=SYSTEM)
