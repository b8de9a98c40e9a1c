"""Small parts of follow-ups for templates: marks, found words, headings of days, reason lines."""

import datetime
import re
from collections.abc import Iterable
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from accounts.activity_listing import KIND_ICONS
from accounts.models import Activity, ActivityKind, Customer
from accounts.rules.due import LATER_TODAY, NEXT_MONDAY, TOMORROW, later
from accounts.rules.followup import cadence_days, silent_since
from accounts.rules.mentions import pieces
from crm.core import formats
from crm.core.clock import company_today
from crm.core.masking import is_masked
from crm.core.templatetags.ui import icon
from crm.records.queries import business_calendar

register = template.Library()

EVENT_ICONS = {
    "customer.created": "sparkles",
    "customer.lifecycle_changed": "trending-up",
    "customer.first_deal_set": "coin",
    "customer.tagged": "tag",
    "customer.highlighted": "bulb",
    "customer.deleted": "trash",
    "customer.restored": "restore",
    "contact.created": "user-plus",
    "contact.linked": "link",
    "record.transferred": "arrows-exchange",
    "record.shared": "share",
    "record.unshared": "share",
}


@register.simple_tag
def kind_mark(kind: str) -> SafeString:
    """The coloured sign of a kind of follow-up."""
    return format_html(
        '<span class="kind kind-{}" title="{}">{}</span>',
        kind,
        kind_label(kind),
        icon(KIND_ICONS.get(kind, "note"), 16),
    )


@register.simple_tag
def kind_icon(kind: str, size: int = 16) -> SafeString:
    """The bare sign of a kind of follow-up."""
    return icon(KIND_ICONS.get(kind, "note"), size)


@register.filter
def kind_label(kind: str) -> str:
    """The name of a kind of follow-up."""
    return str(ActivityKind(kind).label) if kind in ActivityKind.values else kind


@register.filter
def composer_placeholder(kind: str) -> str:
    """What the empty composer asks for."""
    return {
        "note": _("Write it down: what happened, what they said, what comes next…"),
        "call": _("What did you talk about?"),
        "visit": _("Who was there, what was agreed?"),
        "email": _("What was written?"),
        "wechat": _("Paste the chat here; names and times are recognised"),
        "task": _("What is to be done?"),
    }.get(kind, "")


@register.simple_tag
def event_icon(event: object) -> SafeString:
    """The sign of an event in the timeline."""
    name = getattr(event, "name", "")
    if getattr(event, "origin", "") == "import":
        return icon("file-import", 16)
    if name.startswith("file."):
        return icon("paperclip", 16)
    return icon(EVENT_ICONS.get(name, "user-circle" if name.startswith("contact.") else "pencil"), 16)


@register.simple_tag
def marked(text: str, found: str = "", mentions: Iterable[str] = ()) -> SafeString:
    """A text with the words that were searched for marked in it, and its mentions of colleagues as chips."""
    shown = [
        format_html('<span class="mention">{}</span>', piece) if is_mention else _searched(piece, found)
        for piece, is_mention in pieces(text, mentions or ())
    ]
    return mark_safe("".join(shown))  # noqa: S308 - every piece is escaped above and below


def _searched(text: str, found: str) -> SafeString:
    if not found:
        return conditional_escape(text)
    parts = re.split(f"({re.escape(found)})", text, flags=re.IGNORECASE)
    shown = [
        format_html("<mark>{}</mark>", part) if index % 2 else conditional_escape(part)
        for index, part in enumerate(parts)
    ]
    return mark_safe("".join(shown))  # noqa: S308 - every piece is escaped above


@register.filter
def day_heading(day: datetime.date) -> str:
    """The line between the days of a timeline: 昨天 6/10, 6/3 周三."""
    near = formats.relative_day(day)
    short = formats.day(day)
    distance = abs((day - formats.local_today()).days)
    return f"{near} {short}" if distance <= 1 else short


@register.filter
def why_line(activity: Activity) -> str:
    """Why a follow-up is due: what was said last, else what the plan says, else with whom."""
    before = getattr(activity, "before", None)
    if before is not None:
        values = {
            "when": formats.relative_day(before.done_at),
            "kind": kind_label(before.kind),
            "text": before.headline if not before.body else " ".join(before.body.split())[:120],
        }
        return _("Last time %(when)s, %(kind)s: %(text)s") % values
    if activity.body and activity.subject:
        return " ".join(activity.body.split())[:120]
    if activity.contact is not None:
        return _("Contact: %(name)s") % {"name": activity.contact}
    return _("No follow-up yet") if activity.customer_id else ""


@register.filter
def silence(customer: Customer) -> str:
    """Why a customer counts as neglected: how long it has been silent against its cadence."""
    last = customer.last_valid_follow_up_at
    since = silent_since(formats.local_day(last) if last else None, customer.neglect_from)
    values = {"days": (company_today() - since).days, "cadence": cadence_days(customer.grade)}
    if last is None:
        return _("Never followed up, %(days)d days (due every %(cadence)d)") % values
    return _("%(days)d days quiet (due every %(cadence)d)") % values


@register.filter
def phone_of(activity: Activity) -> str:
    """The number to call for a follow-up: the contact's, else the main contact's, else the customer's."""
    for record in _reachable(activity):
        if record.phone and not is_masked(record.phone):
            return record.phone.split(" ext ")[0]
    return ""


@register.filter
def mail_of(activity: Activity) -> str:
    """The address to write to for a follow-up by e-mail; empty for other kinds."""
    found = (r.email for r in _reachable(activity) if r.email and not is_masked(r.email))
    return next(found, "") if activity.kind == ActivityKind.EMAIL else ""


def _reachable(activity: Activity) -> list[Any]:
    about = activity.record if hasattr(activity.record, "phone") else None
    records = (activity.contact, about, getattr(activity, "main_contact", None), activity.customer)
    return [record for record in records if record is not None]


@register.simple_tag(takes_context=True)
def later_choices(context: template.Context) -> list[tuple[str, str, str]]:
    """The usual times to put something off to, on days people work: (choice, when it is in words, sign)."""
    kept = context["request"].__dict__  # a page may hold many of these menus, but needs the calendar once
    if "later" not in kept:
        kept["later"] = later(timezone.now(), context.get("business_calendar") or business_calendar())
    signs = {LATER_TODAY: "clock", TOMORROW: "sun", NEXT_MONDAY: "calendar"}
    return [(choice, formats.moment(moment), signs[choice]) for choice, moment in kept["later"]]
