"""Who sets cadences up and who takes people through them, to begin with; administrators edit it."""

from django.db import migrations

from crm.identity.services.roles import seed_role

CADENCE, STEP = "sales.cadence", "sales.cadencestep"
ENROLMENT, RUN = "sales.enrolment", "sales.steprun"
SET_UP, READ, WORK = ["view", "add", "change", "delete"], ["view"], ["view", "add", "change"]

POLICIES = {
    "admin": (SET_UP, WORK, "all"),
    "executive": (READ, READ, "all"),
    "sales_manager": (SET_UP, WORK, "below"),
    "salesperson": (READ, WORK, "own"),
    "marketing_manager": (READ, None, "all"),
}


def grant(apps, schema_editor):
    for slug, (cadences, people, scope) in POLICIES.items():
        rights = {CADENCE: (cadences, "all"), STEP: (cadences, "all")}
        if people:
            rights |= {ENROLMENT: (people, scope), RUN: (READ, scope)}
        seed_role(apps, slug, rights)
    for slug in ("admin", "marketing_manager"):
        seed_role(apps, slug, {"automation.suppression": (["view", "add", "delete"], "all")})


class Migration(migrations.Migration):
    dependencies = [
        ("sales", "0018_cadences"),
        ("accounts", "0002_policies"),
        ("automation", "0004_mail_that_comes_in"),
    ]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
