"""The part of the table of routes that is about pools and the assignment of leads."""

from crm.tests.routing import Route, change, listing, page
from crm.tests.world import ADMIN, LEADERS, READERS, SALES

# Who works with leads or customers and may look into pools; which records those are: test_pool_pages.
POOL_READERS = SALES | {"exec", "marketing1"}
POOLS = {
    "pool": Route(POOL_READERS),
    **listing("pool_lead", LEADERS),
    **listing("pool_customer", READERS),
    "lead_claim": Route(elsewhere="members of a pool, records in it: test_pool_pages"),
    "customer_claim": Route(elsewhere="members of a pool, records in it: test_pool_pages"),
    "lead_return": page("lead", SALES | {"exec", "marketing1"}, reading=False, verb="transfer"),
    "customer_return": page("customer", SALES | {"exec"}, reading=False, verb="transfer"),
    **{
        f"{kind}_{name}": Route(elsewhere="for whoever leads the owner: test_pool_pages")
        for kind in ("lead", "customer")
        for name in ("protect", "lock")
    },
    **{
        f"api-{kind}-pool-{name}": Route(elsewhere="records in a pool, its members: test_pool_pages")
        for kind in ("leads", "customers")
        for name in ("claim", "return-to-pool")
    },
    "api-leads-pool-assign": change("lead", SALES | {"exec", "marketing1"}, verb="transfer"),
    **{
        name: Route(ADMIN, method="post") if name.endswith("_add") else Route(ADMIN)
        for name in ("pools", "pools_add", "assignment", "assignment_try", "assignment_group_add")
    },
    "assignment_rule_add": Route(ADMIN, method="post"),
    **{
        name: Route(elsewhere="for administrators, one pool or rule: test_pool_settings_pages")
        for name in (
            "pools_edit",
            "pools_delete",
            "pools_rule",
            "pools_rule_add",
            "pools_rule_edit",
            "pools_rule_switch",
            "pools_rule_delete",
            "assignment_rule_edit",
            "assignment_rule_move",
            "assignment_rule_delete",
            "assignment_group_edit",
            "assignment_group_delete",
        )
    },
    "lead_accept": Route(elsewhere="only after an assignment: test_pool_settings_pages"),
    "api-leads-pool-accept": Route(elsewhere="only after an assignment: test_assignment_services"),
}
