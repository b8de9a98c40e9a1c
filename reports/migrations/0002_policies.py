"""What each role may do with targets and forecasts to begin with; administrators edit it."""

from django.db import migrations

from crm.identity.services.roles import seed_role

QUOTA, CALL = "reports.quota", "reports.forecastcall"
READ = ("reports.snapshotline", "reports.snapshotdeal")
ALL = ["view", "add", "change", "delete", "export", "import"]

POLICIES = {
    "admin": ("all", ALL, ["view", "add", "change"]),
    "executive": ("all", ALL, ["view", "add", "change"]),
    "sales_manager": ("below", ALL, ["view", "add", "change"]),
    "salesperson": ("own", ["view"], ["view", "add", "change"]),
    "marketing_manager": ("all", ["view"], ["view"]),
}


def grant(apps, schema_editor):
    for slug, (scope, quotas, calls) in POLICIES.items():
        rights = {QUOTA: (quotas, scope), CALL: (calls, scope)}
        rights |= {label: (["view"], scope) for label in READ}
        rights["reports.snapshot"] = (["view"], "all")
        seed_role(apps, slug, rights)


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial"), ("sales", "0003_policies"), ("identity", "0002_roles")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
