"""Everybody reads the reference data; whoever works with customers may also make new tags."""

from django.db import migrations

from crm.identity.services.roles import seed_role

READ = [
    "records.region",
    "records.industry",
    "records.tag",
    "records.exchangerate",
    "records.businesscalendar",
    "records.calendarday",
    "records.calendarweekday",
]
ROLES = {
    "admin": True,
    "executive": False,
    "sales_manager": True,
    "salesperson": True,
    "marketing_manager": True,
    "marketing_member": True,
    "service_rep": True,
    "service_manager": True,
    "finance": False,
}


def grant(apps, schema_editor):
    for slug, makes_tags in ROLES.items():
        rights = {model: (["view"], "all") for model in READ}
        if makes_tags:
            rights["records.tag"] = (["view", "add"], "all")
        seed_role(apps, slug, rights)


class Migration(migrations.Migration):
    dependencies = [("records", "0003_calendar"), ("identity", "0002_roles")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
