from collections.abc import Iterator
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Followed(models.Model):
    """A record one follows up with: its row repeats what lists show of its follow-ups, so that they need no joins.

    Only `accounts.services.customer_dates` writes these fields. Customers have their follow-ups by a foreign key; every
    other kind is what a follow-up is about beside the customer (`Activity.record`).
    """

    next_follow_up_at = models.DateTimeField(_("next follow-up"), null=True, blank=True)
    next_follow_up_all_day = models.BooleanField(default=False, editable=False)
    no_follow_up_reason = models.CharField(_("why there is no next step"), max_length=200, blank=True)
    last_activity_at = models.DateTimeField(_("last follow-up"), null=True, blank=True)
    last_activity_kind = models.CharField(max_length=16, blank=True, editable=False)
    last_activity_summary = models.CharField(max_length=200, blank=True, editable=False)
    last_valid_follow_up_at = models.DateTimeField(null=True, editable=False)

    repeats: ClassVar = {"last_activity_summary": ("accounts.activity.subject", "accounts.activity.body")}

    class Meta:
        abstract = True

    @property
    def asks_for_follow_up(self) -> bool:
        """Whether being in touch has to name a next step, or the reason why there is none."""
        return True


def followed_models() -> Iterator[type[Followed]]:
    """The kinds of record a follow-up can be about beside its customer."""
    return (model for model in Followed.__subclasses__() if model._meta.label_lower != "accounts.customer")
