"""Every write to customers, contacts and follow-ups: the app's public API."""

from accounts.services.activities import (
    MOST_TEXT,
    Logged,
    NextStep,
    cancel,
    complete,
    log_follow_up,
    plan_follow_up,
    reschedule,
)
from accounts.services.activity_bulk import NewActivity, create_activities, hand_over_open, plan_many
from accounts.services.activity_changes import (
    delete_activity,
    pin,
    restore_activity,
    undo,
    update_activity,
)
from accounts.services.activity_news import share_with_mentioned, unreached
from accounts.services.carrying import carry_follow_ups, take_back_follow_ups
from accounts.services.contacts import (
    create_contact,
    delete_contact,
    link_contact,
    restore_contact,
    set_primary,
    unlink_contact,
    update_contact,
)
from accounts.services.customers import (
    Created,
    create_customer,
    delete_customer,
    restore_customer,
    set_first_deal,
    update_customer,
)
from accounts.services.duplicate_scan import decide_pair, scan_duplicates
from accounts.services.duplicates import DuplicatesFound, Guard
from accounts.services.highlights import set_highlights
from accounts.services.life_reviews import review_life_cycles
from accounts.services.lifecycle import change_lifecycle
from accounts.services.merging import CHOSEN as MERGE_FIELDS
from accounts.services.merging import default_picks, merge_customers, undo_merge
from accounts.services.ownership import transfer_customers
from accounts.services.purging import purge_bin
from accounts.services.tagging import remove_expired_tags, set_tags, tag_customers

__all__ = [
    "MERGE_FIELDS",
    "MOST_TEXT",
    "Created",
    "DuplicatesFound",
    "Guard",
    "Logged",
    "NewActivity",
    "NextStep",
    "cancel",
    "carry_follow_ups",
    "change_lifecycle",
    "complete",
    "create_activities",
    "create_contact",
    "create_customer",
    "decide_pair",
    "default_picks",
    "delete_activity",
    "delete_contact",
    "delete_customer",
    "hand_over_open",
    "link_contact",
    "log_follow_up",
    "merge_customers",
    "pin",
    "plan_follow_up",
    "plan_many",
    "purge_bin",
    "remove_expired_tags",
    "reschedule",
    "restore_activity",
    "restore_contact",
    "restore_customer",
    "review_life_cycles",
    "scan_duplicates",
    "set_first_deal",
    "set_highlights",
    "set_primary",
    "set_tags",
    "share_with_mentioned",
    "tag_customers",
    "take_back_follow_ups",
    "transfer_customers",
    "undo",
    "undo_merge",
    "unlink_contact",
    "unreached",
    "update_activity",
    "update_contact",
    "update_customer",
]
