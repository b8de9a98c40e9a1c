"""The list of follow-ups."""

import datetime

from django.db.models import Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import services
from accounts.activity_filters import ActivityFilters
from accounts.models import Activity, Customer
from accounts.queries.activities import activity_list
from accounts.resources import ActivityResource
from accounts.rules.due import at_day
from crm.core import formats
from crm.core.templatetags.ui import badge, icon
from crm.events.actor import Actor
from crm.listing.bulk import Delete
from crm.listing.columns import Badge, Date, Html, Link, Look, Number, Person, Related, Text
from crm.listing.declare import Empty, ListPage, View
from crm.listing.palette import Found

KIND_ICONS = {
    "call": "phone-call",
    "visit": "map-pin",
    "meeting": "users",
    "email": "mail",
    "wechat": "brand-wechat",
    "sms": "message-2",
    "note": "note",
    "task": "checkbox",
}


def _kind(activity: Activity, look: Look) -> SafeString:
    return format_html(
        '<span class="row">{} {}</span>',
        icon(KIND_ICONS.get(activity.kind, "note"), 16),
        activity.get_kind_display(),
    )


def _due(activity: Activity, look: Look) -> SafeString | str:
    if activity.due_at is None:
        return ""
    css = "overdue" if activity.is_overdue else ""
    text = formats.due_moment(activity.due_at, all_day=activity.all_day, today=look.today)
    if not activity.is_open:
        text = formats.relative_day(activity.due_at, look.today)
    exact = formats.exact(formats.local_day(activity.due_at) if activity.all_day else activity.due_at)
    return format_html(
        '<time class="{}" datetime="{}" title="{}">{}</time>', css, activity.due_at.isoformat(), exact, text
    )


def _state(activity: Activity, look: Look) -> SafeString:
    if activity.done_at:
        return badge(_("Done"), "ok")
    if activity.cancelled_at:
        return badge(_("Cancelled"))
    return badge(_("Overdue"), "bad") if activity.is_overdue else badge(_("Open"), "brand")


def _state_word(activity: Activity) -> str:
    if activity.done_at:
        return str(_("Done"))
    return str(_("Cancelled") if activity.cancelled_at else _("Open"))


def plan_follow_ups(
    customers: list[Customer], *, date: datetime.date, kind: str, subject: str, actor: Actor
) -> list[int]:
    """The bulk verb of the customer list: the same follow-up with each, for its owner."""
    return services.plan_many(customers, actor=actor, due_at=at_day(date), kind=kind, subject=subject)


def _counted(number: str, exact: int) -> str:
    return ngettext("%(number)s follow-up", "%(number)s follow-ups", exact) % {"number": number}


ACTIVITIES = ListPage(
    model=Activity,
    queryset=activity_list,
    title=_("Follow-ups"),
    icon="checkbox",
    count_words=_counted,
    filters=ActivityFilters,
    columns=[
        Link("headline", label=_("Follow-up")),
        Html("kind", label=_("Kind"), render=_kind, value=lambda a: str(a.get_kind_display()), card="badge"),
        Related("customer", card="subtitle"),
        Html("due_at", label=_("Due"), render=_due, sort="due_at", value=lambda a: a.due_at, card="right"),
        Html("state", label=_("State"), render=_state, value=_state_word, card="corner"),
        Date("done_at", label=_("Done"), sort=True),
        Badge("outcome", shown=False),
        Person("owner", card="meta"),
        Person("author", label=_("Written by"), shown=False),
        Text("contact", shown=False),
        Text("body", label=_("Text"), shown=False, css="cell-cut"),
        Date("next_follow_up_at", shown=False),
        Number("postponed", label=_("Put off"), shown=False),
        Number("duration_minutes", shown=False),
        Date("created_at", label=_("Created"), shown=False, sort=True),
        Date("updated_at", label=_("Changed"), shown=False, sort=True),
    ],
    default_sort="-updated_at",
    views=[
        View("mine", _("Mine"), {"owner": "me", "state": "open"}, sort="due_at", icon="user"),
        View("overdue", _("Overdue"), {"state": "overdue"}, sort="due_at", icon="alert-circle"),
        View("today", _("Due today"), {"state": "today"}, sort="due_at", icon="calendar-due"),
        View("done", _("Done"), {"state": "done"}, sort="-done_at", icon="circle-check"),
    ],
    bulk=[Delete(services.delete_activity, services.restore_activity)],
    resource=ActivityResource,
    new="activity_create",
    new_label=_("New task"),
    empty=Empty(
        title=_("No follow-ups yet"),
        text=_("Open a customer and write what was said; it appears here."),
        label=_("Show customers"),
        url_name="customer_list",
    ),
    search_note="customer.name",
    palette=Found(
        Coalesce(NullIf("subject", Value("")), "body"), "customer__name", reads=("subject", "body")
    ),
)
