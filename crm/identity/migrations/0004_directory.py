"""Everybody may look up colleagues, teams and roles."""

from django.db import migrations

from crm.identity.services.roles import DIRECTORY, seed_role


def open_directory(apps, schema_editor):
    for slug in apps.get_model("identity", "Role").objects.values_list("slug", flat=True):
        seed_role(apps, slug, {label: (["view"], "all") for label in DIRECTORY})


class Migration(migrations.Migration):
    dependencies = [("identity", "0003_company")]
    operations = [migrations.RunPython(open_directory, migrations.RunPython.noop)]
