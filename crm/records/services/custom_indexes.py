"""Indexes that let lists sort and narrow by a custom field at a million rows.

The app's database role may not make indexes. A function of the owner's (`custom_field_index`, see the migration) makes
exactly these and nothing else; ADR 60 says why. Which are wanted follows from the fields themselves, so the task that
calls this may run at any time, any number of times.
"""

from __future__ import annotations

import hashlib
from typing import Any

import structlog
from django.db import OperationalError, connection, models, transaction
from django.utils import timezone

from crm.core.locks import hold
from crm.records.custom_sql import options_of, sort_kind
from crm.records.models.custom_field import CustomField
from crm.records.queries.custom_fields import carrier, carriers
from crm.records.searchable import Searchable, search_columns

log = structlog.get_logger(__name__)

LEADS = (
    "",
    "owner_id",
    "team_id",
)  # the whole table, one person's records, one team's: the scopes lists walk
STATISTICS = "statistics"  # not an index: what the planner knows of the values (it asks no partial index)
FORM = "2"  # raised when indexes are to be made anew
SEARCH_BATCH = 1000


def signature(one: CustomField) -> str:
    """What the indexes of a field must be like; another one means that they are made anew."""
    if not one.is_sortable or one.archived_at is not None:
        return ""
    text = "|".join([FORM, sort_kind(one), *options_of(one)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def build_indexes() -> int:
    """Make the indexes that fields want and drop those nobody wants any more; returns how many fields were seen to.

    Each index is made in a transaction of its own, which holds writers up only that long; where the table is busy the
    next run tries again.
    """
    done = 0
    for one in CustomField._base_manager.order_by("pk"):
        wanted = signature(one)
        if one.index_built == wanted or carrier(one.model) is None:
            continue
        try:
            _build(one, wanted)
        except OperationalError as error:  # somebody holds the table: later
            log.warning("field_index_postponed", field=f"{one.model}:{one.key}", error=str(error))
            continue
        CustomField._base_manager.filter(pk=one.pk).update(index_built=wanted)
        done += 1
    return done


def _build(one: CustomField, wanted: str) -> None:
    model = carrier(one.model)
    if model is None:
        return
    columns = {f.column for f in model._meta.concrete_fields}
    leads = [lead for lead in LEADS if not lead or lead in columns] + [STATISTICS]
    for lead in leads:
        with transaction.atomic(), connection.cursor() as cursor:
            hold("custom-field-index")  # two cannot make one index
            cursor.execute(
                "SELECT custom_field_index(%s, %s, %s, %s::text[], %s, %s)",
                [model._meta.db_table, one.key, sort_kind(one), options_of(one), lead, bool(wanted)],
            )


def refill_search() -> int:
    """Renew what records are found by after a searched field changed, batch by batch; returns how many were renewed.

    A field is narrowed by through the search index only once all its values are in it (`search_ready`).
    """
    done = 0
    for model in carriers():
        label = model._meta.label_lower
        waiting = CustomField._base_manager.filter(model=label, search_ready=False)
        late = [one.pk for one in waiting]
        if not late or not issubclass(model, Searchable):
            waiting.update(search_ready=True)
            continue
        started = timezone.now()
        done += _refill(model)
        CustomField._base_manager.filter(pk__in=late, updated_at__lte=started).update(search_ready=True)
    return done


def _refill(model: type[Any]) -> int:
    done, after = 0, 0
    while True:
        with transaction.atomic():
            rows = list(
                model._base_manager.select_for_update(of=("self",))
                .filter(pk__gt=after)
                .exclude(custom={})
                .order_by("pk")[:SEARCH_BATCH]
            )
            if not rows:
                return done
            models.prefetch_related_objects(rows, *getattr(model, "search_prefetch", ()))
            for record in rows:
                record.search_text, record.search_grams = search_columns(record.search_values())
            model._base_manager.bulk_update(rows, ["search_text", "search_grams"])
        done += len(rows)
        after = rows[-1].pk
