"""What each role may do with products, quotes and orders to begin with; administrators edit it."""

from django.db import migrations

from crm.identity.services.roles import seed_role

PRODUCT, BOOK, QUOTE, ORDER = "sales.product", "sales.pricebook", "sales.quote", "sales.order"
PARTS = {
    BOOK: ("sales.pricebookentry",),
    QUOTE: ("sales.quoteline", "sales.quotelink"),
    ORDER: ("sales.orderline", "sales.orderversion", "sales.orderreminder"),
}
ADMINISTERED = ("sales.taxrate", "sales.numberrule", "sales.numbercounter", "sales.letterhead")
OWN = ["view", "add", "change", "delete"]
OF_PRODUCTS = [*OWN, "export", "import"]
OF_QUOTES = [*OWN, "export", "transfer", "comment"]
OF_ORDERS = [*OF_QUOTES, "import"]

POLICIES = {
    "admin": {PRODUCT: (OF_PRODUCTS, "all"), BOOK: (OWN, "all"), QUOTE: (OF_QUOTES, "all"), ORDER: (OF_ORDERS, "all")},
    "executive": {
        PRODUCT: (["view"], "all"),
        BOOK: (["view"], "all"),
        QUOTE: (["view", "comment", "transfer"], "all"),
        ORDER: (["view", "comment", "transfer"], "all"),
    },
    "sales_manager": {
        PRODUCT: (OF_PRODUCTS, "all"),
        BOOK: (OWN, "all"),
        QUOTE: (OF_QUOTES, "below"),
        ORDER: (OF_ORDERS, "below"),
    },
    "salesperson": {
        PRODUCT: (["view", "export"], "all"),
        BOOK: (["view"], "all"),
        QUOTE: (OF_QUOTES, "own"),
        ORDER: (OF_QUOTES, "own"),
    },
    "marketing_manager": {PRODUCT: (["view"], "all"), QUOTE: (["view"], "all")},
    "marketing_member": {PRODUCT: (["view"], "all")},
    "service_rep": {PRODUCT: (["view"], "all"), ORDER: (["view"], "all")},
    "service_manager": {PRODUCT: (["view"], "all"), ORDER: (["view"], "all")},
    "finance": {
        PRODUCT: (["view", "export"], "all"),
        BOOK: (["view"], "all"),
        ORDER: (["view", "export", "comment"], "deals"),
    },
}  # fmt: skip
WITHOUT_LINES = ("marketing_manager",)
DEALS = ("admin", "executive", "sales_manager", "salesperson")  # who sees what an opportunity is about


def grant(apps, schema_editor):
    for slug, policies in POLICIES.items():
        rights = dict(policies)
        for whole, (_verbs, scope) in policies.items():
            parts = () if whole == QUOTE and slug in WITHOUT_LINES else PARTS.get(whole, ())
            rights |= {part: (["view"], scope) for part in parts}
        if slug in DEALS:
            _verbs, scope = policies[QUOTE]
            rights["sales.opportunityline"] = (["view"], scope)
        verbs = ["view", "add", "change", "delete"] if slug == "admin" else ["view"]
        rights |= dict.fromkeys(ADMINISTERED, (verbs, "all"))
        seed_role(apps, slug, rights)


class Migration(migrations.Migration):
    dependencies = [("sales", "0005_rates_and_numbers"), ("accounts", "0002_policies")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
