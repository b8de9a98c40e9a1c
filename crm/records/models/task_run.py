from django.db import models
from django.utils.translation import gettext_lazy as _


class TaskRun(models.Model):
    """How a periodic task last went: one row a task, renewed by every run."""

    task = models.CharField(_("task"), max_length=100, primary_key=True)
    began_at = models.DateTimeField(_("began"))
    seconds = models.FloatField(_("seconds"))
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("task run")
        verbose_name_plural = _("task runs")
        default_permissions = ()

    def __str__(self) -> str:
        return self.task
