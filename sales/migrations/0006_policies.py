"""What each role may do with leads, opportunities, quotes, orders, money, pools and cadences to begin with.

Administrators edit it. A role reads the kinds of its own scope; what belongs to the whole company, everybody who reads it
reads whole.
"""

from django.db import migrations

from crm.identity.services.roles import seed_role

LEAD, OPPORTUNITY, QUOTE, ORDER = "sales.lead", "sales.opportunity", "sales.quote", "sales.order"
PLAN, RECEIPT, INVOICE, ENROLMENT = "sales.paymentplan", "sales.receipt", "sales.invoice", "sales.enrolment"
PRODUCT, BOOK, CADENCE = "sales.product", "sales.pricebook", "sales.cadence"
COMPANY_WIDE = (PRODUCT, BOOK, CADENCE)

# What is read with a kind: as far as the kind itself, by whoever reads the kind.
PARTS = {
    LEAD: ("sales.leadtouch", "sales.leadconversion"),
    OPPORTUNITY: ("sales.stagehistory", "sales.opportunityline"),
    BOOK: ("sales.pricebookentry",),
    QUOTE: ("sales.quoteline", "sales.quotelink"),
    ORDER: ("sales.orderline", "sales.orderversion", "sales.orderreminder"),
    INVOICE: ("sales.invoiceamount", "sales.paymentreminder"),
    ENROLMENT: ("sales.steprun",),
}
NOT_READ = {"marketing_manager": ("sales.opportunityline", *PARTS[QUOTE])}

READ, SET_UP = ["view"], ["view", "add", "change", "delete"]
WORK = ["view", "add", "change"]
OVERSEE = ["view", "comment", "transfer"]
OF_DEALS = [*SET_UP, "export", "import", "transfer", "comment"]
OF_LEADS = [*OF_DEALS, "share"]
OF_QUOTES = [*SET_UP, "export", "transfer", "comment"]
OF_ORDERS = [*OF_QUOTES, "import"]
OF_SHEETS = [*SET_UP, "export", "import"]

POLICIES = {
    "admin": ("all", {
        LEAD: OF_LEADS, OPPORTUNITY: OF_DEALS, QUOTE: OF_QUOTES, ORDER: OF_ORDERS,
        PLAN: ["view", "export"], RECEIPT: ["view", "export"], INVOICE: ["view", "export"],
        PRODUCT: OF_SHEETS, BOOK: SET_UP, CADENCE: SET_UP, ENROLMENT: WORK,
    }),
    "executive": ("all", {
        LEAD: OVERSEE, OPPORTUNITY: OVERSEE, QUOTE: OVERSEE, ORDER: OVERSEE,
        PLAN: ["view", "export"], RECEIPT: ["view", "export"], INVOICE: ["view", "export"],
        PRODUCT: READ, BOOK: READ, CADENCE: READ, ENROLMENT: READ,
    }),
    "sales_manager": ("below", {
        LEAD: OF_LEADS, OPPORTUNITY: OF_DEALS, QUOTE: OF_QUOTES, ORDER: OF_ORDERS,
        PLAN: READ, RECEIPT: READ, INVOICE: READ,
        PRODUCT: OF_SHEETS, BOOK: SET_UP, CADENCE: SET_UP, ENROLMENT: WORK,
    }),
    "salesperson": ("own", {
        LEAD: OF_LEADS, OPPORTUNITY: OF_DEALS, QUOTE: OF_QUOTES, ORDER: OF_QUOTES,
        PLAN: ["view", "add"], RECEIPT: ["view", "add"], INVOICE: ["view", "add"],
        PRODUCT: ["view", "export"], BOOK: READ, CADENCE: READ, ENROLMENT: WORK,
    }),
    "marketing_manager": ("all", {
        LEAD: [*WORK, "export", "import", "transfer", "comment"],
        OPPORTUNITY: READ, QUOTE: READ, PRODUCT: READ, CADENCE: READ,
    }),
    "marketing_member": ("own", {LEAD: [*WORK, "comment"], PRODUCT: READ}),
    "service_rep": ("all", {ORDER: READ, PRODUCT: READ}),
    "service_manager": ("all", {ORDER: READ, PRODUCT: READ}),
    "finance": ("deals", {
        ORDER: ["view", "export", "comment"],
        PLAN: OF_SHEETS, RECEIPT: [*OF_SHEETS, "confirm"], INVOICE: [*WORK, "export", "issue"],
        PRODUCT: ["view", "export"], BOOK: READ,
    }),
}  # fmt: skip

# What administrators set up, and which roles read it.
SALES = ("executive", "sales_manager", "salesperson", "marketing_manager")
EVERYBODY = tuple(slug for slug in POLICIES if slug != "admin")
SETTINGS = [
    (("sales.pipeline", "sales.stage"), (*SALES, "marketing_member")),
    (("sales.taxrate", "sales.numberrule", "sales.numbercounter", "sales.letterhead"), EVERYBODY),
    (
        (
            "sales.pool",
            "sales.recyclerule",
            "sales.assignmentgroup",
            "sales.assignmentmember",
            "sales.assignmentrule",
        ),
        SALES,
    ),
]
# How records came to and left a pool, and to whom leads were given.
TRACES = ("sales.poolstay", "sales.protection", "sales.leadassignment")


def grant(apps, schema_editor):
    for slug, (scope, kinds) in POLICIES.items():
        for kind, verbs in kinds.items():
            reach = "all" if kind in COMPANY_WIDE else scope
            parts = [part for part in PARTS.get(kind, ()) if part not in NOT_READ.get(slug, ())]
            seed_role(apps, slug, {kind: (verbs, reach)} | dict.fromkeys(parts, (READ, reach)))
        if CADENCE in kinds:
            seed_role(apps, slug, {"sales.cadencestep": (kinds[CADENCE], "all")})
    for models, readers in SETTINGS:
        seed_role(apps, "admin", dict.fromkeys(models, (SET_UP, "all")))
        for slug in readers:
            seed_role(apps, slug, dict.fromkeys(models, (READ, "all")))
    for slug in ("admin", *SALES):
        seed_role(apps, slug, dict.fromkeys(TRACES, (READ, "all")))
    for slug in ("admin", "marketing_manager"):
        seed_role(apps, slug, {"automation.suppression": (["view", "add", "delete"], "all")})


class Migration(migrations.Migration):
    replaces = [
        ("sales", "0003_policies"),
        ("sales", "0006_quote_policies"),
        ("sales", "0014_pool_policies"),
        ("sales", "0017_payment_policies"),
        ("sales", "0019_cadence_policies"),
        ("sales", "0021_invoice_policies"),
    ]
    dependencies = [("sales", "0005_approval_flows"), ("identity", "0002_roles")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
