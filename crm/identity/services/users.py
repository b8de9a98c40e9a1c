"""People: joining, changing, leaving."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.phone import PhoneError, normalise_phone
from crm.core.writes import RuleBroken, lock
from crm.events.actor import Actor
from crm.events.recording import record_event, recording
from crm.identity.events import (
    USER_CREATED,
    USER_DEACTIVATED,
    USER_PASSWORD_CHANGED,
    USER_REACTIVATED,
    USER_UPDATED,
)
from crm.identity.models import ApiToken, Role, Team, User
from crm.identity.services.roles import sync_team_grants
from crm.identity.services.sessions import end_sessions

PREFERENCES = ("language", "time_zone", "theme", "shortcuts")
EDITABLE = {"name", "email", "phone", "title", "role", "team", *PREFERENCES}


@transaction.atomic
def create_user(
    username: str,
    *,
    name: str,
    role: Role | None,
    team: Team | None = None,
    password: str | None = None,
    must_change_password: bool = False,
    actor: Actor,
    **values: object,
) -> User:
    """Let somebody sign in; without a password they need one set by an administrator or a reset by e-mail."""
    _works_in(team)
    username = username.strip()
    if User._base_manager.filter(username__iexact=username).exists():
        raise RuleBroken(_("This user name is taken."), field="username")
    user = User(username=username, name=name.strip() or username, role=role, team=team, **values)
    user.email = str(user.email or "").strip().lower()
    if user.email and User._base_manager.filter(email__iexact=user.email).exists():
        raise RuleBroken(_("This e-mail address is taken."), field="email")
    user.phone = _phone(user.phone)
    user.must_change_password = must_change_password
    if password:
        _validate(password, user)
        user.set_password(password)
    else:
        user.set_unusable_password()
    user.is_staff = bool(role and role.is_administrator)
    user.save()
    record_event(
        USER_CREATED, user, actor=actor, payload={"username": username, "role": role.slug if role else ""}
    )
    _follow_up(user)
    return user


@transaction.atomic
def update_user(user: User, *, actor: Actor, **values: object) -> User:
    """Change a person's name, contact data, role or team; their rights follow at once."""
    if unknown := set(values) - EDITABLE:
        raise TypeError(f"not changed here: {', '.join(sorted(unknown))}")
    _works_in(values.get("team"))
    user = lock(user)
    if "email" in values:
        values["email"] = str(values["email"] or "").strip().lower()
        if (
            values["email"]
            and User._base_manager.filter(email__iexact=values["email"]).exclude(pk=user.pk).exists()
        ):
            raise RuleBroken(_("This e-mail address is taken."), field="email")
    if "phone" in values:
        values["phone"] = _phone(values["phone"])
    if "role" in values and values["role"] != user.role:
        if actor.user_id == user.pk:
            raise RuleBroken(_("Another administrator has to change your own role."), field="role")
        keep_one_administrator(user, values["role"])
    with recording(USER_UPDATED, user, actor=actor):
        for field, value in values.items():
            setattr(user, field, value)
        if "role" in values:
            user.is_staff = bool(user.role and user.role.is_administrator)
        user.save()
    _follow_up(user)
    return user


@transaction.atomic
def change_preferences(user: User, *, actor: Actor, **values: object) -> User:
    """A person's own language, time zone, theme and shortcuts."""
    user = lock(user)
    with recording(USER_UPDATED, user, actor=actor):
        for field in PREFERENCES:
            if field in values:
                setattr(user, field, values[field])
        user.save()
    return user


@transaction.atomic
def set_password(
    user: User, password: str, *, must_change: bool = False, keep_session: str = "", actor: Actor
) -> None:
    """Set a new password; a person whose administrator set it chooses their own at the next sign-in.

    All sessions end but the one it was changed in.
    """
    user = lock(user)
    _validate(password, user)
    user.set_password(password)
    user.must_change_password = must_change
    user.save()
    record_event(USER_PASSWORD_CHANGED, user, actor=actor)
    end_sessions(user, keep=keep_session, actor=actor)


@transaction.atomic
def deactivate_user(user: User, *, successor: User | None = None, actor: Actor) -> User:
    """Somebody leaves: sessions and tokens end at once; their records move by the hand-over of the layers above."""
    user = lock(user)
    if actor.user_id == user.pk:
        raise RuleBroken(_("You cannot deactivate yourself."))
    keep_one_administrator(user, None)
    if successor is not None and (successor.pk == user.pk or not successor.is_active):
        raise RuleBroken(
            _("%(name)s has left. Choose somebody else.") % {"name": successor}, field="successor"
        )
    with recording(USER_DEACTIVATED, user, actor=actor, always=True):
        user.is_active = False
        user.left_at = timezone.now()
        user.successor = successor
        user.save()
    ApiToken._base_manager.filter(user=user, revoked_at__isnull=True).update(revoked_at=timezone.now())
    end_sessions(user, actor=actor)
    _follow_up(user)
    return user


@transaction.atomic
def reactivate_user(user: User, *, actor: Actor) -> User:
    """Somebody comes back; old tokens stay revoked."""
    user = lock(user)
    with recording(USER_REACTIVATED, user, actor=actor, always=True):
        user.is_active = True
        user.left_at = user.successor = None
        user.save()
    _follow_up(user)
    return user


def _follow_up(user: User) -> None:
    """Groups and team permissions follow role, team and whether the person is still here."""
    groups = [user.role.group] if user.role else []
    groups += [user.team.group] if user.team else []
    user.groups.set(groups if user.is_active else [])
    sync_team_grants([user])


def keep_one_administrator(user: User, new_role: object) -> None:
    """Refuse to take the administrator's role from the last active person who has it."""
    if not (user.role and user.role.is_administrator) or getattr(new_role, "is_administrator", False):
        return
    # The rows of the roles are the lock: two administrators who remove each other come one after the other.
    list(Role._base_manager.select_for_update().filter(is_administrator=True).order_by("pk"))
    others = User._base_manager.filter(is_active=True, role__is_administrator=True).exclude(pk=user.pk)
    if not others.exists():
        raise RuleBroken(_("Somebody has to stay administrator."), field="role")


def _phone(text: object) -> str:
    """A number as it is kept everywhere, so that people are found by it."""
    if not str(text or "").strip():
        return ""
    try:
        return normalise_phone(text)
    except PhoneError as error:
        raise RuleBroken(str(error), field="phone") from error


def _validate(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise RuleBroken(" ".join(error.messages), field="password") from error


def _works_in(team: object) -> None:
    """People work in departments; who may claim from a pool is its member."""
    if isinstance(team, Team) and team.is_pool:
        raise RuleBroken(_("Nobody works in a pool. Choose a team."), field="team")
