"""Departments and people out of a sheet: checked row by row first, written all at once after a confirmation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.core.email import EmailError, normalise_email
from crm.core.phone import PhoneError, normalise_phone, read_phone
from crm.core.text import tidy
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.identity import services
from crm.identity.models import Role, Team, User
from crm.listing.importing.mapping import Target, propose
from crm.listing.importing.reading import UnreadableFile, inspect_file, read_rows
from crm.listing.importing.tables import find_table

MOST_PEOPLE = 2000
YES = {"是", "yes", "y", "true", "1", "√", "✓", "主管", "负责人", "leader"}
SEPARATORS = re.compile(r"\s*(?:/|／|>|＞|\\|→|»)\s*")
USERNAME = re.compile(r"[\w.@+-]{1,150}\Z")

TARGETS = (
    Target("name", ("姓名", "名字", "员工姓名", "成员", "name", "full name"), required=True),
    Target(
        "username", ("用户名", "账号", "帐号", "登录名", "工号", "username", "user name", "account", "login")
    ),
    Target("phone", ("手机", "手机号", "手机号码", "电话", "联系电话", "phone", "mobile")),
    Target("email", ("邮箱", "电子邮箱", "电子邮件", "邮件", "email", "e-mail", "mail")),
    Target("team", ("部门", "所属部门", "部门路径", "组织", "团队", "department", "team", "department path")),
    Target("role", ("角色", "权限", "role")),
    Target("leader", ("是否主管", "部门主管", "主管", "负责人", "部门负责人", "leader", "is leader")),
    Target("title", ("职务", "职位", "岗位", "title", "job title", "position")),
)


@dataclass
class PersonRow:
    """One row of the sheet: what it says, whom it means, what is wrong with it."""

    number: int
    values: dict[str, str]
    user: User | None = None
    role: Role | None = None
    path: tuple[str, ...] = ()
    username: str = ""
    leader: bool = False
    errors: list[str] = field(default_factory=list)
    changes: bool = True

    @property
    def state(self) -> str:
        if self.errors:
            return "error"
        if self.user is None:
            return "new"
        return "update" if self.changes else "same"


@dataclass
class Check:
    """What a sheet would do."""

    rows: list[PersonRow]
    teams: list[str]
    missing: list[str] = field(default_factory=list)

    def count(self, state: str) -> int:
        return sum(row.state == state for row in self.rows)

    @property
    def created(self) -> int:
        return self.count("new")

    @property
    def updated(self) -> int:
        return self.count("update")

    @property
    def unchanged(self) -> int:
        return self.count("same")

    @property
    def failed(self) -> int:
        return self.count("error")

    @property
    def wrong(self) -> list[PersonRow]:
        return [row for row in self.rows if row.errors]

    @property
    def ready(self) -> bool:
        return bool(self.created or self.updated or self.teams)


def read_people(path: str) -> list[tuple[int, dict[str, str]]]:
    """The rows of the first sheet with a table as field values; RuleBroken says why a file cannot be read."""
    vocabulary = {key for target in TARGETS for key in target.keys}
    try:
        inspection = inspect_file(path)
        sheet = next((one for one in inspection.sheets if one.rows and not one.hidden), inspection.sheets[0])
        table = find_table(sheet, vocabulary)
        if table is None:
            raise UnreadableFile("empty")
        proposals = propose(table.columns, TARGETS)
        places = {
            p.field: column.index for p, column in zip(proposals, table.columns, strict=True) if p.field
        }
        if "name" not in places:
            raise RuleBroken(
                _("There is no column for the names. Download the template and keep its first row."),
                field="file",
            )
        found = []
        source = read_rows(
            path, sheet=sheet.name, encoding=inspection.encoding, delimiter=inspection.delimiter
        )
        for row in source:
            if row.number <= table.header_row:
                continue
            values = {
                name: tidy(row.cells[index]) if index < len(row.cells) else ""
                for name, index in places.items()
            }
            if any(values.values()):
                found.append((row.number, values))
            if len(found) > MOST_PEOPLE:
                raise RuleBroken(
                    _("The sheet has more than %(most)d people. Split it.") % {"most": MOST_PEOPLE},
                    field="file",
                )
    except UnreadableFile as error:
        raise RuleBroken(str(error), code=error.code, field="file") from error
    return found


def check_people(rows: Sequence[tuple[int, dict[str, str]]]) -> Check:
    """Decide for every row whom it means and what is wrong with it; nothing is written."""
    people = list(User._base_manager.select_related("role", "team"))
    known = _Known(people)
    paths = _team_paths()
    result = [_check(number, values, known) for number, values in rows]
    _find_repeats(result)
    missing: dict[str, None] = {}
    for row in result:
        if row.errors:
            continue
        for depth in range(1, len(row.path) + 1):
            if row.path[:depth] not in paths:
                missing[" / ".join(row.path[:depth])] = None
        row.changes = _changes(row, paths)
    return Check(result, list(missing))


@transaction.atomic
def import_people(check: Check, *, actor: Actor) -> dict[str, int]:
    """Write every row that is right: departments first, then people, then leaders. Rows with errors stay out.

    New people have no password: they sign in after an administrator has set one, or by the link for a forgotten one.
    """
    paths = _team_paths()
    counts = {"teams": 0, "created": 0, "updated": 0}
    for text in check.teams:
        path = tuple(text.split(" / "))
        parent = paths.get(path[:-1])
        paths[path] = services.create_team(path[-1], parent=parent, actor=actor)
        counts["teams"] += 1
    leaders: dict[int, tuple[Team, User]] = {}
    for row in check.rows:
        if row.errors or row.state == "same":
            continue
        team = paths.get(row.path) if row.path else None
        user = _write(row, team, actor)
        counts["updated" if row.user else "created"] += 1
        if row.leader and team is not None:
            leaders[team.pk] = (team, user)
    for team, user in leaders.values():
        team.refresh_from_db()
        if team.leader_id != user.pk:
            services.update_team(team, leader=user, actor=actor)
    return counts


def _write(row: PersonRow, team: Team | None, actor: Actor) -> User:
    values: dict[str, Any] = {
        name: row.values[name] for name in ("phone", "email", "title") if row.values.get(name)
    }
    try:
        if row.user is None:
            return services.create_user(
                row.username, name=row.values["name"], role=row.role, team=team, actor=actor, **values
            )
        values["name"] = row.values["name"]
        if team is not None:
            values["team"] = team
        if row.role is not None:
            values["role"] = row.role
        return services.change_person(row.user, actor=actor, **values)
    except RuleBroken as error:
        raise RuleBroken(_("Row %(number)d: %(reason)s") % {"number": row.number, "reason": error}) from error


class _Known:
    """People by what a row may name them with, roles by code and names."""

    def __init__(self, people: list[User]) -> None:
        self.by_username = {user.username.casefold(): user for user in people}
        self.by_email = {user.email.casefold(): user for user in people if user.email}
        self.by_phone = {_number(user.phone): user for user in people if user.phone}
        self.roles: dict[str, Role] = {}
        for role in Role._base_manager.all():
            for key in (role.slug, role.name_en, role.name_zh):
                self.roles[key.casefold()] = role


def _number(text: str) -> str:
    phone = read_phone(text)
    return normalise_phone(text) if phone else text


def _check(number: int, values: dict[str, str], known: _Known) -> PersonRow:
    row = PersonRow(number, dict(values))
    if not values.get("name"):
        row.errors.append(_("The name is missing."))
    phone, email = values.get("phone", ""), values.get("email", "").lower()
    if phone:
        try:
            row.values["phone"] = normalise_phone(phone)
        except PhoneError as error:
            row.errors.append(f"{phone}: {error}")
    if email:
        try:
            row.values["email"] = normalise_email(email)
        except EmailError as error:
            row.errors.append(f"{email}: {error}")
    if values.get("role"):
        row.role = known.roles.get(values["role"].casefold())
        if row.role is None:
            row.errors.append(_("There is no role “%(role)s”.") % {"role": values["role"]})
    row.path = tuple(filter(None, SEPARATORS.split(values.get("team", ""))))
    if any(len(part) > 100 for part in row.path):
        row.errors.append(_("The name of the department is too long."))
    row.leader = values.get("leader", "").casefold() in YES
    row.user = _whom(row, known)
    row.username = values.get("username", "") or re.sub(r"\D", "", phone)[-11:] or email.partition("@")[0]
    if row.user is None:
        if not row.username:
            row.errors.append(
                _("A user name, a mobile number or an e-mail address is needed for signing in.")
            )
        elif not USERNAME.match(row.username):
            row.errors.append(_("“%(name)s” cannot be a user name.") % {"name": row.username})
        elif row.username.casefold() in known.by_username:
            row.errors.append(_("The user name %(name)s is taken.") % {"name": row.username})
        if row.role is None and not values.get("role"):
            row.errors.append(_("The role is missing."))
    elif not row.user.is_active:
        row.errors.append(_("%(name)s has left. Let them in again first.") % {"name": row.user})
    other = known.by_email.get(email) if email else None
    if other is not None and other != row.user:
        row.errors.append(_("The e-mail address belongs to %(name)s.") % {"name": other})
    return row


def _whom(row: PersonRow, known: _Known) -> User | None:
    username = row.values.get("username", "").casefold()
    if username:
        return known.by_username.get(username)
    return known.by_email.get(row.values.get("email", "").casefold()) or known.by_phone.get(
        row.values.get("phone", "?")
    )


def _find_repeats(rows: list[PersonRow]) -> None:
    for name, key in (
        (_("user name"), lambda row: row.username.casefold()),
        (_("e-mail address"), lambda row: row.values.get("email", "").casefold()),
    ):
        seen: dict[str, int] = {}
        for row in rows:
            value = key(row)
            if not value or row.errors:
                continue
            if value in seen:
                row.errors.append(
                    _("The same %(what)s as in row %(number)d.") % {"what": name, "number": seen[value]}
                )
            else:
                seen[value] = row.number


def _team_paths() -> dict[tuple[str, ...], Team]:
    teams = {team.pk: team for team in Team.objects.departments()}

    def path(team: Team) -> tuple[str, ...]:
        parent = teams.get(team.parent_id or 0)
        return (*(path(parent) if parent else ()), team.name)

    return {path(team): team for team in teams.values()}


def _changes(row: PersonRow, paths: dict[tuple[str, ...], Team]) -> bool:
    if row.user is None:
        return True
    team = paths.get(row.path)
    if row.path and (team is None or team.pk != row.user.team_id):
        return True
    if row.leader and team is not None and team.leader_id != row.user.pk:
        return True
    if row.role is not None and row.role.pk != row.user.role_id:
        return True
    return any(
        row.values.get(name) and row.values[name] != getattr(row.user, name)
        for name in ("name", "phone", "email", "title")
    )
