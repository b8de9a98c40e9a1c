from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.identity.policies import PartOf
from crm.records.models.record_file import FILE_AUTHOR, RecordFile
from sales.models.lead import Lead


class LeadFile(RecordFile):
    """A file kept with a lead: an enquiry, a drawing, a business card."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="files")

    access = PartOf("lead", FILE_AUTHOR)

    class Meta(RecordFile.Meta):
        verbose_name = _("file of a lead")
        verbose_name_plural = _("files of leads")
