"""Reading follow-ups; whose rows they are is decided by `crm.identity.access`."""

import datetime

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Replace
from django.utils import timezone

from accounts.models import Activity, Contact, Customer
from accounts.models.activity import DONE, OPEN
from accounts.rules.due import company_zone
from crm.identity.access import has_verb, scope_of, team_ids_of, visible
from crm.identity.fields import may_edit, shield
from crm.identity.models import Scope, User


def content_type_of(model: type[models.Model]) -> int:
    """How follow-ups name the kind of record they are about."""
    return ContentType.objects.get_for_model(model).pk


def activity_list() -> models.QuerySet[Activity]:
    """Follow-ups outside the bin with what lists and the API read; plans that a record closed stand behind it."""
    rows = Activity.objects.filter(closed_by__isnull=True)
    return rows.select_related("customer", "contact", "owner", "author", "team")


def activity_record() -> models.QuerySet[Activity]:
    """Follow-ups with what their rows and partials read."""
    rows = Activity.objects.select_related("customer", "contact", "owner", "author", "next_activity")
    return rows.prefetch_related("record")


def activity_bin() -> models.QuerySet[Activity]:
    """Follow-ups in the bin, with what their answer reads."""
    return Activity.objects.binned().select_related("customer", "owner")


def midnight(days: int = 0) -> datetime.datetime:
    """The beginning of today (or of a day from today) in the company's zone."""
    zone = company_zone()
    day = timezone.now().astimezone(zone).date() + datetime.timedelta(days=days)
    return datetime.datetime.combine(day, datetime.time(0), zone)


def overdue_q() -> Q:
    """Open follow-ups whose time has passed: a date only when that day is over."""
    return OPEN & (Q(all_day=False, due_at__lt=timezone.now()) | Q(all_day=True, due_at__lt=midnight()))


def due_today_q() -> Q:
    """Open follow-ups that fall due today and are not late yet."""
    today = Q(due_at__gte=midnight(), due_at__lt=midnight(1))
    return OPEN & today & (Q(all_day=True) | Q(due_at__gte=timezone.now()))


def last_done(user: User, customer_ids: list[int]) -> dict[int, Activity]:
    """For each customer the last follow-up the user may see: the reason line of a row."""
    done = visible(Activity, user).filter(DONE, closed_by__isnull=True, customer__in=customer_ids)
    rows = done.order_by("customer", "-done_at", "-pk").distinct("customer")
    return {a.customer_id: a for a in rows}


def main_contacts(user: User, customer_ids: list[int]) -> dict[int, Contact]:
    """For each customer the main contact, if the user may see it: whom to call when a plan names nobody."""
    rows = visible(Contact, user).filter(customer__in=customer_ids, is_primary=True)
    return {c.customer_id: c for c in rows}


def dress(user: User, rows: list[Activity]) -> list[Activity]:
    """Give rows of a follow-up list what they show beside themselves: the last follow-up, and whom to call."""
    ids = [a.customer_id for a in rows if a.customer_id]
    before = last_done(user, ids) if ids else {}
    people = main_contacts(user, ids) if ids else {}
    for row in rows:
        row.before = before.get(row.customer_id)
        row.main_contact = people.get(row.customer_id)
    shield(user, [*rows, *before.values(), *people.values()])
    return rows


def contacts_of(customer: Customer | None, user: User) -> models.QuerySet[Contact]:
    """The people of a customer, main contact first, as far as the user sees them; nobody without a customer."""
    if customer is None:
        return Contact.objects.none()
    rows = visible(Contact, user).filter(Q(customer=customer) | Q(links__customer=customer))
    return rows.distinct().order_by("-is_primary", "name_sort", "pk")


def reads_others(user: User) -> bool:
    """Whether the user's role reads what others wrote about the customers it sees (a service desk's does not)."""
    return has_verb(user, "view", Activity) and scope_of(Activity, user) != Scope.ASSIGNED


def may_write(user: User) -> bool:
    """Whether somebody may put down what happened: the verb, and the right to write the text."""
    return has_verb(user, "add", Activity) and may_edit(user, Activity, "body")


def may_write_for(user: User, owner: User) -> bool:
    """Whether somebody may put a follow-up down in a colleague's name: their own, or their team's lead's right."""
    if owner.pk == user.pk or scope_of(Activity, user) == Scope.ALL:
        return True
    return owner.team_id in team_ids_of(user, Activity, "change")


def colleagues(user: User, text: str, limit: int = 8) -> list[User]:
    """Active colleagues by what was typed after an @: part of the name, the user name, pinyin or its first letters."""
    rows = visible(User, user).filter(is_active=True).exclude(pk=user.pk)
    if text:
        typed = text.casefold()
        rows = rows.annotate(spelled=Replace("name_sort", Value(" "), Value("")))
        matches = Q(name__icontains=text) | Q(username__istartswith=text) | Q(name_sort__istartswith=text)
        matches |= Q(spelled__startswith=typed)
        if typed.isascii() and typed.isalpha() and len(typed) > 1:  # lxw: each letter begins a syllable
            matches |= Q(name_sort__regex="^" + " ".join(f"{letter}[a-z]*" for letter in typed))
        rows = rows.filter(matches)
    return list(rows.order_by("name_sort", "pk")[:limit])
