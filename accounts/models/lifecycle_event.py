from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.choices import Stage
from accounts.models.customer import Customer
from crm.events.actor import shown_name
from crm.identity.policies import Via

# Why a step was taken where nobody gave a reason of their own.
RULES = {
    "no_order": _("no order for longer than usual"),
    "health_red": _("in bad health for a week"),
    "renewal_missing": _("a contract ends and is not being renewed"),
    "receivable_overdue": _("a payment is overdue for more than 60 days"),
    "contract_lapsed": _("a contract ended and was not renewed"),
    "calm": _("nothing is wrong any more; safe after 14 days"),
    "new_order": _("won back by a new order"),
}


def rule_in_words(rule: str) -> str:
    """Why a step of the life cycle was taken, in words; empty for one that speaks for itself."""
    return str(RULES.get(rule, ""))


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
    def why(self) -> str:
        """What somebody said, or the rule that brought it about."""
        return self.reason or rule_in_words(self.rule)

    @property
    def who(self) -> str:
        """Who brought it about, as people read it."""
        return shown_name(self.actor_name)
