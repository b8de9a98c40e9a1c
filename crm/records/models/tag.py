from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from crm.core.clock import company_today
from crm.identity.policies import Everyone


class TagQuerySet(models.QuerySet["Tag"]):
    """Tags by whether they still hold."""

    def current(self) -> "TagQuerySet":
        """Tags that are in use and have not run out."""
        today = company_today()
        return self.filter(
            models.Q(expiry_date__isnull=True) | models.Q(expiry_date__gte=today), is_active=True
        )


class Tag(models.Model):
    """A label people put on records (标签): coloured, in a group, and it may run out.

    Apps link it to their records through explicit tables of their own.
    """

    class Colour(models.TextChoices):
        GREY = "grey", _("Grey")
        BLUE = "blue", _("Blue")
        GREEN = "green", _("Green")
        AMBER = "amber", _("Amber")
        RED = "red", _("Red")
        VIOLET = "violet", _("Violet")
        TEAL = "teal", _("Teal")

    name = models.CharField(_("name"), max_length=40)
    name_sort = models.CharField(max_length=200, editable=False, default="")
    group = models.CharField(_("group"), max_length=40, blank=True)
    colour = models.CharField(_("colour"), max_length=8, choices=Colour.choices, default=Colour.GREY)
    expiry_date = models.DateField(_("expires on"), null=True, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)

    objects = TagQuerySet.as_manager()
    access = Everyone()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["group", "name_sort", "id"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="tag_name_once",
                violation_error_message=_("There is a tag of this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name
