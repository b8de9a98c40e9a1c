"""Who reads pools and how leads are shared out, and who sets it up, to begin with; administrators edit it."""

from django.db import migrations

from crm.identity.services.roles import seed_role

SET_UP = (
    "sales.pool", "sales.recyclerule", "sales.assignmentgroup", "sales.assignmentmember", "sales.assignmentrule",
)  # fmt: skip
PARTS = {"sales.poolstay": "own", "sales.protection": "own", "sales.leadassignment": "own"}
READ_BY = ("executive", "sales_manager", "salesperson", "marketing_manager")


def grant(apps, schema_editor):
    seed_role(apps, "admin", dict.fromkeys(SET_UP, (["view", "add", "change", "delete"], "all")))
    for slug in READ_BY:
        seed_role(apps, slug, dict.fromkeys(SET_UP, (["view"], "all")))
    for slug in ("admin", *READ_BY):
        seed_role(apps, slug, {part: (["view"], "all") for part in PARTS})


class Migration(migrations.Migration):
    dependencies = [("sales", "0013_pools")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
