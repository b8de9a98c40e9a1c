"""What each role may do with approvals to begin with, and a flow for exports over the cap; administrators edit both.

Everybody submits and follows their own; those who lead decide, and never IT.
"""

from django.db import migrations

from crm.identity.services.roles import seed_role

REQUEST, FLOW = "approvals.approvalrequest", "approvals.approvalflow"
PARTS = ("approvals.approvalstep", "approvals.approvaltask")
OWN = ["view", "add", "comment", "nudge"]
POLICIES = {
    "admin": ([*OWN, "export"], "all"),
    "executive": ([*OWN, "approve", "export"], "all"),
    "sales_manager": ([*OWN, "approve", "export"], "below"),
    "marketing_manager": ([*OWN, "approve"], "below"),
    "service_manager": ([*OWN, "approve"], "below"),
    "finance": ([*OWN, "approve"], "own"),
}


def grant(apps, schema_editor):
    for slug in apps.get_model("identity", "Role").objects.values_list("slug", flat=True):
        verbs, scope = POLICIES.get(slug, (OWN, "own"))
        rights = {REQUEST: (verbs, scope)}
        if slug == "admin":
            rights[FLOW] = (["view", "add", "change", "delete"], "all")
        seed_role(apps, slug, rights)


def add_flow(apps, schema_editor):
    flow = apps.get_model("approvals", "ApprovalFlow").objects.create(
        kind="export", name="超限导出", position=0, conditions=[], copies=[]
    )
    steps = apps.get_model("approvals", "FlowStep").objects
    leader = [{"who": "superior", "level": 1}]
    steps.create(flow=flow, position=0, name="直属主管", mode="any", approvers=leader)


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial"), ("identity", "0002_roles")]
    operations = [
        migrations.RunPython(grant, migrations.RunPython.noop),
        migrations.RunPython(add_flow, migrations.RunPython.noop),
    ]
