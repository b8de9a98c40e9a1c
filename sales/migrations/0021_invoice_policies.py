"""What each role may do with invoices to begin with; administrators edit it."""

from django.db import migrations

from crm.identity.services.roles import seed_role

INVOICE = "sales.invoice"
PARTS = ("sales.invoiceamount",)

POLICIES = {
    "admin": (["view", "export"], "all"),
    "executive": (["view", "export"], "all"),
    "sales_manager": (["view"], "below"),
    "salesperson": (["view", "add"], "own"),
    "finance": (["view", "add", "change", "export", "issue"], "deals"),
}


def grant(apps, schema_editor):
    for slug, (verbs, scope) in POLICIES.items():
        parts = {part: (["view"], scope) for part in PARTS}
        reminders = {"sales.paymentreminder": (["view"], scope)}
        seed_role(apps, slug, {INVOICE: (verbs, scope), **parts, **reminders})


class Migration(migrations.Migration):
    dependencies = [("sales", "0020_invoices"), ("accounts", "0002_policies")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
