"""To begin with, who answers customers finds their contracts and orders without what they come to."""

from django.db import migrations

MONEY = ("amount", "net", "tax", "listed", "discount")


def hide(apps, schema_editor):
    role = apps.get_model("identity", "Role").objects.filter(slug="service_rep").first()
    rights = apps.get_model("identity", "FieldRight").objects
    for name in MONEY if role else ():
        rights.get_or_create(role=role, model="sales.order", field=name, defaults={"level": "hidden"})


class Migration(migrations.Migration):
    dependencies = [("sales", "0006_policies"), ("identity", "0002_roles")]
    operations = [migrations.RunPython(hide, migrations.RunPython.noop)]
