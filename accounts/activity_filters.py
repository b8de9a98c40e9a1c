"""What the list of follow-ups can be narrowed by."""

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Activity, ActivityKind, Contact, Customer, Outcome
from accounts.models.activity import OPEN
from accounts.queries.activities import due_today_q, overdue_q
from crm.identity.models import Team
from crm.listing.filters import Between, Choices, Filters, OwnerFilter, PeriodFilter, Records, Words

DUE = (
    "overdue", "today", "tomorrow", "this_week", "next_3_workdays", "next_5_workdays", "next_7", "next_14", "next_30",
    "none",
)  # fmt: skip
PAST = (
    "today", "yesterday", "last_3_workdays", "last_5_workdays", "last_7", "last_30", "last_90", "this_week",
    "this_month", "none", "any",
)  # fmt: skip
WRITTEN = PAST[:-2]


class StateFilter(django_filters.ChoiceFilter):
    """Open, late, due today or done."""

    STATES = [
        ("open", _("Open")),
        ("overdue", _("Overdue")),
        ("today", _("Due today")),
        ("done", _("Done")),
        ("cancelled", _("Cancelled")),
    ]

    def __init__(self, **kwargs: object) -> None:
        super().__init__(choices=self.STATES, **kwargs)

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        conditions = {
            "open": OPEN,
            "overdue": overdue_q(),
            "today": due_today_q(),
            "done": Q(done_at__isnull=False),
            "cancelled": Q(cancelled_at__isnull=False),
        }
        return qs.filter(conditions[value]) if value in conditions else qs


class ActivityFilters(Filters):
    """Filters of follow-ups."""

    state = StateFilter(label=_("State"))
    kind = Choices(choices=ActivityKind.choices, label=_("Kind"))
    owner = OwnerFilter()
    author = OwnerFilter(label=_("Written by"))
    team = Records(model=Team, label=_("Team"))
    customer = Records(model=Customer, label=_("Customer"))
    contact = Records(model=Contact, label=_("Contact"))
    outcome = Choices(choices=Outcome.choices, label=_("Outcome"))
    due_at = PeriodFilter(names=DUE, label=_("Due"), all_day="all_day")
    done_at = PeriodFilter(names=PAST, label=_("Done"))
    next_follow_up_at = PeriodFilter(names=(*DUE, "any"), label=_("Next follow-up"))
    subject = Words(searched=True, label=_("Subject"))
    body = Words(label=_("Text"))
    postponed = Between(label=_("Put off"))
    duration_minutes = Between(label=_("Minutes"))
    created_at = PeriodFilter(names=WRITTEN, label=_("Created"))
    updated_at = PeriodFilter(names=WRITTEN, label=_("Changed"))

    class Meta:
        model = Activity
        fields: list[str] = []
