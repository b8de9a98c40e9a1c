from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.contact import Contact
from accounts.models.customer import Customer
from crm.identity.policies import PartOf
from crm.records.models.record_file import FILE_AUTHOR, RecordFile


class CustomerFile(RecordFile):
    """A file kept with a customer: a quotation, a drawing, a photo of the plant."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="files")

    access = PartOf("customer", FILE_AUTHOR)

    class Meta(RecordFile.Meta):
        verbose_name = _("file of a customer")
        verbose_name_plural = _("files of customers")


class ContactFile(RecordFile):
    """A file kept with a contact: a business card, an authorisation."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="files")

    access = PartOf("contact", FILE_AUTHOR)

    class Meta(RecordFile.Meta):
        verbose_name = _("file of a contact")
        verbose_name_plural = _("files of contacts")
