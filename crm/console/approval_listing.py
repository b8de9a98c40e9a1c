"""The list of all approvals somebody may see, and how a list's columns show them."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from crm.approvals import queries
from crm.approvals.models import ApprovalFlow, ApprovalRequest
from crm.approvals.queries import kinds_there_are
from crm.core.templatetags.ui import badge
from crm.identity.models import User
from crm.listing.columns import Date, Html, Link, Look, Money, Person, Text
from crm.listing.declare import Empty, ListPage, View
from crm.listing.filters import Choices, Filters, Flag, PeriodFilter, Records

TONES = {"pending": "warn", "approved": "ok", "rejected": "bad", "returned": "vio", "withdrawn": ""}
CASES = ("waiting", "mine", "decided", "copied")


class ApprovalFilters(Filters):
    """Approvals by kind, state, who submitted them and when, and by what one has to do with them."""

    kind = Choices(label=_("What is approved"), choices=kinds_there_are)
    state = Choices(label=_("State"), choices=ApprovalRequest.State.choices)
    submitter = Records(model=User, label=_("Submitted by"))
    submitted_at = PeriodFilter(label=_("Submitted"))
    decided_at = PeriodFilter(label=_("Decided"))
    box = django_filters.ChoiceFilter(
        label=_("Mine"),
        method="of_box",
        choices=[
            ("waiting", _("Waiting for me")),
            ("mine", _("Submitted by me")),
            ("decided", _("Decided by me")),
            ("copied", _("Copied to me")),
        ],
    )

    def of_box(self, rows: QuerySet[ApprovalRequest], name: str, value: str) -> QuerySet[ApprovalRequest]:
        return rows.filter(pk__in=box(self.user, value).order_by().values("pk"))

    class Meta:
        model = ApprovalRequest
        fields: list[str] = []


def box(user: User, name: str) -> QuerySet[ApprovalRequest]:
    """One of the four boxes of somebody's approvals."""
    return {
        "waiting": queries.waiting_for,
        "mine": queries.submitted_by,
        "decided": queries.decided_by,
        "copied": queries.copied_to,
    }[name](user)


def state_badge(request: ApprovalRequest, look: Look | None = None) -> Any:
    return badge(request.get_state_display(), TONES.get(request.state, ""))


def kind_badge(request: ApprovalRequest, look: Look | None = None) -> Any:
    return badge(request.kind_label, request.approvable.tone if request.approvable else "")


def _counted(number: str, exact: int) -> str:
    return ngettext("%(n)s approval", "%(n)s approvals", exact) % {"n": number}


APPROVALS = ListPage(
    model=ApprovalRequest,
    name="approval",
    queryset=queries.requests,
    title=_("All approvals"),
    filters=ApprovalFilters,
    search=("title", "summary"),
    columns=[
        Link("title", label=_("About"), value=lambda one: one.shown_title),
        Html("kind", label=_("What"), render=kind_badge, value=lambda one: one.kind_label, card="meta"),
        Text("summary", label=_("In short"), value=lambda one: one.shown_summary, card="subtitle"),
        Money("amount", sort="amount"),
        Person("submitter", label=_("Submitted by")),
        Html(
            "state",
            label=_("State"),
            render=state_badge,
            value=lambda one: one.get_state_display(),
            card="right",
        ),
        Date("submitted_at", sort="submitted_at"),
        Date("decided_at"),
        Text("flow_name", label=_("Flow"), value=lambda one: one.shown_flow, shown=False),
    ],
    views=[
        View("pending", pgettext_lazy("approval", "Pending"), {"state": "pending"}, icon="clock"),
        View("waiting", _("Waiting for me"), {"box": "waiting"}, icon="clipboard-check"),
        View("mine", _("Submitted by me"), {"box": "mine"}, icon="send"),
    ],
    default_sort="-submitted_at",
    icon="clipboard-check",
    count_words=_counted,
    search_hint=_("Search approvals"),
    empty=Empty(_("No approvals yet"), _("What somebody submits for approval appears here.")),
    remote_choices=False,
)


class FlowFilters(Filters):
    """Flows by what they are for and whether they are in use."""

    kind = Choices(label=_("What is approved"), choices=kinds_there_are)
    is_active = Flag(label=_("In use"))

    class Meta:
        model = ApprovalFlow
        fields: list[str] = []


APPROVAL_FLOWS = ListPage(
    model=ApprovalFlow,
    queryset=queries.flows,
    title=_("Approval flows"),
    filters=FlowFilters,
    search=("name",),
    columns=[Link("name", value=str, sort="name"), Text("kind", sort="kind")],
    default_sort="id",
    exportable=False,
    in_search=False,
)


def words_of_wait(seconds: float) -> str:
    """How long something has waited: 等了 3 小时."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return gettext("Just now")
    if minutes < 60:
        return ngettext("Waiting %(n)d minute", "Waiting %(n)d minutes", minutes) % {"n": minutes}
    if minutes < 60 * 24:
        n = minutes // 60
        return ngettext("Waiting %(n)d hour", "Waiting %(n)d hours", n) % {"n": n}
    n = minutes // (60 * 24)
    return ngettext("Waiting %(n)d day", "Waiting %(n)d days", n) % {"n": n}
