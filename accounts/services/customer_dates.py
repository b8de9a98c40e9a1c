"""What a customer row repeats of its follow-ups, so that lists need no joins: next date, last contact."""

from collections.abc import Iterable

from django.db.models import BooleanField, Case, CharField, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Left, Replace

from accounts.models import Activity, Contact, Customer
from accounts.models.activity import DONE, OPEN


def lock_customers(ids: Iterable[int]) -> list[Customer]:
    """The customers, locked in the order of their ids until the transaction ends, the bin included."""
    rows = Customer._base_manager.select_for_update(of=("self",))
    return list(rows.filter(pk__in=list(ids)).order_by("pk"))


def sync_customers(ids: Iterable[int], *, contact_ids: Iterable[int] = ()) -> None:
    """Renew the dates of customers (whose rows the caller has locked) and contacts from their follow-ups, set-based."""
    plans = Activity._base_manager.filter(OPEN, customer=OuterRef("pk"), due_at__isnull=False)
    plans = plans.order_by("due_at", "pk")
    done = Activity._base_manager.filter(DONE, Q(closed_by__isnull=True), customer=OuterRef("pk"))
    done = done.order_by("-done_at", "-pk")
    summary = Case(When(subject="", then=F("body")), default=F("subject"), output_field=CharField())
    last = done.annotate(summary=Left(Replace(summary, Value("\n"), Value(" ")), 200))
    Customer._base_manager.filter(pk__in=list(ids)).update(
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
    if contact_ids := list(contact_ids):
        met = Activity._base_manager.filter(DONE, contact=OuterRef("pk")).order_by("-done_at", "-pk")
        Contact._base_manager.filter(pk__in=contact_ids).update(
            last_activity_at=Subquery(met.values("done_at")[:1]),
            last_activity_kind=Coalesce(Subquery(met.values("kind")[:1]), Value("")),
        )
