"""Reading for the console's pages and for the frame around every page."""

from crm.console.queries.fields import field_list, section_list
from crm.console.queries.first_run import Step, first_run_steps
from crm.console.queries.frame import company_name, pinned_views, records_at_hand
from crm.console.queries.lists import event_list, role_list, tag_list, team_list, user_list
from crm.console.queries.organisation import (
    TeamNode,
    customer_counts,
    customer_scope,
    grants_by_hand,
    held_kinds,
    members_of,
    preview,
    reach_of,
    scope_cards,
    team_tree,
)
from crm.console.queries.tags import tags_with_use
from crm.console.queries.welcome import Greeting, greeting_for

__all__ = [
    "Greeting",
    "Step",
    "TeamNode",
    "company_name",
    "customer_counts",
    "customer_scope",
    "event_list",
    "field_list",
    "first_run_steps",
    "grants_by_hand",
    "greeting_for",
    "held_kinds",
    "members_of",
    "pinned_views",
    "preview",
    "reach_of",
    "records_at_hand",
    "role_list",
    "scope_cards",
    "section_list",
    "tag_list",
    "tags_with_use",
    "team_list",
    "team_tree",
    "user_list",
]
