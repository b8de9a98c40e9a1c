from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.identity.policies import Private


class RecentRecord(models.Model):
    """A record somebody opened lately or keeps at hand with a star; whether it is still shown is decided each time by
    their rights."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    model = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    opened_at = models.DateTimeField(default=timezone.now)
    starred_at = models.DateTimeField(null=True, blank=True)

    access = Private("user")

    class Meta:
        verbose_name = _("recent record")
        verbose_name_plural = _("recent records")
        ordering = ["-opened_at", "-id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "model", "object_id"], name="recent_once")]

    def __str__(self) -> str:
        return f"{self.model}:{self.object_id}"


class Welcome(models.Model):
    """How far somebody new has come: the step of the tour they saw last, and whether they still want its first steps."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    tour_step = models.PositiveSmallIntegerField(default=0)
    tour_ended_at = models.DateTimeField(null=True, blank=True)
    steps_hidden_at = models.DateTimeField(null=True, blank=True)

    access = Private("user")

    class Meta:
        verbose_name = _("welcome")
        verbose_name_plural = _("welcomes")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.user_id)

    @property
    def tour_state(self) -> str:
        """Never begun, interrupted, or over: taken to its end or skipped."""
        return "over" if self.tour_ended_at else "begun" if self.tour_step else "new"
