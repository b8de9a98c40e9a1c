"""Who agrees to discounts, orders, gated stages and refunds to begin with; administrators edit it."""

from decimal import Decimal

from django.db import migrations

MANAGER, DIRECTOR = {"who": "superior", "level": 1}, {"who": "superior", "level": 2}
FINANCE, EXECUTIVE = {"who": "role", "role": "finance"}, {"who": "role", "role": "executive"}
HUNDRED, FIVE_HUNDRED = Decimal(100_000), Decimal(500_000)


def _upto(share):
    return [{"field": "discount", "op": "lte", "value": share}]


# kind, name, conditions, steps as (name, approver, from, below)
FLOWS = [
    ("quote", "折扣 5% 以内", _upto("5"), []),
    ("quote", "折扣 15% 以内", _upto("15"), [("销售主管", MANAGER, None, None)]),
    ("quote", "折扣 25% 以内", _upto("25"), [("销售总监", DIRECTOR, None, None)]),
    ("quote", "折扣 25% 以上", [], [("销售总监", DIRECTOR, None, None), ("财务", FINANCE, None, None)]),
    (
        "order",
        "订单与合同",
        [],
        [
            ("销售主管", MANAGER, None, None),
            ("销售总监", DIRECTOR, HUNDRED, FIVE_HUNDRED),
            ("财务", FINANCE, FIVE_HUNDRED, None),
            ("总经理", EXECUTIVE, FIVE_HUNDRED, None),
        ],
    ),
    ("stage", "阶段放行", [], [("销售主管", MANAGER, None, None)]),
    ("refund", "退款", [], [("主管", MANAGER, None, None), ("总经理", EXECUTIVE, HUNDRED, None)]),
]


def add_flows(apps, schema_editor):
    flows = apps.get_model("approvals", "ApprovalFlow").objects
    steps = apps.get_model("approvals", "FlowStep").objects
    for place, (kind, name, conditions, laid) in enumerate(FLOWS):
        flow = flows.create(kind=kind, name=name, conditions=conditions, copies=[], position=place)
        for position, (label, approver, lower, below) in enumerate(laid):
            steps.create(
                flow=flow,
                position=position,
                name=label,
                mode="any",
                approvers=[approver],
                amount_from=lower,
                amount_below=below,
            )


class Migration(migrations.Migration):
    replaces = [("sales", "0011_approval_flows"), ("sales", "0023_refund_flow")]
    dependencies = [("sales", "0004_conversion_fields"), ("approvals", "0002_policies")]
    operations = [migrations.RunPython(add_flows, migrations.RunPython.noop)]
