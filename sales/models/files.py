from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.identity.policies import PartOf
from crm.records.models.record_file import FILE_AUTHOR, RecordFile
from sales.models.lead import Lead
from sales.models.opportunity import Opportunity


class LeadFile(RecordFile):
    """A file kept with a lead: an enquiry, a drawing, a business card."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="files")

    access = PartOf("lead", FILE_AUTHOR)

    class Meta(RecordFile.Meta):
        verbose_name = _("file of a lead")
        verbose_name_plural = _("files of leads")


class OpportunityFile(RecordFile):
    """A file kept with an opportunity: a tender, a drawing, the minutes of a negotiation."""

    opportunity = models.ForeignKey(Opportunity, models.CASCADE, related_name="files")

    access = PartOf("opportunity", FILE_AUTHOR)

    class Meta(RecordFile.Meta):
        verbose_name = _("file of an opportunity")
        verbose_name_plural = _("files of opportunities")
