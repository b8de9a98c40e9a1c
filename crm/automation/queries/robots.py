"""Reading group robots: whose they are, and which of them tell a group of something."""

from django.apps import apps
from django.db.models import Count, Q, QuerySet

from crm.automation.models import GroupRobot, RobotMessage
from crm.identity.access import is_administrator
from crm.identity.models import Team, User
from crm.identity.queries import led_team_ids, team_ids_above


def robots(user: User) -> QuerySet[GroupRobot]:
    """The robots somebody manages: all of them, or those of the teams one leads; each with its failures."""
    rows = GroupRobot.objects.select_related("team")
    if not is_administrator(user):
        rows = rows.filter(team__in=led_team_ids(user))
    failed = Count("messages", filter=Q(messages__state=RobotMessage.State.FAILED))
    return rows.annotate(failed=failed)


def teams(user: User) -> QuerySet[Team]:
    """The teams for which somebody may make a robot."""
    rows = Team.objects.departments().filter(is_active=True)
    return rows if is_administrator(user) else rows.filter(pk__in=led_team_ids(user))


def manages(user: User) -> bool:
    """Whether somebody manages any robots: as an administrator, or as the leader of a team."""
    return is_administrator(user) or teams(user).exists()


def may_manage(user: User, team: Team | None) -> bool:
    """Whether somebody may make and change robots that tell of a team, or (None) of the whole company."""
    return is_administrator(user) or (team is not None and team.pk in led_team_ids(user))


def telling(kind: str) -> list[GroupRobot]:
    """The robots that are switched on and tell of a kind of news."""
    return list(GroupRobot._base_manager.filter(is_active=True, news__contains=[kind]))


def covers(robot: GroupRobot, person: User) -> bool:
    """Whether the robot tells of what concerns a person: of everybody, or of its team and the teams below it."""
    return robot.team_id is None or robot.team_id in team_ids_above(person)


def still_there(message: RobotMessage) -> bool:
    """Whether what a message is about is still there, outside the bin."""
    if not message.about_type:
        return True
    try:
        model = apps.get_model(message.about_type)
    except LookupError:
        return False
    return model._default_manager.filter(pk=message.about_id).exists()
