"""What the assignment of leads reads: rules, groups with their people, and who serves the same customer already."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import models
from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import Contact, Customer
from crm.core.text import fold
from crm.identity.models import Cover, User
from crm.records.models import Industry, Region
from crm.records.queries import business_calendar
from crm.records.rules.calendar import Calendar
from sales.models import AssignmentGroup, AssignmentMember, AssignmentRule, Lead
from sales.models.lead import OPEN
from sales.rules import assignment as rules
from sales.rules.assignment import Conditions, Member, Traits

SAME_CUSTOMER, FALLBACK = "same_customer", "fallback"


@dataclass
class Desk:
    """Everything a batch of leads is shared out by, read once: rules in order, groups, and how the people stand."""

    rules: list[AssignmentRule]
    groups: dict[int, AssignmentGroup]
    people: dict[int, list[AssignmentMember]]
    members: dict[int, dict[int, Member]] = field(default_factory=dict)
    open: dict[int, int] = field(default_factory=dict)
    calendar: Calendar | None = None
    now: datetime.datetime = field(default_factory=timezone.now)

    @property
    def users(self) -> dict[int, User]:
        """Everybody of the groups, those for when nobody is free included, by id."""
        found = {one.user_id: one.user for members in self.people.values() for one in members}
        return found | {one.fallback_id: one.fallback for one in self.groups.values() if one.fallback_id}  # type: ignore[dict-item]

    def standing(self, group_id: int) -> list[Member]:
        """The people of a group in their order, as they stand after what was given out so far."""
        return [replace(member, open=self.open.get(key, 0)) for key, member in self.members[group_id].items()]

    def rule_for(self, traits: Traits) -> AssignmentRule | None:
        """The first rule whose conditions a lead meets."""
        return next((rule for rule in self.rules if not rules.unmet(conditions_of(rule), traits)), None)


def rule_list() -> models.QuerySet[AssignmentRule]:
    """The rules in the order in which they are asked."""
    return AssignmentRule.objects.select_related("group").order_by("position", "pk")


def group_list() -> models.QuerySet[AssignmentGroup]:
    """The groups with how many people and rules they have."""
    counted = AssignmentGroup.objects.annotate(
        people=Count("members", distinct=True), rules_count=Count("rules", distinct=True)
    )
    return counted.order_by("name", "pk")


def the_desk(*, locked: bool) -> Desk:
    """Read the desk; with `locked` nobody else shares out until the transaction ends."""
    groups = AssignmentGroup._base_manager.select_related("fallback__team", "pool__team")
    held = groups.select_for_update(of=("self",)) if locked else groups
    desk = Desk(
        rules=list(AssignmentRule._base_manager.filter(is_active=True).order_by("position", "pk")),
        groups={one.pk: one for one in held.order_by("pk")},
        people=defaultdict(list),
        calendar=business_calendar(),
    )
    rows = AssignmentMember._base_manager.select_related("user__team").order_by("group", "position", "pk")
    for one in rows:
        desk.people[one.group_id].append(one)
    away = set(Cover.objects.running().values_list("user_id", flat=True))
    loads = Lead._base_manager.filter(OPEN, owner__in=desk.users).order_by().values_list("owner_id")
    desk.open = dict(loads.annotate(n=Count("pk")))
    for pk, group in desk.groups.items():
        desk.members[pk] = {one.user_id: _member(one, group, desk, away) for one in desk.people[pk]}
    return desk


def _member(one: AssignmentMember, group: AssignmentGroup, desk: Desk, away: set[int]) -> Member:
    return Member(
        key=one.user_id,
        cap=one.cap,
        weight=one.weight,
        current=one.current,
        last_assigned_at=one.last_assigned_at,
        territories=frozenset(one.territories),
        skills=one.skills,
        hindrance=_hindrance(one, group, desk, away),
    )


def _hindrance(one: AssignmentMember, group: AssignmentGroup, desk: Desk, away: set[int]) -> str:
    if not one.user.is_active:
        return rules.INACTIVE
    if one.user_id in away:
        return rules.ABSENT
    if group.workdays_only and desk.calendar is not None and not _working(desk.calendar, desk.now):
        return rules.OFF_SHIFT
    clock = timezone.localtime(desk.now, timezone.get_default_timezone()).time()
    return rules.OFF_SHIFT if rules.off_shift(clock, one.shift_from, one.shift_to) else ""


def _working(calendar: Calendar, now: datetime.datetime) -> bool:
    local = now.astimezone(calendar.zone)
    minute = local.hour * 60 + local.minute
    return any(span.start <= minute < span.end for span in calendar.hours_on(local.date()))


def conditions_of(rule: AssignmentRule) -> Conditions:
    """What a rule asks, as the arithmetic takes it."""
    return Conditions(
        sources=rule.sources,
        regions=rule.regions,
        industries=rule.industries,
        size_from=rule.size_from,
        size_to=rule.size_to,
        products=rule.products,
        languages=rule.languages,
    )


def traits_of(lead: Lead) -> Traits:
    """What rules look at in a lead, whose region and industry were read with those they lie in."""
    return Traits(
        source=lead.source,
        regions=_with_wider(lead.region),
        industries=_with_wider(lead.industry),
        size=lead.size,
        text=fold(" ".join([lead.need, lead.campaign, lead.channel])),
        language=rules.language_of(f"{lead.name}{lead.company}{lead.need}"),
    )


def _with_wider(place: Any) -> tuple[str, ...]:
    codes = []
    while place is not None:
        codes.append(place.pk)
        place = place.parent
    return tuple(codes)


def waiting_leads() -> models.QuerySet[Lead]:
    """Open leads that nobody owns and that lie in no pool: the rules have not seen them yet."""
    return Lead._base_manager.filter(OPEN, owner__isnull=True).exclude(team__kind="pool")


def owners_of_same(leads: Sequence[Lead]) -> dict[int, User]:
    """For leads of people or companies that are customers already, the customer's owner: they go on serving them.

    By the same number or address of the customer or one of its contacts, or the same company in the same region.
    """
    phones, emails = {one.phone_key for one in leads} - {""}, {one.email for one in leads} - {""}
    cores = {one.company_core for one in leads} - {""}
    owned = Q(owner__isnull=False, owner__is_active=True)
    people = Contact.objects.filter(
        Q(phone_key__in=phones) | Q(email__in=emails), customer__owner__is_active=True
    ).order_by("pk")
    by_phone: dict[str, int] = {}
    by_email: dict[str, int] = {}
    for phone, email, owner in people.values_list("phone_key", "email", "customer__owner_id"):
        by_phone.setdefault(phone, owner)
        by_email.setdefault(email, owner)
    same = Q(phone_key__in=phones) | Q(email__in=emails) | Q(company_core__in=cores)
    by_core: dict[tuple[str, str], int] = {}
    columns = ("phone_key", "email", "company_core", "company_region", "owner_id")
    for phone, email, core, region, owner in (
        Customer.objects.filter(owned, same).order_by("pk").values_list(*columns)
    ):
        by_phone.setdefault(phone, owner)
        by_email.setdefault(email, owner)
        by_core.setdefault((core, region), owner)
    found: dict[int, int] = {}
    for lead in leads:
        owner = (
            (lead.phone_key and by_phone.get(lead.phone_key))
            or (lead.email and by_email.get(lead.email))
            or (lead.company_core and by_core.get((lead.company_core, lead.company_region)))
        )
        if owner:
            found[lead.pk] = owner
    users = _people(found.values())
    return {pk: users[owner] for pk, owner in found.items()}


def _people(ids: Iterable[int]) -> dict[int, User]:
    return User._base_manager.select_related("team").in_bulk(set(ids))


def places_text(codes: list[str]) -> str:
    """Regions and industries by their names."""
    names = dict(Region._base_manager.filter(pk__in=codes).values_list("pk", "name"))
    names |= dict(Industry._base_manager.filter(pk__in=codes).values_list("pk", "name"))
    return ", ".join(str(names.get(code, code)) for code in codes)
