"""guardian's permission rows, kept in tables of their own with real foreign keys.

Rows on teams say who works with a team's records. Rows on a record (declared beside the record) are the explicit
grants: a collaborator, a temporary cover, a share with a team.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase


class TeamUserGrant(UserObjectPermissionBase):
    """One person's permission on one team's records; those that follow from the role are renewed by themselves."""

    class Source(models.TextChoices):
        ROLE = "role", _("From the role")
        LEADER = "leader", _("As the team's leader")
        MANUAL = "manual", _("Given by hand")
        POOL = "pool", _("As a member of the pool")

    content_object = models.ForeignKey("identity.Team", models.CASCADE, related_name="user_grants")
    source = models.CharField(_("source"), max_length=6, choices=Source.choices, default=Source.MANUAL)

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = _("team permission")
        verbose_name_plural = _("team permissions")


class TeamGroupGrant(GroupObjectPermissionBase):
    """A whole role's or team's permission on another team's records."""

    content_object = models.ForeignKey("identity.Team", models.CASCADE, related_name="group_grants")

    class Meta(GroupObjectPermissionBase.Meta):
        verbose_name = _("team permission of a group")
        verbose_name_plural = _("team permissions of groups")


TEAM_GRANT = {
    "verb": models.F("permission__codename"),
    "team": models.F("content_object_id"),
    "kind": models.F("content_object__kind"),
}
"""What is read of the rows of `team_grants`, beside their `source`."""


def team_grants(person: Any) -> tuple[models.QuerySet[Any], models.QuerySet[Any]]:
    """The permissions a person (an id, or the OuterRef of one) has on teams: their own, and those of their groups."""
    direct = TeamUserGrant._base_manager.filter(user=person)
    by_group = TeamGroupGrant._base_manager.filter(group__user=person)
    return direct, by_group.annotate(source=models.Value("group"))


class Expiring(models.Model):
    """A grant somebody made, for a time or until withdrawn."""

    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    granted_at = models.DateTimeField(default=timezone.now, editable=False)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )

    class Meta:
        abstract = True


class RecordUserGrant(Expiring, UserObjectPermissionBase):
    """Abstract: one record shared with one person; the concrete class adds `content_object`."""

    class Meta(UserObjectPermissionBase.Meta):
        abstract = True


class RecordGroupGrant(Expiring, GroupObjectPermissionBase):
    """Abstract: one record shared with a whole team; the concrete class adds `content_object`."""

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = True
