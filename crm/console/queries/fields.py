"""Reading the definitions of custom fields."""

from django.db.models import QuerySet

from crm.records.models import CustomField, RecordSection
from crm.records.models.custom_field import TOP


def field_list() -> QuerySet[CustomField]:
    """All custom fields, archived ones among them."""
    return CustomField.objects.all()


def section_list() -> QuerySet[RecordSection]:
    """All sections of record pages; the top of a page is none that one could name."""
    return RecordSection.objects.filter(position__gt=TOP)
