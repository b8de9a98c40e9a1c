"""Key facts and tags a row of a customer sheet names: added to what a customer has, never taken away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from accounts.events import CUSTOMER_HIGHLIGHTED
from accounts.models import CustomerTag, Highlight
from crm.core.pinyin import sort_key
from crm.core.sets import insert_rows
from crm.core.text import fold
from crm.events.recording import EventRow, record_events
from crm.listing.importing.resource import Run, StagedRow
from crm.records.models import Tag


def facts_of(customer_ids: Iterable[int | None]) -> dict[int, list[str]]:
    """The key facts of customers as a cell says them, an empty list for those without."""
    found: dict[int, list[str]] = {pk: [] for pk in customer_ids if pk}
    rows = Highlight._base_manager.filter(customer__in=list(found)).order_by("position", "id")
    for pk, label, text in rows.values_list("customer_id", "label", "text"):
        found[pk].append(f"{label}: {text}")
    return found


def add_facts(run: Run, rows: Sequence[StagedRow]) -> None:
    """Pin the key facts of these rows behind those their customers have; beyond five the row says what was left out."""
    rows = [row for row in rows if row.cleaned.get("highlights")]
    if not rows:
        return
    held = facts_of(row.target_id for row in rows)
    added: dict[int, list[str]] = defaultdict(list)
    records, owners, events = [], [], []
    for row in rows:
        customer = row.target_id or 0
        before = [*held[customer], *added[customer]]
        fresh = [fact for fact in row.cleaned["highlights"] if fact not in before]
        room = Highlight.MOST - len(before)
        if len(fresh) > room:
            row.note(
                "too_many_facts",
                _("At most %(count)d facts: the rest is no longer key.") % {"count": Highlight.MOST},
                run.headers.get("highlights", ""),
            )
            fresh = fresh[: max(room, 0)]
        for position, fact in enumerate(fresh, start=len(before)):
            label, _colon, text = fact.partition(": ")
            records.append(
                {
                    "customer_id": customer,
                    "label": label,
                    "text": text,
                    "source": run.job.file_name[:100],
                    "position": position,
                    "pinned_by_id": run.user.pk,
                }
            )
            owners.append(row)
        if fresh:
            added[customer] += fresh
            changes = {"highlights": [before, [*before, *fresh]]}
            events.append((customer, changes, run.payload(row)))
    for row, pk in zip(owners, insert_rows(Highlight, records), strict=True):
        row.before.setdefault("highlights", []).append(pk)
    record_events(
        CUSTOMER_HIGHLIGHTED,
        [EventRow(Highlight.customer.field.related_model, pk, changes=c, payload=p) for pk, c, p in events],
        actor=run.actor,
    )


def add_tags(run: Run, rows: Sequence[StagedRow]) -> None:
    """Put the tags of these rows on their customers, making tags that do not exist yet."""
    wanted = {fold(name): name for row in rows for name in row.cleaned.get("tags", ())}
    if not wanted:
        return
    tags = {fold(tag.name): tag.pk for tag in Tag._base_manager.all() if fold(tag.name) in wanted}
    missing = [name for key, name in wanted.items() if key not in tags]
    Tag._base_manager.bulk_create(
        [Tag(name=name, name_sort=sort_key(name)) for name in missing], ignore_conflicts=True
    )
    if missing:
        tags = {fold(tag.name): tag.pk for tag in Tag._base_manager.all() if fold(tag.name) in wanted}
    links = [
        (row, tag_id)
        for row in rows
        for name in row.cleaned.get("tags", ())
        if (tag_id := tags.get(fold(name)))
    ]
    records = [
        {
            "customer_id": row.target_id,
            "tag_id": tag_id,
            "origin": CustomerTag.Origin.IMPORT.value,
            "added_by_id": run.user.pk,
        }
        for row, tag_id in links
    ]
    for (row, _tag), pk in zip(links, insert_rows(CustomerTag, records), strict=True):
        if pk:
            row.before.setdefault("tags", []).append(pk)
