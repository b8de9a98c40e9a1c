from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from crm.identity.policies import Everyone


class Scope(models.TextChoices):
    """Whose records a role reaches (数据权限)."""

    OWN = "own", _("Own records")
    TEAM = "team", _("Own team")
    BELOW = "below", _("Own team and teams below")
    ALL = "all", _("Everything")
    DEALS = "deals", _("Customers with deals only")
    ASSIGNED = "assigned", _("Only what is assigned to them")


class Role(models.Model):
    """What a kind of colleague may do: verbs and data scope per kind of record, edited by administrators."""

    slug = models.SlugField(_("code"), unique=True)
    name_en = models.CharField(_("English name"), max_length=60)
    name_zh = models.CharField(_("Chinese name"), max_length=60)
    description_en = models.CharField(_("English description"), max_length=200, blank=True)
    description_zh = models.CharField(_("Chinese description"), max_length=200, blank=True)
    export_cap = models.PositiveIntegerField(
        _("rows per export"), default=5000, help_text=_("More rows need the right to export without limit.")
    )
    needs_second_factor = models.BooleanField(_("second factor required"), default=False)
    is_administrator = models.BooleanField(
        _("administers the installation"),
        default=False,
        help_text=_("May open the administration and manage people, teams and roles."),
    )
    position = models.PositiveIntegerField(_("position"), default=0)
    group = models.OneToOneField("auth.Group", models.PROTECT, editable=False, related_name="role")

    access = Everyone()

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name_zh if (get_language() or "").startswith("zh") else self.name_en

    @property
    def description(self) -> str:
        return self.description_zh if (get_language() or "").startswith("zh") else self.description_en


class RolePolicy(models.Model):
    """For one role and one kind of record: the verbs allowed and whose records they reach."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="policies", verbose_name=_("role"))
    model = models.CharField(_("kind of record"), max_length=60)
    verbs = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name=_("may"))
    scope = models.CharField(_("reaches"), max_length=10, choices=Scope.choices, default=Scope.OWN)

    class Meta:
        verbose_name = _("right")
        verbose_name_plural = _("rights")
        ordering = ["model"]
        constraints = [models.UniqueConstraint(fields=["role", "model"], name="policy_once")]

    def __str__(self) -> str:
        return f"{self.role} · {self.model}"
