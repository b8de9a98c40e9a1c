from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.customer import Customer
from crm.identity.models.grant import RecordGroupGrant, RecordUserGrant


class CustomerUserGrant(RecordUserGrant):
    """One customer shared with one colleague, to read or to edit, for good or until a time."""

    content_object = models.ForeignKey(Customer, models.CASCADE, related_name="user_grants")

    class Meta(RecordUserGrant.Meta):
        abstract = False
        verbose_name = _("share with a colleague")
        verbose_name_plural = _("shares with colleagues")


class CustomerGroupGrant(RecordGroupGrant):
    """One customer shared with everybody in a team, to read or to edit, for good or until a time."""

    content_object = models.ForeignKey(Customer, models.CASCADE, related_name="group_grants")

    class Meta(RecordGroupGrant.Meta):
        abstract = False
        verbose_name = _("share with a team")
        verbose_name_plural = _("shares with teams")
