from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.approvals.registry import kind_of
from crm.approvals.rules import rounds
from crm.core.writes import Versioned
from crm.identity.policies import Everyone, Via


class Mode(models.TextChoices):
    """How many of a step's approvers have to agree."""

    ANY = rounds.ANY, _("Any one of them")
    ALL = rounds.ALL, _("All of them")
    SEQUENTIAL = rounds.SEQUENTIAL, _("One after the other")


class ApprovalFlow(Versioned):
    """Who has to agree to one kind of record, and when: the first active flow whose conditions hold is taken.

    A request copies its steps when it is submitted, so that changing the flow disturbs nobody who waits.
    """

    kind = models.CharField(_("what is approved"), max_length=40)
    name = models.CharField(_("name"), max_length=80)
    position = models.PositiveIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)
    # [{"field": "discount", "op": "gt", "value": "15"}, …]; all of them have to hold
    conditions = models.JSONField(default=list, blank=True)
    # Who is told of the outcome, as approvers are named in a step.
    copies = models.JSONField(default=list, blank=True)

    access = Everyone()

    class Meta:
        verbose_name = _("approval flow")
        verbose_name_plural = _("approval flows")
        ordering = ["kind", "position", "id"]

    def __str__(self) -> str:
        kind = kind_of(self.kind)
        return kind.named(self.name) if kind else self.name


class FlowStep(models.Model):
    """One step of a flow: whom it asks, how many of them have to agree, and for which amounts it is there at all."""

    flow = models.ForeignKey(ApprovalFlow, models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField(default=0)
    name = models.CharField(_("name"), max_length=60, blank=True)
    mode = models.CharField(_("who has to agree"), max_length=10, choices=Mode.choices, default=Mode.ANY)
    # [{"who": "superior", "level": 1}, {"who": "role", "role": "finance"}, {"who": "user", "user": 7}, …]
    approvers = models.JSONField(default=list)
    amount_from = models.DecimalField(
        _("from an amount of"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    amount_below = models.DecimalField(
        _("below an amount of"), max_digits=18, decimal_places=2, null=True, blank=True
    )

    access = Via("flow")

    class Meta:
        verbose_name = _("step of a flow")
        verbose_name_plural = _("steps of flows")
        default_permissions = ()
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name or str(self.get_mode_display())

    def plain(self) -> dict[str, Any]:
        """The step as a request keeps it."""
        return {
            "name": self.name,
            "mode": self.mode,
            "approvers": self.approvers,
            "amount_from": None if self.amount_from is None else str(self.amount_from),
            "amount_below": None if self.amount_below is None else str(self.amount_below),
        }
