"""What each role may do with leads and opportunities to begin with; administrators edit it."""

from django.db import migrations

from crm.identity.services.roles import seed_role

LEAD, OPPORTUNITY = "sales.lead", "sales.opportunity"
PARTS = {LEAD: ("sales.leadtouch", "sales.leadconversion"), OPPORTUNITY: ("sales.stagehistory",)}
ALL = ["view", "add", "change", "delete", "export", "import", "transfer", "share", "comment"]
OF_DEALS = [verb for verb in ALL if verb != "share"]

POLICIES = {
    "admin": {LEAD: (ALL, "all"), OPPORTUNITY: (OF_DEALS, "all")},
    "executive": {
        LEAD: (["view", "comment", "transfer"], "all"),
        OPPORTUNITY: (["view", "comment", "transfer"], "all"),
    },
    "sales_manager": {LEAD: (ALL, "below"), OPPORTUNITY: (OF_DEALS, "below")},
    "salesperson": {LEAD: (ALL, "own"), OPPORTUNITY: (OF_DEALS, "own")},
    "marketing_manager": {
        LEAD: (["view", "add", "change", "export", "import", "transfer", "comment"], "all"),
        OPPORTUNITY: (["view"], "all"),
    },
    "marketing_member": {LEAD: (["view", "add", "change", "comment"], "own")},
}
LOOKED_UP = ("sales.pipeline", "sales.stage")


def grant(apps, schema_editor):
    for slug, policies in POLICIES.items():
        rights = dict(policies)
        for whole, (_verbs, scope) in policies.items():
            rights |= {part: (["view"], scope) for part in PARTS[whole]}
        verbs = ["view", "add", "change", "delete"] if slug == "admin" else ["view"]
        rights |= dict.fromkeys(LOOKED_UP, (verbs, "all"))
        seed_role(apps, slug, rights)


class Migration(migrations.Migration):
    dependencies = [("sales", "0002_pipeline"), ("accounts", "0002_policies")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
