from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.identity.policies import Everyone


class TeamQuerySet(models.QuerySet["Team"]):
    """Teams by what they are."""

    def departments(self) -> "TeamQuerySet":
        """Teams that people work in: what a tree of the organisation shows and people are placed in."""
        return self.filter(kind=Team.Kind.DEPARTMENT)


class Team(models.Model):
    """A department or group in the company's tree; guardian permissions on it say who works with its records.

    A pool (公海) is one as well: nobody works in it, records without an owner lie there, and its members see them.
    """

    class Kind(models.TextChoices):
        DEPARTMENT = "department", _("Department")
        POOL = "pool", pgettext_lazy("team", "Pool")

    kind = models.CharField(
        _("kind"), max_length=10, choices=Kind.choices, default=Kind.DEPARTMENT, editable=False
    )
    name = models.CharField(_("name"), max_length=100)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("belongs to")
    )
    leader = models.ForeignKey(
        "identity.User", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("leader")
    )
    region_code = models.CharField(_("region"), max_length=12, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("active"), default=True)
    group = models.OneToOneField("auth.Group", models.PROTECT, editable=False, related_name="team")

    objects = TeamQuerySet.as_manager()
    access = Everyone()

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["position", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"],
                name="team_name_once",
                nulls_distinct=False,
                violation_error_message=_("There is a team of this name already."),
            )
        ]
        permissions = [
            ("export_team", _("Can export teams")),
            ("view_records", _("Can see the team's records")),
            ("change_records", _("Can change the team's records")),
            ("assign_records", _("Can transfer, share and delete the team's records")),
        ]

    def __str__(self) -> str:
        return self.name

    page_verb = "change"  # its page is for those who administer the organisation

    def get_absolute_url(self) -> str:
        return f"/settings/pools/{self.pk}/" if self.is_pool else f"/settings/organisation/?team={self.pk}"

    @property
    def is_pool(self) -> bool:
        """Whether records without an owner lie here instead of people working here."""
        return self.kind == self.Kind.POOL
