"""Who agrees to refunds to begin with; administrators edit it."""

from decimal import Decimal

from django.db import migrations

MANAGER = {"who": "superior", "level": 1}
EXECUTIVE = {"who": "role", "role": "executive"}
LAID = [("主管", MANAGER, None), ("总经理", EXECUTIVE, Decimal(100_000))]


def add_flow(apps, schema_editor):
    flows = apps.get_model("approvals", "ApprovalFlow").objects
    steps = apps.get_model("approvals", "FlowStep").objects
    flow = flows.create(kind="refund", name="退款", conditions=[], copies=[], position=20)
    for position, (label, approver, lower) in enumerate(LAID):
        steps.create(
            flow=flow, position=position, name=label, mode="any", approvers=[approver], amount_from=lower
        )


class Migration(migrations.Migration):
    dependencies = [("sales", "0022_scoring"), ("approvals", "0002_policies")]
    operations = [migrations.RunPython(add_flow, migrations.RunPython.noop)]
