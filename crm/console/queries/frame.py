"""Reading for the console's pages and the frame around every page."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.apps import apps
from django.db import models

from crm.console.models import RecentRecord
from crm.identity import queries as identity
from crm.identity.access import visible
from crm.identity.fields import shield
from crm.identity.models import User
from crm.listing.pinned import pinned_of
from crm.records import queries as saved
from crm.records.models import SavedView

RECENT_LOOKED_AT = 9  # a few more than shown: some may no longer be visible
ROWS_LOOKED_AT = 100  # more than anybody can have: so many stars and remembered records are kept


def company_name() -> str:
    """What the company calls itself, empty before anybody said."""
    return str(identity.company())


@dataclass(frozen=True)
class AtHand:
    """What the side bar keeps at hand: starred records and the ones opened last, without those that have a star."""

    starred: Sequence[models.Model] = ()
    recent: Sequence[models.Model] = ()
    keys: frozenset[str] = frozenset()  # of every starred record, as "accounts.customer:42"


def records_at_hand(user: User, *, starred: int = 6, recent: int = 3) -> AtHand:
    """The records somebody starred or opened last and may still see, newest first; one query per kind of record."""
    rows = list(
        visible(RecentRecord, user)
        .order_by("-opened_at")
        .values_list("model", "object_id", "starred_at")[:ROWS_LOOKED_AT]
    )
    stars = sorted((row for row in rows if row[2]), key=lambda row: row[2], reverse=True)
    wanted = [(label, pk) for label, pk, _at in stars[: starred + 3]]
    latest = [(label, pk) for label, pk, at in rows if not at][:RECENT_LOOKED_AT]
    found: dict[tuple[str, int], models.Model] = {}
    for label in dict.fromkeys(label for label, _pk in wanted + latest):
        try:
            model = apps.get_model(label)
        except LookupError:
            continue
        ids = [pk for other, pk in wanted + latest if other == label]
        alive = visible(model, user).filter(pk__in=ids)
        found |= {(label, record.pk): record for record in alive}
    shield(user, found.values())
    return AtHand(
        starred=[found[key] for key in wanted if key in found][:starred],
        recent=[found[key] for key in latest if key in found][:recent],
        keys=frozenset(f"{label}:{pk}" for label, pk, _at in stars),
    )


def pinned_views(user: User) -> list[dict[str, str]]:
    """The views somebody pinned in the side bar, in their order, of lists they may still open."""
    found = []
    for row, listing in pinned_of(user):
        builtin = listing.view(row.builtin) if row.builtin else None
        label = builtin.label if builtin else row.name or _shared_name(user, row)
        if not label:
            continue
        icon = builtin.icon if builtin else listing.icon
        found.append({"pk": row.pk, "label": label, "icon": icon, "url": f"{listing.url()}?view={row.key}"})
    return found


def _shared_name(user: User, row: SavedView) -> str:
    """The name of the colleague's view a pin stands for; empty once it is no longer shared."""
    shared = saved.saved_view(user, row.listing, pk=int(row.key)) if row.key.isdecimal() else None
    return shared.name if shared else ""
