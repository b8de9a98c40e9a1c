"""Reading the definitions of custom fields."""

from django.db.models import QuerySet

from crm.records.models import CustomField, RecordSection


def field_list() -> QuerySet[CustomField]:
    """All custom fields, archived ones among them."""
    return CustomField.objects.all()


def section_list() -> QuerySet[RecordSection]:
    """All sections of record pages."""
    return RecordSection.objects.all()
