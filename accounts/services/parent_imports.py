"""Parent companies that an import names: linked at its end, when every company of the file is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from accounts.events import CUSTOMER_UPDATED
from accounts.models import Customer
from crm.core.pinyin import sort_key
from crm.core.sets import update_rows
from crm.core.text import fold
from crm.events.recording import EventRow, record_events
from crm.identity import access
from crm.listing.importing.resource import Run, StagedRow


def link_parents(run: Run, rows: Sequence[StagedRow]) -> None:
    """Set the parent company of these written rows; one nobody knows, or a circle, is noted on the row."""
    names = {row.number: row.cleaned["parent"] for row in rows}
    known = _customers_named(run, set(names.values()))
    children = {c.pk: c for c in Customer._base_manager.filter(pk__in=[row.target_id for row in rows])}
    above = _chain(set(known.values()) | set(children))
    columns: dict[int, dict[str, int]] = {}
    events = []
    for row in rows:
        child, parent = children.get(row.target_id or 0), known.get(fold(names[row.number]))
        if child is None or (parent == child.parent_id and parent is not None):
            continue
        if parent is None:
            row.note(
                "parent_unknown",
                _("None of your customers is called %(name)s.") % {"name": names[row.number][:60]},
                run.headers["parent"],
            )
            continue
        if _within(parent, child.pk, above):
            row.note("parent_circle", _("A company cannot belong to itself."), run.headers["parent"])
            continue
        above[child.pk] = parent
        columns[child.pk] = {"parent_id": parent}
        row.before["parent"] = child.parent_id
        old = {"id": child.parent_id, "label": str(child.parent_id)} if child.parent_id else None
        changes = {"parent": [old, {"id": parent, "label": names[row.number]}]}
        events.append(EventRow(Customer, child.pk, changes=changes, payload=run.payload(row)))
    update_rows(Customer, columns)
    record_events(CUSTOMER_UPDATED, events, actor=run.actor)


def _customers_named(run: Run, names: set[str]) -> dict[str, int]:
    rows = access.visible(Customer, run.user).filter(name_sort__in={sort_key(name) for name in names})
    wanted = {fold(name) for name in names}
    return {
        fold(name): pk for name, pk in rows.order_by("-pk").values_list("name", "pk") if fold(name) in wanted
    }


def _chain(ids: set[int]) -> dict[int, int | None]:
    """Who belongs to whom, upwards from these customers."""
    above: dict[int, int | None] = {}
    wanted = ids
    while wanted:
        found = dict(Customer._base_manager.filter(pk__in=wanted).values_list("pk", "parent_id"))
        above |= found
        wanted = {pk for pk in found.values() if pk} - set(above)
    return above


def _within(customer: int, inside: int, above: Mapping[int, int | None]) -> bool:
    """Whether a customer is, or belongs to, another one."""
    step: int | None = customer
    seen: set[int] = set()
    while step and step not in seen:
        if step == inside:
            return True
        seen.add(step)
        step = above.get(step)
    return False
