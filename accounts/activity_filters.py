"""What the list of follow-ups can be narrowed by."""

from typing import Any

import django_filters
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.models import Activity, ActivityKind, Contact, Customer, Outcome
from accounts.models.activity import OPEN
from accounts.models.followed import Followed, followed_models
from accounts.queries.activities import due_today_q, overdue_q
from crm.identity.access import has_verb
from crm.identity.models import Team, User
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


class AboutFilter(Records):
    """What a follow-up is about beside its customer: one or more records of one kind."""

    def __init__(self, *, model: type[Followed], **kwargs: Any) -> None:
        super().__init__(model=model, field_name="record_id", **kwargs)
        self.followed = model

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        if not value:
            return qs
        kind = ContentType.objects.get_for_model(self.followed)
        return qs.filter(record_type=kind, record_id__in=[one.pk for one in value])


class ActivityFilters(Filters):
    """Filters of follow-ups; those by what one is about are offered to whoever sees such records."""

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

    @classmethod
    def barred(cls, user: User) -> set[str]:
        about = {n: one for n, one in cls.base_filters.items() if isinstance(one, AboutFilter)}
        return super().barred(user) | {
            n for n, one in about.items() if not has_verb(user, "view", one.followed)
        }


def add_record_filters() -> None:
    """Let follow-ups be narrowed by what they are about; called once Django has read all models."""
    for model in followed_models():
        name = model._meta.model_name or ""
        made = AboutFilter(model=model, label=_name_of(model))
        ActivityFilters.base_filters[name] = made


_name_of = lazy(lambda model: capfirst(str(model._meta.verbose_name)), str)
