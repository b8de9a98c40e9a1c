from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.identity.policies import Private


class SavedView(models.Model):
    """One person's own view of a list: filters, order, columns and density under a name; others may be let use it.

    With `builtin` it is no view of its own but the person's columns and pin for a built-in one ("all" is the bare list)
    or for one that somebody else shares ("view-12").
    """

    OTHERS = "view-"

    class Audience(models.TextChoices):
        OWN = "own", _("Only me")
        TEAM = "team", _("My team")
        ALL = "all", _("Everybody")

    class Density(models.TextChoices):
        COMFORT = "comfort", _("Comfort")
        COMPACT = "compact", _("Compact")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    listing = models.CharField(max_length=60)
    builtin = models.CharField(max_length=40, blank=True)
    name = models.CharField(_("name"), max_length=60, blank=True)
    params = models.JSONField(default=dict, blank=True)
    columns = models.JSONField(default=list, blank=True)
    density = models.CharField(_("density"), max_length=7, choices=Density.choices, default=Density.COMFORT)
    audience = models.CharField(_("who uses it"), max_length=4, choices=Audience, default=Audience.OWN)
    pinned = models.BooleanField(_("pinned in the sidebar"), default=False)
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    access = Private("user", audience="audience")

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "listing", "builtin"], condition=~Q(builtin=""), name="savedview_builtin_once"
            ),
            models.UniqueConstraint(
                fields=["user", "listing", "name"],
                condition=Q(builtin=""),
                name="savedview_name_once",
                violation_error_message=_("You already have a view of this name."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.builtin

    @property
    def key(self) -> str:
        """How the address names this view."""
        return self.builtin.removeprefix(self.OTHERS) or str(self.pk)

    def is_of(self, user: models.Model) -> bool:
        """Whether it is somebody's own; others only use it."""
        return self.user_id == user.pk
