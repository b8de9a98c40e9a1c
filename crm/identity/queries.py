"""Reading people, teams and the company."""

import time
from datetime import date
from functools import lru_cache

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Concat, JSONObject

from crm.core.clock import company_today
from crm.core.written import written
from crm.identity.models import Company, Cover, FieldRight, RolePolicy, Team, User
from crm.identity.models.grant import TEAM_GRANT, team_grants

_COMPANY_KEPT = 10.0  # seconds one process may show the previous name
_company: tuple[float, Company | None] = (0.0, None)


def company() -> Company:
    """The company as administrators named it, or as the environment did; remembered for some seconds."""
    global _company
    at, found = _company
    if found is None or time.monotonic() - at > _COMPANY_KEPT:
        found = Company._base_manager.filter(pk=1).first() or Company(name=settings.COMPANY_NAME)
        _company = (time.monotonic(), found)
    return found


def forget_company() -> None:
    """Read the company's name anew next time, after it changed."""
    global _company
    _company = (0.0, None)


def covers(user: User, *, of_everybody: bool = False) -> models.QuerySet[Cover]:
    """The covers somebody is part of, as the one away or as the one who covers, or all of them."""
    rows = Cover.objects.select_related("user", "by")
    return rows if of_everybody else rows.filter(models.Q(user=user) | models.Q(by=user))


def administrators() -> list[User]:
    """Whom people turn to, by name."""
    return list(User._base_manager.filter(is_active=True, role__is_administrator=True).order_by("name_sort"))


def descendants(team: Team) -> set[int]:
    """The ids of a team and of everything below it."""
    return _below([team.pk])


def _below(waiting: list[int]) -> set[int]:
    """These teams and everything below them."""
    children: dict[int | None, list[int]] = {}
    for pk, parent in Team._base_manager.values_list("pk", "parent_id"):
        children.setdefault(parent, []).append(pk)
    found: set[int] = set()
    while waiting:
        pk = waiting.pop()
        if pk not in found:
            found.add(pk)
            waiting += children.get(pk, [])
    return found


def team_paths() -> dict[int, str]:
    """Each team's place in the tree in words, such as `Sales / East / Group 1`."""
    rows = {
        pk: (name, parent) for pk, name, parent in Team._base_manager.values_list("pk", "name", "parent_id")
    }

    def path(pk: int, depth: int = 0) -> str:
        name, parent = rows[pk]
        return f"{path(parent, depth + 1)} / {name}" if parent in rows and depth < 50 else name

    return {pk: path(pk) for pk in rows}


def leads_a_team(user: User) -> bool:
    """Whether somebody is the leader of a team."""
    return Team._base_manager.filter(leader=user).exists()


def managers_above(user: User) -> list[User]:
    """The leaders of somebody's team and of the teams above it, nearest first; never the person or one who left."""
    above = team_ids_above(user)
    teams = Team._base_manager.filter(is_active=True, leader__is_active=True).exclude(leader=user)
    led = teams.select_related("leader__role").in_bulk(above)
    return list({led[pk].leader_id: led[pk].leader for pk in above if pk in led}.values())


def led_team_ids(user: User) -> set[int]:
    """The teams somebody leads, with everything below them."""
    led = list(Team._base_manager.filter(leader=user, is_active=True).values_list("pk", flat=True))
    return _below(led) if led else set()


def team_ids_above(user: User) -> list[int]:
    """Somebody's team and the teams above it, nearest first."""
    parents = dict(Team._base_manager.values_list("pk", "parent_id")) if user.team_id else {}
    found: list[int] = []
    pk = user.team_id
    while pk in parents and pk not in found:
        found.append(pk)
        pk = parents[pk]
    return found


def with_policies(people: models.QuerySet[User]) -> models.QuerySet[User]:
    """People together with what every page asks for: verbs, their roles' policies and field rights, teams, whom they cover for, whether they have a second factor, how new the custom fields are."""
    return people.annotate(**_held(company_today()))


@lru_cache(maxsize=1)
def _held(today: date) -> dict[str, RawSQL]:
    """What comes with each person, written once a day: every request asks it, and writing it takes longer than asking."""
    policies = RolePolicy._base_manager.filter(role=models.OuterRef("role")).values(
        one=JSONObject(model="model", verbs="verbs", scope="scope")
    )
    fields = FieldRight._base_manager.filter(role=models.OuterRef("role")).values(
        one=JSONObject(model="model", field="field", level="level")
    )
    # Each way by itself: one condition for both would have the database look at every permission there is.
    verbs = [
        ArraySubquery(
            rows.order_by().values(one=Concat("content_type__app_label", models.Value("."), "codename"))
        )
        for way in ("group__user", "user")
        for rows in [Permission._base_manager.filter(**{way: models.OuterRef("pk")})]
    ]
    teams = [
        ArraySubquery(rows.values(one=JSONObject(source="source", **TEAM_GRANT)))
        for rows in team_grants(models.OuterRef("pk"))
    ]
    covers = Cover.objects.running(today).filter(by=models.OuterRef("pk")).order_by()
    version = Company._base_manager.filter(pk=1).values("fields_version")
    factors = Authenticator.objects.filter(user=models.OuterRef("pk")).exclude(type="recovery_codes")
    return written(
        User._base_manager.annotate(
            held_verbs=models.Func(*verbs, function="array_cat", output_field=ArrayField(models.TextField())),
            held_teams=models.Func(*teams, function="array_cat", output_field=ArrayField(models.JSONField())),
            held_policies=ArraySubquery(policies),
            held_fields=ArraySubquery(fields),
            held_covers=ArraySubquery(covers.values(one=JSONObject(id="user_id", name="user__name"))),
            fields_version=Coalesce(models.Subquery(version), 0),
            has_second_factor=models.Exists(factors),
        )
    )


def holding(verb: str, model: type[models.Model]) -> models.QuerySet[User]:
    """People who are here and whose role has a verb for a kind of record, whichever rows it reaches."""
    label = model._meta.label_lower
    return User._base_manager.filter(
        is_active=True, role__policies__model=label, role__policies__verbs__contains=[verb]
    )
