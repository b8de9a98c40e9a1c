from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.identity.models.role import Role


class FieldLevel(models.TextChoices):
    """How far a role reaches into one field; without a row it is edited by whoever may edit the record."""

    HIDDEN = "hidden", pgettext_lazy("field", "Hidden")
    MASKED = "masked", pgettext_lazy("field", "Masked")
    READ = "read", pgettext_lazy("field", "Read only")
    EDIT = "edit", pgettext_lazy("field", "Edit")


class FieldRight(models.Model):
    """One field of one kind of record that a role may not simply see and edit."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="field_rights", verbose_name=_("role"))
    model = models.CharField(_("kind of record"), max_length=60)
    field = models.CharField(_("field"), max_length=60)
    level = models.CharField(_("reaches"), max_length=6, choices=FieldLevel.choices)

    class Meta:
        verbose_name = _("field right")
        verbose_name_plural = _("field rights")
        ordering = ["model", "field"]
        constraints = [models.UniqueConstraint(fields=["role", "model", "field"], name="field_right_once")]

    def __str__(self) -> str:
        return f"{self.role} · {self.model}.{self.field}"
