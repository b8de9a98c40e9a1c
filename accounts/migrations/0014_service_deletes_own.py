"""Service representatives may put their own follow-ups into the bin, as salespeople may."""

from django.db import migrations


def allow(apps, schema_editor):
    rights = apps.get_model("identity", "RolePolicy").objects
    for policy in rights.filter(role__slug="service_rep", model="accounts.activity"):
        policy.verbs = sorted({*policy.verbs, "delete"})
        policy.save()


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_narrow_marks"), ("identity", "0010_cover")]
    operations = [migrations.RunPython(allow, migrations.RunPython.noop)]
