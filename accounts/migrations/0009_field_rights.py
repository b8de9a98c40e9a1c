"""Masked values can be revealed; what marketing sees of customers and contacts is masked from the start."""

from django.db import migrations

CUSTOMER, CONTACT = "accounts.customer", "accounts.contact"
MASKED = {CUSTOMER: ("phone", "email"), CONTACT: ("phone", "email", "wechat")}


def grant(apps, schema_editor):
    policies = apps.get_model("identity", "RolePolicy").objects
    for policy in policies.filter(role__slug__in=["admin", "marketing_manager"], model__in=MASKED):
        policy.verbs = sorted({*policy.verbs, "reveal"})
        policy.save()
    role = apps.get_model("identity", "Role").objects.filter(slug="marketing_manager").first()
    rights = apps.get_model("identity", "FieldRight").objects
    for model, names in MASKED.items() if role else ():
        for name in names:
            rights.get_or_create(role=role, model=model, field=name, defaults={"level": "masked"})


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_duplicate_pairs_and_merges"),
        ("identity", "0007_field_rights"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="contact",
            options={
                "permissions": [
                    ("export_contact", "Can export contacts"),
                    ("import_contact", "Can import contacts"),
                    ("reveal_contact", "Can reveal masked values of contacts"),
                ],
                "verbose_name": "contact",
                "verbose_name_plural": "contacts",
            },
        ),
        migrations.AlterModelOptions(
            name="customer",
            options={
                "permissions": [
                    ("export_customer", "Can export customers"),
                    ("transfer_customer", "Can transfer customers"),
                    ("share_customer", "Can share customers"),
                    ("import_customer", "Can import customers"),
                    ("merge_customer", "Can merge customers"),
                    ("comment_customer", "Can comment on customers"),
                    ("reveal_customer", "Can reveal masked values of customers"),
                ],
                "verbose_name": "customer",
                "verbose_name_plural": "customers",
            },
        ),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
