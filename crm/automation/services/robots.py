"""Robots in group chats: who they tell of what, and how their messages leave."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.automation import kinds
from crm.automation.connectors import CONNECTORS, Outcome
from crm.automation.events import (
    ROBOT_CREATED,
    ROBOT_DELETED,
    ROBOT_MESSAGE_RETRIED,
    ROBOT_TESTED,
    ROBOT_UPDATED,
)
from crm.automation.models import GroupRobot, RobotMessage
from crm.automation.queries import robots as queries
from crm.core import egress, sealing
from crm.core.writes import RuleBroken, check_version, lock, save_versioned
from crm.events.actor import Actor
from crm.events.recording import record_event, recording
from crm.identity.models import Team, User

log = structlog.get_logger(__name__)

PURPOSE = "group robot"
State = RobotMessage.State
LEASE = datetime.timedelta(minutes=1)  # far longer than a call may take
GATHER = datetime.timedelta(minutes=1)  # news that may come in numbers waits for the others
BUSY_FOR = datetime.timedelta(minutes=1)  # the group chats count messages by the minute
MAX_ATTEMPTS = 6
WRITTEN = (
    "name",
    "kind",
    "team",
    "news",
    "shows_names",
    "language",
    "is_active",
    "hint",
    "sealed_address",
    "sealed_secret",
)
TELLS = ("actor", "person", "due_at", "all_day")  # of the particulars of news; texts people wrote never leave


# --- Robots -------------------------------------------------------------------------------------------------------


@transaction.atomic
def save_robot(
    robot: GroupRobot | None,
    *,
    name: str,
    kind: str,
    team: Team | None,
    news: Iterable[str],
    shows_names: bool = False,
    language: str = "",
    is_active: bool = True,
    address: str = "",
    secret: str = "",
    by: User,
    actor: Actor,
    expected: int | None = None,
) -> GroupRobot:
    """Make a robot or change one; without a new address or secret the sealed ones stay."""
    created = robot is None
    robot = GroupRobot() if robot is None else lock(robot)
    check_version(robot, expected)
    if not queries.may_manage(by, team) or not (created or queries.may_manage(by, robot.team)):
        raise RuleBroken(_("Choose a team you lead."), field="team")
    if kind not in CONNECTORS:
        raise RuleBroken(_("Choose one of the values offered."), field="kind")
    if not address and (created or kind != robot.kind):
        raise RuleBroken(_("Enter the address the group chat shows for the robot."), field="address")
    known = {one.key for one in kinds.for_groups()}
    with recording(ROBOT_CREATED if created else ROBOT_UPDATED, robot, actor=actor, always=created) as draft:
        robot.name, robot.kind, robot.team = name.strip(), kind, team
        robot.news = sorted(known.intersection(news))
        robot.shows_names, robot.language, robot.is_active = shows_names, language, is_active
        if address:
            robot.hint = _checked(address)
            robot.sealed_address = sealing.seal(address.strip(), PURPOSE)
        if not CONNECTORS[kind].SIGNS:
            robot.sealed_secret = ""
        elif secret:
            robot.sealed_secret = sealing.seal(secret.strip(), PURPOSE)
        if not created and (address or secret):
            draft.payload["replaced"] = [
                name for name, given in (("address", address), ("secret", secret)) if given
            ]
        if created:
            robot.save()
        else:
            save_versioned(robot, WRITTEN)
    return robot


def _checked(address: str) -> str:
    """The machine of an address we may call; whether it is a public one shows when it is called."""
    try:
        return egress.check(address.strip()).hostname or ""
    except egress.Refused as error:
        raise RuleBroken(_("Enter the whole address; it begins with https://."), field="address") from error


@transaction.atomic
def delete_robot(robot: GroupRobot, *, actor: Actor, expected: int | None = None) -> None:
    """Take a robot away, with the messages that wait for it."""
    robot = lock(robot)
    check_version(robot, expected)
    record_event(ROBOT_DELETED, robot, actor=actor, payload={"name": robot.name})
    robot.delete()


def try_robot(robot: GroupRobot, *, actor: Actor) -> bool:
    """Say one sentence in the group, now; whether it arrived, never what the other side answered."""
    with translation.override(_language(robot)):
        text = _("Yuanke can speak in this group: %(name)s") % {"name": robot.name}
    outcome, reason = _call(robot, text)
    record_event(ROBOT_TESTED, robot, actor=actor, payload={"result": str(outcome)})
    log.info("robot_tested", robot_id=robot.pk, outcome=str(outcome), reason=reason)
    return outcome == Outcome.DELIVERED


# --- News for groups ----------------------------------------------------------------------------------------------


def announce(
    kind: kinds.Kind,
    people: Iterable[User],
    *,
    params: Mapping[str, Any],
    about: models.Model | None,
    url: str,
    dedupe: str,
    gather: bool = False,
) -> int:
    """Write down what the robots of these people's teams have to say; returns how many messages are new."""
    if not kind.group:
        return 0
    made = 0
    people = list(people)
    for robot in queries.telling(kind.key):
        for person in people:
            if not queries.covers(robot, person):
                continue
            told = {name: params[name] for name in TELLS if name in params} | {"person": str(person)}
            if robot.shows_names:
                told["record"] = str(params.get("record", ""))
            made += _keep(
                robot, kind, told, about, url, f"{robot.pk}:{kind.key}:{dedupe}:{person.pk}", gather
            )
    if made and not gather:
        transaction.on_commit(_wake)
    return made


def _keep(
    robot: GroupRobot,
    kind: kinds.Kind,
    params: dict[str, Any],
    about: models.Model | None,
    url: str,
    key: str,
    gather: bool,
) -> int:
    message, created = RobotMessage._base_manager.get_or_create(
        dedupe_key=key,
        defaults={
            "robot": robot,
            "kind": kind.key,
            "params": params,
            "url": url,
            "about_type": about._meta.label_lower if about is not None else "",
            "about_id": about.pk if about is not None else None,
            "next_at": timezone.now() + (GATHER if gather else datetime.timedelta(0)),
        },
    )
    if not created and gather:
        RobotMessage._base_manager.filter(pk=message.pk, state=State.PENDING).update(count=F("count") + 1)
    return int(created)


# --- Sending ------------------------------------------------------------------------------------------------------


def send_messages(limit: int = 60) -> int:
    """Send what waits for the groups, oldest first; returns how many rows were taken. Safe to run side by side."""
    _release()
    taken = 0
    while taken < limit:
        message = _claim()
        if message is None:
            break
        if message.state == State.SENDING:
            _send(message)
        taken += 1
    return taken


def _release() -> None:
    """Messages whose sender vanished half-way wait again: rather twice than never, but not for ever."""
    left = RobotMessage._base_manager.filter(state=State.SENDING, lease_until__lt=timezone.now())
    left.filter(attempts__gte=MAX_ATTEMPTS).update(
        state=State.FAILED, lease_until=None, error="the sender stopped half-way"
    )
    left.update(state=State.PENDING, lease_until=None)


@transaction.atomic
def _claim() -> RobotMessage | None:
    """Take one waiting message under a lease; committed before anything is sent."""
    now = timezone.now()
    message = (
        RobotMessage._base_manager.select_for_update(skip_locked=True, of=("self",))
        .filter(state=State.PENDING, next_at__lte=now)
        .select_related("robot")
        .order_by("next_at", "pk")
        .first()
    )
    if message is None:
        return None
    if not message.robot.is_active or not queries.still_there(message):
        message.state = State.DROPPED
        message.save(update_fields=["state"])
        return message
    message.state, message.attempts, message.lease_until = State.SENDING, message.attempts + 1, now + LEASE
    message.save(update_fields=["state", "attempts", "lease_until"])
    return message


def _send(message: RobotMessage) -> None:
    robot = message.robot
    with translation.override(_language(robot)), timezone.override(timezone.get_default_timezone()):
        text = text_of(message)
    outcome, reason = _call(robot, text)
    now = timezone.now()
    if outcome == Outcome.DELIVERED:
        _held(message).update(state=State.SENT, sent_at=now, lease_until=None, error="")
        GroupRobot._base_manager.filter(pk=robot.pk).update(sent_at=now)
        return
    log.warning("robot_message_not_sent", message_id=message.pk, robot_id=robot.pk, reason=reason)
    if outcome == Outcome.REFUSED or (outcome == Outcome.LATER and message.attempts >= MAX_ATTEMPTS):
        _held(message).update(state=State.FAILED, lease_until=None, error=reason)
        return
    busy = outcome == Outcome.BUSY
    wait = BUSY_FOR if busy else datetime.timedelta(seconds=30 * 4 ** (message.attempts - 1))
    attempts = message.attempts - 1 if busy else message.attempts
    _held(message).update(
        state=State.PENDING, next_at=now + wait, lease_until=None, error=reason, attempts=attempts
    )
    # The others for this group would fare no better: one group that does not answer must not hold up the rest.
    waiting = RobotMessage._base_manager.filter(robot=robot, state=State.PENDING)
    waiting.update(next_at=Greatest(F("next_at"), models.Value(now + wait)))


def _held(message: RobotMessage) -> models.QuerySet[RobotMessage]:
    """The row, as long as this attempt still holds it."""
    return RobotMessage._base_manager.filter(pk=message.pk, state=State.SENDING, attempts=message.attempts)


def _call(robot: GroupRobot, text: str) -> tuple[Outcome, str]:
    """Speak in the group; how it went and, in our own words, why not."""
    connector = CONNECTORS[robot.kind]
    try:
        address = sealing.unseal(robot.sealed_address, PURPOSE)
        secret = sealing.unseal(robot.sealed_secret, PURPOSE)
        url, payload = connector.call(address, secret, text, timezone.now())
        outcome = connector.read(egress.post_json(url, payload))
    except sealing.CannotOpen:
        return Outcome.REFUSED, "the address was sealed with another secret key: enter it again"
    except egress.Refused as error:
        return Outcome.REFUSED, f"the address is not one we call: {error}"
    except egress.EgressError as error:
        return Outcome.LATER, str(error)
    return outcome, {
        Outcome.DELIVERED: "",
        Outcome.BUSY: "too many messages in a minute",
        Outcome.LATER: "the group chat has trouble of its own",
        Outcome.REFUSED: "the group chat refused it: check address, secret, keywords and allowed addresses",
    }[outcome]


def text_of(message: RobotMessage) -> str:
    """What the group reads: the news, the customer where the robot may name it, and where to look."""
    lines = [kinds.group_text(message.kind, message.params, message.count)]
    name = message.params.get("record", "")
    if name and message.robot.shows_names and message.count == 1:
        lines.append(_("Customer: %(name)s") % {"name": " ".join(name.split())})
    if message.url:
        lines.append(f"{settings.BASE_URL}{message.url}")
    return "\n".join(lines)


@transaction.atomic
def retry_message(message: RobotMessage, *, actor: Actor) -> RobotMessage:
    """An administrator decides that a message that was given up goes out again."""
    message = RobotMessage._base_manager.select_for_update(of=("self",)).get(pk=message.pk)
    if message.state != State.FAILED:
        raise RuleBroken(_("Only failed messages can be sent again."))
    message.state, message.next_at, message.attempts = State.PENDING, timezone.now(), 0
    message.save(update_fields=["state", "next_at", "attempts"])
    record_event(ROBOT_MESSAGE_RETRIED, message.robot, actor=actor)
    transaction.on_commit(_wake)
    return message


def _language(robot: GroupRobot) -> str:
    return robot.language or settings.LANGUAGE_CODE


def _wake() -> None:
    from crm.automation.tasks import send_robot_messages
    from crm.events.tasks import wake

    wake(send_robot_messages)
