"""Every write of notifications, preferences and outgoing mail."""

from crm.automation.services.mail import enqueue, resend, send_pending, sweep_uncertain
from crm.automation.services.notifications import mark_all_read, mark_read, mark_unread, notify
from crm.automation.services.preferences import save_preferences

__all__ = [
    "enqueue",
    "mark_all_read",
    "mark_read",
    "mark_unread",
    "notify",
    "resend",
    "save_preferences",
    "send_pending",
    "sweep_uncertain",
]
