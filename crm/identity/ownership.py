from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class OwnedModel(models.Model):
    """A record with one owner, placed in one team; only `identity.services.assign` moves it."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
    )
    team = models.ForeignKey(
        "identity.Team", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("team")
    )
    previous_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    owner_since = models.DateTimeField(_("owner since"), null=True, blank=True, editable=False)

    class Meta:
        abstract = True
