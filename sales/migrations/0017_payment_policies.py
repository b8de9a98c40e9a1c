"""What each role may do with payment plans and receipts to begin with; administrators edit it."""

from django.db import migrations

from crm.identity.services.roles import seed_role

PLAN, RECEIPT = "sales.paymentplan", "sales.receipt"
ALL = ["view", "add", "change", "delete", "export", "import"]

POLICIES = {
    "admin": {PLAN: (["view", "export"], "all"), RECEIPT: (["view", "export"], "all")},
    "executive": {PLAN: (["view", "export"], "all"), RECEIPT: (["view", "export"], "all")},
    "sales_manager": {PLAN: (["view"], "below"), RECEIPT: (["view"], "below")},
    "salesperson": {PLAN: (["view", "add"], "own"), RECEIPT: (["view", "add"], "own")},
    "finance": {PLAN: (ALL, "deals"), RECEIPT: ([*ALL, "confirm"], "deals")},
}


def grant(apps, schema_editor):
    for slug, policies in POLICIES.items():
        seed_role(apps, slug, policies)


class Migration(migrations.Migration):
    dependencies = [("sales", "0016_payments"), ("accounts", "0002_policies")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
