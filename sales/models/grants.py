from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.identity.models.grant import RecordGroupGrant, RecordUserGrant
from sales.models.lead import Lead


class LeadUserGrant(RecordUserGrant):
    """One lead shared with one colleague, to read or to edit, for good or until a time."""

    content_object = models.ForeignKey(Lead, models.CASCADE, related_name="user_grants")

    class Meta(RecordUserGrant.Meta):
        abstract = False
        verbose_name = _("share of a lead with a colleague")
        verbose_name_plural = _("shares of leads with colleagues")


class LeadGroupGrant(RecordGroupGrant):
    """One lead shared with everybody in a team, to read or to edit, for good or until a time."""

    content_object = models.ForeignKey(Lead, models.CASCADE, related_name="group_grants")

    class Meta(RecordGroupGrant.Meta):
        abstract = False
        verbose_name = _("share of a lead with a team")
        verbose_name_plural = _("shares of leads with teams")
