"""What the lists of people, teams and events can be narrowed by."""

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from crm.console.event_words import ORIGINS
from crm.events.catalogue import CATALOGUE
from crm.events.models import Event
from crm.identity.models import Role, Team, User
from crm.listing.exporting.watermark import key_of as export_key
from crm.listing.filters import Choices, Filters, Flag, PeriodFilter, Records
from crm.records.models import CustomField, RecordSection


class FieldFilters(Filters):
    """Custom fields by the kind of record, and whether they are in use."""

    model = django_filters.CharFilter(label=_("Kind of record"))
    key = django_filters.CharFilter(label=_("Key"))
    archived = Flag(label=_("Archived"), condition=lambda user: Q(archived_at__isnull=False))

    class Meta:
        model = CustomField
        fields: list[str] = []


class SectionFilters(Filters):
    """Sections by the kind of record."""

    model = django_filters.CharFilter(label=_("Kind of record"))

    class Meta:
        model = RecordSection
        fields: list[str] = []


class UserFilters(Filters):
    """People by what an administrator looks for."""

    me = Flag(label=_("Myself"), method="only_me")
    team = Records(model=Team, label=_("Team"))
    role = Records(model=Role, label=_("Role"))
    is_active = Flag(label=_("Active"))
    username = django_filters.CharFilter(lookup_expr="iexact", label=_("User name"))

    def only_me(self, rows: QuerySet[User], name: str, value: object) -> QuerySet[User]:
        return rows.filter(pk=self.user.pk) if value in (True, "true", "1") else rows.exclude(pk=self.user.pk)

    class Meta:
        model = User
        fields: list[str] = []


class TeamFilters(Filters):
    """Teams by place and state."""

    kind = Choices(choices=Team.Kind.choices, label=_("Kind"))
    parent = Records(model=Team, label=_("Belongs to"))
    is_active = Flag(label=_("Active"))

    class Meta:
        model = Team
        fields: list[str] = []


class EventFilters(Filters):
    """The audit log by what, who, when and to which record."""

    name = django_filters.ChoiceFilter(
        label=_("What"),
        choices=lambda: sorted(((e.name, str(e.title)) for e in CATALOGUE.values()), key=lambda c: c[1]),
    )
    actor = Records(model=User, label=_("Who"), method="by_actor")
    at = PeriodFilter(label=_("When"))
    subject = django_filters.CharFilter(label=_("Record"), method="by_subject")
    origin = django_filters.ChoiceFilter(
        label=_("Through"),
        choices=[*ORIGINS.items()],
    )

    number = django_filters.CharFilter(label=_("Export number"), method="by_number")

    def by_number(self, rows: QuerySet[Event], name: str, value: str) -> QuerySet[Event]:
        return rows.filter(about__contains=[export_key(value)])

    def by_actor(self, rows: QuerySet[Event], name: str, value: list[User]) -> QuerySet[Event]:
        ids = [str(user.pk) for user in value]
        return rows.filter(actor_kind="user", actor_id__in=ids) if ids else rows

    def by_subject(self, rows: QuerySet[Event], name: str, value: str) -> QuerySet[Event]:
        return rows.filter(about__contains=[value.strip().lower()])

    class Meta:
        model = Event
        fields: list[str] = []
