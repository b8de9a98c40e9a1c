"""The rows of the console's lists, with what their columns read; scope, filters and order come from the list page."""

from django.db.models import Count, Q, QuerySet

from crm.events.models import Event
from crm.identity.models import Role, Team, User
from crm.records.models import Tag


def user_list() -> QuerySet[User]:
    """Everybody, with what their row shows; the list narrows it to what the viewer may see."""
    return User._base_manager.select_related("role", "team")


def team_list() -> QuerySet[Team]:
    """Every team with the number of people who still work in it."""
    people = Count("members", filter=Q(members__is_active=True))
    return Team._base_manager.select_related("parent", "leader").annotate(people=people)


def role_list() -> QuerySet[Role]:
    """Every role."""
    return Role._base_manager.all()


def tag_list() -> QuerySet[Tag]:
    """Every tag, those no longer in use too."""
    return Tag._base_manager.all()


def event_list() -> QuerySet[Event]:
    """The whole event log."""
    return Event._base_manager.all()
