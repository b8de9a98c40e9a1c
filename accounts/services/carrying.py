"""Follow-ups with a record whose customer became known stand with the customer as well, and can be taken back."""

from collections.abc import Iterable

from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from accounts.models import Activity, Contact, Customer
from accounts.models.followed import Followed
from accounts.services.customer_dates import lock_customers, sync_customers


@transaction.atomic
def carry_follow_ups(record: Followed, *, customer: Customer, contact: Contact | None) -> list[int]:
    """Let the follow-ups about a record stand with a customer and a contact, too; returns which moved, set-based."""
    lock_customers([customer.pk])
    kind = ContentType.objects.get_for_model(type(record))
    rows = Activity._base_manager.filter(record_type=kind, record_id=record.pk, customer__isnull=True)
    ids = list(rows.values_list("pk", flat=True))
    if ids:
        Activity._base_manager.filter(pk__in=ids).update(customer=customer, contact=contact)
        sync_customers([customer.pk], contact_ids=[contact.pk] if contact else [])
    return ids


@transaction.atomic
def take_back_follow_ups(ids: Iterable[int], *, customer: Customer, contact: Contact | None) -> None:
    """Let follow-ups stand with their record alone again."""
    lock_customers([customer.pk])
    rows = Activity._base_manager.filter(pk__in=list(ids), customer=customer, record_id__isnull=False)
    if rows.update(customer=None, contact=None):
        sync_customers([customer.pk], contact_ids=[contact.pk] if contact else [])


@transaction.atomic
def move_follow_ups(record: Followed, *, before: Customer, after: Customer) -> None:
    """Let the follow-ups about a record stand with another customer, whose it turned out to be."""
    lock_customers([before.pk, after.pk])
    kind = ContentType.objects.get_for_model(type(record))
    rows = Activity._base_manager.filter(record_type=kind, record_id=record.pk, customer=before)
    if rows.update(customer=after, contact=None):
        sync_customers([before.pk, after.pk])
