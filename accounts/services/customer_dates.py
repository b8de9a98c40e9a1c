"""What the row of a customer, a lead or an opportunity repeats of its follow-ups: next date, last contact."""

from collections.abc import Iterable

from django.contrib.contenttypes.models import ContentType
from django.db.models import BooleanField, Case, CharField, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Left, Replace

from accounts.models import Activity, Contact, Customer
from accounts.models.activity import DONE, OPEN
from accounts.models.followed import Followed
from crm.core.writes import lock


def lock_customers(ids: Iterable[int]) -> list[Customer]:
    """The customers, locked in the order of their ids until the transaction ends, the bin included."""
    rows = Customer._base_manager.select_for_update(of=("self",))
    return list(rows.filter(pk__in=list(ids)).order_by("pk"))


def lock_followed(
    customer_id: int | None, record: Followed | None
) -> tuple[Customer | None, Followed | None]:
    """The records a follow-up stands with, locked: the customer first, as every change does."""
    customer = lock_customers([customer_id])[0] if customer_id else None
    return customer, lock(record) if record is not None else None


def sync_customers(ids: Iterable[int], *, contact_ids: Iterable[int] = ()) -> None:
    """Renew the dates of customers (whose rows the caller has locked) and contacts from their follow-ups, set-based."""
    _sync(Customer, ids, Q(customer=OuterRef("pk")))
    if contact_ids := list(contact_ids):
        met = Activity._base_manager.filter(DONE, contact=OuterRef("pk")).order_by("-done_at", "-pk")
        Contact._base_manager.filter(pk__in=contact_ids).update(
            last_activity_at=Subquery(met.values("done_at")[:1]),
            last_activity_kind=Coalesce(Subquery(met.values("kind")[:1]), Value("")),
        )


def sync_records(model: type[Followed], ids: Iterable[int]) -> None:
    """Renew the dates of leads, opportunities or tickets (locked by the caller) from the follow-ups about them."""
    kind = ContentType.objects.get_for_model(model)
    _sync(model, ids, Q(record_type=kind, record_id=OuterRef("pk")))


def _sync(model: type[Followed], ids: Iterable[int], theirs: Q) -> None:
    plans = Activity._base_manager.filter(OPEN, theirs, due_at__isnull=False).order_by("due_at", "pk")
    done = Activity._base_manager.filter(DONE, theirs, closed_by__isnull=True).order_by("-done_at", "-pk")
    summary = Case(When(subject="", then=F("body")), default=F("subject"), output_field=CharField())
    last = done.annotate(summary=Left(Replace(summary, Value("\n"), Value(" ")), 200))
    model._base_manager.filter(pk__in=list(ids)).update(
        next_follow_up_at=Subquery(plans.values("due_at")[:1]),
        next_follow_up_all_day=Coalesce(
            Subquery(plans.values("all_day")[:1]), Value(False), output_field=BooleanField()
        ),
        last_activity_at=Subquery(done.values("done_at")[:1]),
        last_activity_kind=Coalesce(Subquery(done.values("kind")[:1]), Value("")),
        last_activity_summary=Coalesce(Subquery(last.values("summary")[:1]), Value("")),
        no_follow_up_reason=Coalesce(Subquery(done.values("no_next_reason")[:1]), Value("")),
        last_valid_follow_up_at=Subquery(done.filter(is_valid=True).values("done_at")[:1]),
    )
