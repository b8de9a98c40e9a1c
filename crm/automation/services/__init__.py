"""Every write of notifications, preferences, group robots and outgoing mail."""

from crm.automation.services.digests import send_digests
from crm.automation.services.mail import enqueue, resend, send_pending, sweep_uncertain
from crm.automation.services.notifications import mark_all_read, mark_read, mark_unread, notify
from crm.automation.services.preferences import save_preferences, save_rhythm
from crm.automation.services.robots import (
    delete_robot,
    retry_message,
    save_robot,
    send_messages,
    try_robot,
)
from crm.automation.services.unsubscribing import read_token, unsubscribe

__all__ = [
    "delete_robot",
    "enqueue",
    "mark_all_read",
    "mark_read",
    "mark_unread",
    "notify",
    "read_token",
    "resend",
    "retry_message",
    "save_preferences",
    "save_rhythm",
    "save_robot",
    "send_digests",
    "send_messages",
    "send_pending",
    "sweep_uncertain",
    "try_robot",
    "unsubscribe",
]
