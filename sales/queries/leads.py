"""What is read of leads; whose rows they are is decided by `crm.identity.access`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q

from accounts.models import Customer
from accounts.queries.duplicates import disclosed as disclosed_customers
from accounts.queries.duplicates import find
from accounts.rules.matching import Keys, keys_of
from crm.identity import access
from crm.identity.models import User
from sales.models import Lead
from sales.models.lead import OPEN_STATUSES

MOST = 5


def lead_list() -> models.QuerySet[Lead]:
    """Leads outside the bin, with what the columns of the list read."""
    return Lead.objects.select_related("industry", "region", "owner", "team")


def lead_bin() -> models.QuerySet[Lead]:
    """Leads in the bin."""
    rows = Lead.objects.binned()
    return rows.select_related("industry", "region", "owner", "team")


def lead_record() -> models.QuerySet[Lead]:
    """Leads with what their page shows at once."""
    rows = lead_list().select_related("customer", "contact", "previous_owner")
    return rows.defer("search_text", "search_grams")


def leads_of(user: User, customer: Customer) -> list[Lead]:
    """The leads a customer came from, as far as somebody sees them, the newest first."""
    rows = access.visible(Lead, user).filter(customer=customer).order_by("-converted_at", "-pk")
    return list(rows.defer("search_text", "search_grams")[:MOST])


@dataclass(frozen=True)
class Known:
    """A lead or a customer that may be the one being entered; `url` is empty for those out of reach."""

    kind: str
    name: str
    owner_name: str
    why: list[str]
    url: str = ""
    blocks: bool = False
    pk: int = 0  # of those within reach


def lead_keys(values: Any) -> Keys:
    """What a lead is compared by: its company, and the person's number and address."""
    get = values.get if isinstance(values, dict) else lambda name, default="": getattr(values, name, default)
    return keys_of(
        name=get("company", ""), kind="company", phones=[get("phone", "")], emails=[get("email", "")]
    )


def same_leads(keys: Keys, *, exclude: Iterable[int] = ()) -> models.QuerySet[Lead]:
    """Open leads of the whole base with the same number or address."""
    same = Q(pk__in=[])
    if keys.numbers:
        same |= Q(phone_key__in=keys.numbers)
    if keys.emails:
        same |= Q(email__in=keys.emails)
    rows = Lead.objects.filter(same, status__in=OPEN_STATUSES).exclude(pk__in=[*exclude])
    return rows.select_related("owner").order_by("pk")


def known_already(user: User, values: Any, *, exclude: Iterable[int] = ()) -> list[Known]:
    """Leads and customers that may be the one described, over the whole base; those out of reach only by name and owner."""
    keys = lead_keys(values)
    leads = list(same_leads(keys, exclude=exclude)[:MOST])
    seen = set(
        access.visible(Lead, user).filter(pk__in=[one.pk for one in leads]).values_list("pk", flat=True)
    )
    found = [
        Known(
            "lead",
            one.name,
            str(one.owner or ""),
            [],
            one.get_absolute_url() if one.pk in seen else "",
            blocks=True,
        )
        for one in leads
    ]
    for match in disclosed_customers(user, find(keys))[:MOST]:
        url = f"/customers/{match.customer_id}/" if match.seen else ""
        why = match.why if match.seen else []
        pk = match.customer_id if match.seen else 0
        found.append(Known("customer", match.name, match.owner_name, why, url, pk=pk))
    return found
