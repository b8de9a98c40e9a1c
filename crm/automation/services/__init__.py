"""Every write of notifications, preferences, group robots, and mail that leaves and comes in."""

from crm.automation.services.digests import send_digests
from crm.automation.services.inbox import fetch_mail, receive, reply_address
from crm.automation.services.keys import rehash_suppressions, reseal_robots
from crm.automation.services.mail import enqueue, hold_back, resend, send_pending, sweep_uncertain
from crm.automation.services.notifications import mark_all_read, mark_read, mark_unread, notify
from crm.automation.services.preferences import save_preferences, save_rhythm
from crm.automation.services.robots import (
    delete_robot,
    retry_message,
    save_robot,
    send_messages,
    try_robot,
)
from crm.automation.services.suppressions import allow_again, opt_out_url, read_opt_out, suppress
from crm.automation.services.unsubscribing import read_token, unsubscribe

__all__ = [
    "allow_again",
    "delete_robot",
    "enqueue",
    "fetch_mail",
    "hold_back",
    "mark_all_read",
    "mark_read",
    "mark_unread",
    "notify",
    "opt_out_url",
    "read_opt_out",
    "read_token",
    "receive",
    "rehash_suppressions",
    "reply_address",
    "reseal_robots",
    "resend",
    "retry_message",
    "save_preferences",
    "save_rhythm",
    "save_robot",
    "send_digests",
    "send_messages",
    "send_pending",
    "suppress",
    "sweep_uncertain",
    "try_robot",
    "unsubscribe",
]
