"""What each role may do with customers, contacts and activities to begin with; administrators edit it."""

from django.db import migrations

from crm.identity.services.roles import seed_role

CUSTOMER, CONTACT, ACTIVITY = "accounts.customer", "accounts.contact", "accounts.activity"
PARTS = ("accounts.customertag", "accounts.contactlink", "accounts.highlight", "accounts.lifecycleevent")
EDIT = ["view", "add", "change", "delete", "export", "import"]

POLICIES = {
    "admin": {
        CUSTOMER: ([*EDIT, "transfer", "share", "merge", "comment", "reveal"], "all"),
        CONTACT: ([*EDIT, "reveal"], "all"),
        ACTIVITY: ([*EDIT, "comment"], "all"),
    },
    # Reads all, comments and hands over, but edits no fields.
    "executive": {
        CUSTOMER: (["view", "comment", "transfer"], "all"),
        CONTACT: (["view"], "all"),
        ACTIVITY: (["view", "comment"], "all"),
    },
    "sales_manager": {
        CUSTOMER: ([*EDIT, "transfer", "share", "merge", "comment"], "below"),
        CONTACT: (EDIT, "below"),
        ACTIVITY: ([*EDIT, "comment"], "below"),
    },
    "salesperson": {
        CUSTOMER: ([*EDIT, "transfer", "share", "comment"], "own"),
        CONTACT: (EDIT, "own"),
        ACTIVITY: ([*EDIT, "comment"], "own"),
    },
    "marketing_manager": {
        CUSTOMER: (["view", "reveal"], "all"),
        CONTACT: (["view", "reveal"], "all"),
    },
    # A caller must be recognised at once: every customer is found, and contact data kept right.
    "service_rep": {
        CUSTOMER: (["view"], "all"),
        CONTACT: (["view", "change"], "all"),
        ACTIVITY: (["view", "add", "change", "delete"], "assigned"),
    },
    "service_manager": {
        CUSTOMER: (["view"], "all"),
        CONTACT: (["view"], "all"),
        ACTIVITY: (["view"], "all"),
    },
    "finance": {
        CUSTOMER: (["view"], "deals"),
        CONTACT: (["view"], "deals"),
    },
}
# What marketing sees of customers and contacts is masked until revealed with a reason.
MASKED = {CUSTOMER: ("phone", "email"), CONTACT: ("phone", "email", "wechat")}


def grant(apps, schema_editor):
    for slug, policies in POLICIES.items():
        rights = dict(policies)
        for part in PARTS:
            verbs, scope = policies[CUSTOMER]
            rights[part] = (sorted({"view", "change"} & set(verbs)), scope)
        seed_role(apps, slug, rights)


def mask(apps, schema_editor):
    role = apps.get_model("identity", "Role").objects.get(slug="marketing_manager")
    rights = apps.get_model("identity", "FieldRight").objects
    for model, names in MASKED.items():
        for name in names:
            rights.create(role=role, model=model, field=name, level="masked")


class Migration(migrations.Migration):
    replaces = [("accounts", "0009_field_rights"), ("accounts", "0014_service_deletes_own")]
    dependencies = [("accounts", "0001_initial"), ("identity", "0002_roles")]
    operations = [
        migrations.RunPython(grant, migrations.RunPython.noop),
        migrations.RunPython(mask, migrations.RunPython.noop),
    ]
