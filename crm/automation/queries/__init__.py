"""Reading the bell, the preferences, the mail outbox and the group robots."""

from crm.automation.queries.bell import (
    may_still_receive,
    notifications,
    preferences,
    rhythm,
    unread_count,
    ways,
)

__all__ = ["may_still_receive", "notifications", "preferences", "rhythm", "unread_count", "ways"]
