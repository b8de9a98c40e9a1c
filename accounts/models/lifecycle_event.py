from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.choices import Stage
from accounts.models.customer import Customer
from crm.events.actor import shown_name
from crm.identity.policies import Via


class LifecycleEvent(models.Model):
    """One step of a customer's life cycle: written once with its reason, never changed afterwards."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="lifecycle_events")
    from_stage = models.CharField(_("from"), max_length=12, choices=Stage.choices, blank=True)
    to_stage = models.CharField(_("to"), max_length=12, choices=Stage.choices)
    at = models.DateTimeField(_("when"), default=timezone.now)
    rule = models.CharField(_("rule"), max_length=40)
    actor_id = models.CharField(max_length=40)
    actor_name = models.CharField(_("by"), max_length=150)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    access = Via("customer")

    class Meta:
        verbose_name = _("life cycle step")
        verbose_name_plural = _("life cycle steps")
        default_permissions = ("view",)
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["customer", "-at", "-id"], name="lifecycle_newest")]

    def __str__(self) -> str:
        return f"{self.from_stage} → {self.to_stage}"

    def save(self, *args: object, **kwargs: object) -> None:
        if self.pk is not None:
            raise TypeError("a step of the life cycle is never changed")
        super().save(*args, **kwargs)

    @property
    def who(self) -> str:
        """Who brought it about, as people read it."""
        return shown_name(self.actor_name)
