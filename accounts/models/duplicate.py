from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.customer import Customer
from crm.identity.policies import Via


class DuplicatePair(models.Model):
    """Two customers that may be one, with the reasons; a pair somebody has said is none stays remembered.

    `first` has the smaller id, so that a pair exists once.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        MERGED = "merged", _("Merged")
        DISMISSED = "dismissed", _("Not a duplicate")

    first = models.ForeignKey(Customer, models.CASCADE, related_name="+", verbose_name=_("customer"))
    second = models.ForeignKey(Customer, models.CASCADE, related_name="+", verbose_name=_("likely the same"))
    score = models.DecimalField(_("score"), max_digits=3, decimal_places=2)
    reasons = ArrayField(models.CharField(max_length=16), verbose_name=_("reasons"))
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField(_("found"), default=timezone.now)
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("decided by")
    )

    access = Via("first", "second")

    class Meta:
        verbose_name = _("suspected duplicate")
        verbose_name_plural = _("suspected duplicates")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_pair_once"),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")), name="duplicate_pair_order"
            ),
        ]
        indexes = [models.Index(fields=["state", "-score", "-id"], name="duplicate_pair_queue")]

    def __str__(self) -> str:
        return f"{self.first_id} = {self.second_id}?"


class CustomerMerge(models.Model):
    """One customer taken into another, with everything that undoing it needs for 30 days.

    `changes` holds the winner's fields as [before, merged], `moved` the ids of what went over by kind and field.
    """

    winner = models.ForeignKey(Customer, models.CASCADE, related_name="merges", verbose_name=_("kept"))
    loser = models.ForeignKey(Customer, models.CASCADE, related_name="+", verbose_name=_("taken in"))
    changes = models.JSONField(default=dict)
    moved = models.JSONField(default=dict)
    main_contact_id = models.BigIntegerField(null=True)  # the loser's, which the winner's own outranks
    merged_at = models.DateTimeField(_("merged"), default=timezone.now)
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("merged by")
    )
    undone_at = models.DateTimeField(_("undone"), null=True)
    kept = ArrayField(models.CharField(max_length=40), default=list)

    access = Via("winner")

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        default_permissions = ("view",)
        indexes = [models.Index(fields=["winner", "-merged_at"], name="merge_newest")]

    def __str__(self) -> str:
        return f"{self.loser_id} → {self.winner_id}"

    @property
    def winner_before(self) -> str:
        """What the customer that stayed was called before."""
        return str(self.changes["name"][0]) if "name" in self.changes else self.winner.name

    @property
    def took_name(self) -> bool:
        """Whether the name of the one taken in is that of both now, so that their names no longer tell them apart."""
        return self.undone_at is None and self.winner.name == self.loser.name != self.winner_before
