from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.identity.policies import Private
from crm.records.models.import_job import ImportJob


class ImportTemplate(models.Model):
    """How the columns of a sheet are read, kept under a name for the next sheet of its kind; a shared one helps all."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("made by")
    )
    resource = models.CharField(_("what"), max_length=40)
    name = models.CharField(_("name"), max_length=80)
    mapping = models.JSONField(default=dict)  # {header: field}
    key = models.CharField(_("key"), max_length=40, blank=True)
    mode = models.CharField(_("mode"), max_length=8, choices=ImportJob.Mode, default=ImportJob.Mode.UPSERT)
    is_shared = models.BooleanField(_("for everybody"), default=False)
    created_at = models.DateTimeField(default=timezone.now)

    access = Private("user")

    class Meta:
        verbose_name = _("import template")
        verbose_name_plural = _("import templates")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "resource", "name"], name="import_template_once")
        ]

    def __str__(self) -> str:
        return self.name
