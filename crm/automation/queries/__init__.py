"""Reading the bell, the preferences, the mail outbox and the group robots."""

from crm.automation.queries.bell import (
    may_still_receive,
    notifications,
    preferences,
    rhythm,
    unread_count,
    ways,
)
from crm.automation.queries.suppressions import (
    hash_of,
    hashes_of,
    is_suppressed,
    suppression_list,
    suppression_of,
)

__all__ = [
    "hash_of",
    "hashes_of",
    "is_suppressed",
    "may_still_receive",
    "notifications",
    "preferences",
    "rhythm",
    "suppression_list",
    "suppression_of",
    "unread_count",
    "ways",
]
