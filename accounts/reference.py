"""Reference data as imports look it up: industries and places by any of their names, colleagues, tags."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext as _

from accounts.models import Customer, CustomerTag
from crm.core import divisions
from crm.core.pinyin import sort_key
from crm.core.text import fold, narrow
from crm.identity import access
from crm.identity.models import User
from crm.listing.importing import parts, staging
from crm.listing.importing.mapping import one_of
from crm.listing.importing.widgets import CellError
from crm.records.models import Industry, Region

if TYPE_CHECKING:
    from crm.listing.importing.resource import Run

SEPARATORS = re.compile(r"[\s\-–—/·,，.、>|]+")


def grouped(pairs: Iterable[tuple[Any, int]]) -> dict[str, list[int]]:
    """(key, id) pairs as key → ids."""
    found: dict[str, list[int]] = defaultdict(list)
    for key, pk in pairs:
        found[str(key)].append(pk)
    return dict(found)


def industry_names() -> dict[str, str]:
    """Every name an industry goes by, with its code; the class beats the section of the same name."""
    names: dict[str, str] = {}
    for row in Industry._base_manager.filter(is_active=True).order_by("code"):
        for name in (row.code, row.name, row.name_en, *re.split(r"[,，;；、]", row.aliases)):
            if key := fold(name):
                names[key] = row.pk
    return names


def industry(run: Run, text: str) -> str:
    """The code of an industry by code or any of its names; raises CellError for an unknown one."""
    names = run.once("industries", industry_names)
    found = names.get(fold(text)) or names.get(fold(text).removesuffix("行业").removesuffix("业"))
    if found is None:
        close = difflib.get_close_matches(fold(text), names, n=1, cutoff=0.6)
        message = _("There is no industry called %(name)s.") % {"name": text[:40]}
        raise CellError("industry", message, close[0] if close else "")
    return found


def region(run: Run, text: str) -> str:
    """The code of a place by code or name, province, city and district in one cell included."""
    read: dict[str, str] = run.once("regions read", dict)  # few places, many rows
    if text not in read:
        read[text] = _region(run, text)
    return read[text]


def _region(run: Run, text: str) -> str:
    codes, names = run.once("regions", region_names)
    plain = narrow(text)
    if plain.isdecimal() and plain.ljust(6, "0") in codes:
        return plain.ljust(6, "0")
    found = place_code(plain)
    if found in codes:
        return found
    held = names.get(fold(text), set())
    if len(held) == 1:
        return next(iter(held))
    if len(held) > 1:
        raise CellError(
            "region", _("Several places are called %(name)s. Add the city.") % {"name": text[:40]}
        )
    raise CellError("region", _("There is no place called %(name)s.") % {"name": text[:40]})


def place_code(text: str) -> str:
    """The division a text names, separators between its levels aside; empty if there is more in it."""
    joined = SEPARATORS.sub("", text).removeprefix("中国")
    place = divisions.leading_place(joined)
    return place.code if place and place.length == len(joined) else ""


def region_names() -> tuple[set[str], dict[str, set[str]]]:
    """All codes, and the names in both languages with the codes they may mean."""
    codes: set[str] = set()
    names: dict[str, set[str]] = defaultdict(set)
    for row in Region._base_manager.filter(is_active=True).only(
        "code", "name", "name_en", "full_name", "full_name_en"
    ):
        codes.add(row.pk)
        for name in (row.name, row.name_en, row.full_name, row.full_name_en):
            if key := fold(name):
                names[key].add(row.pk)
    return codes, dict(names)


def looks_like_region(text: str) -> bool:
    """Whether a cell names a place."""
    return bool(place_code(narrow(text)))


def looks_like_industry() -> Callable[[str], bool]:
    """A check whether a cell names an industry."""
    known = set(industry_names())
    return lambda text: fold(text) in known or fold(text).removesuffix("行业").removesuffix("业") in known


def looks_like_colleague() -> Callable[[str], bool]:
    """A check whether a cell names a colleague."""
    return one_of(
        name for names in User._base_manager.values_list("name", "username") for name in names if name
    )


def tags_of(customer_ids: Iterable[int | None]) -> dict[int, list[str]]:
    """The names of the tags of customers, an empty list for those without."""
    found: dict[int, list[str]] = {pk: [] for pk in customer_ids if pk}
    rows = CustomerTag._base_manager.filter(customer__in=list(found)).values_list("customer_id", "tag__name")
    for pk, name in rows:
        found[pk].append(name)
    return found


# --- Customers as other records name them ----------------------------------------------------------


def customer(run: Run, text: str) -> int:
    """The customer a cell names by name, number or external ID, among those the importer may change.

    A hidden customer is refused in the very words of an absent one.
    """
    found = run.once("customers named", dict)
    key = fold(text)
    if key not in found:
        found[key] = _customers_named(run, text)
    ids = found[key]
    if len(ids) == 1:
        return ids[0]
    if not ids and (row := _promised(run).get(key)):
        return -row  # a customer that the first sheet of the workbook will make
    if ids:
        raise CellError(
            "ambiguous_customer",
            _("%(count)s of your customers are called so. Write the number.") % {"count": len(ids)},
        )
    raise CellError("unknown_customer", _("None of your customers is called %(name)s.") % {"name": text[:60]})


def _promised(run: Run) -> dict[str, int]:
    """The customers that the first sheet of the workbook will make, by name and external ID."""
    if run.job.parent_id is None:
        return {}
    return run.once("customers promised", lambda: parts.promised(run, ("external_id", "name")))


def customers_within_reach(run: Run) -> models.QuerySet[Customer]:
    """The customers the importer may change."""
    return access.visible(Customer, run.user, "change")


def _customers_named(run: Run, text: str) -> list[int]:
    reachable = run.once("customers within reach", lambda: customers_within_reach(run))
    named = reachable.filter(name_sort=sort_key(text)).values_list("pk", "name")
    ids = [pk for pk, name in named if fold(name) == fold(text)]
    if not ids:
        ids = list(reachable.filter(external_id=text).exclude(external_id="").values_list("pk", flat=True))
    if not ids and text.isdecimal() and len(text) < 16:
        ids = list(reachable.filter(pk=int(text)).values_list("pk", flat=True))
    return ids


def customer_label(run: Run, pk: int) -> str:
    """The name of a customer the importer may change."""
    labels: dict[int, str] = run.once("customer labels", dict)
    if pk not in labels:
        if pk < 0 and run.job.parent is not None:
            labels[pk] = staging.cleaned_of(run.job.parent, [-pk]).get(-pk, {}).get("name", "")
        else:
            name = Customer._base_manager.filter(pk=pk).values_list("name", flat=True).first()
            labels[pk] = name or str(pk)
    return labels[pk]
