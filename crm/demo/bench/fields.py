"""The customer list by custom fields against the same by built-in columns, at every level of people."""

from django.http import QueryDict

from accounts.models import Customer
from crm.core.hooks import hooks
from crm.demo.bench.company import viewers
from crm.demo.bench.figures import Figure, server_ms, statements
from crm.demo.bench.lists import signed_in
from crm.identity.models import User
from crm.listing.selection import select

# A choice and an order; the built-in one is as frequent, and its order has indexes as well.
PAIRS = {
    "filtered and sorted": ("cf_cooperation=agent&sort=-cf_annual_purchase", "source=referral&sort=name"),
    "sorted by a choice": ("sort=cf_cooperation", "sort=name"),
    "two thousand to three million": (
        "cf_annual_purchase_min=2000&cf_annual_purchase_max=3000000&sort=cf_annual_purchase",
        "created_at=last_90&sort=created_at",
    ),
}
TIMES = 3


def measure() -> list[Figure]:
    """Every level of people × every kind of query: what the server works, and how many statements a page takes."""
    found: list[Figure] = []
    for level, user in viewers().items():
        client = signed_in(user)
        for name, (custom, built_in) in PAIRS.items():
            mine, theirs = _server(user, custom), _server(user, built_in)
            bar = TIMES * theirs + 2
            found.append(Figure("fields", f"{level}, {name}", mine, "ms", theirs, "built-in columns", bar))
        address = f"/customers/?{PAIRS['filtered and sorted'][0]}"
        client.get(address)
        with statements() as executed:
            client.get(address)
        found.append(Figure("fields", f"{level}: statements", len(executed), "", bar=12))
    return found


def _server(user: User, query: str) -> float:
    """What the server works for one page of the list."""
    with statements() as executed:
        select(hooks.list_pages["customers"], user, QueryDict(query)).page()
    return server_ms([one for one in executed if Customer._meta.db_table in one[0]])
