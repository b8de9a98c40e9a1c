"""Rows and headings as HTML, by plain functions over strings: the hot path of every list page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from crm.core.templatetags.ui import icon
from crm.listing.columns import NOTHING, Column, Look

if TYPE_CHECKING:
    from crm.listing.declare import ListPage


MARK = 918273645546372819
"""Stands for a record's number in what every row repeats, so that its addresses and words are made once a page."""


@dataclass(frozen=True)
class Heading:
    """A column's heading; sortable ones carry the address that sorts by them, or turns the order round."""

    label: Any
    css: str
    url: str = ""
    state: str = ""  # "ascending", "descending" or ""


def headings(
    listing: ListPage, columns: Sequence[Column], sort: str, link: Callable[[str], str]
) -> list[Heading]:
    labels, found = listing.labels(), []
    for column in columns:
        label = labels[column.name]
        if not column.sort_path:
            found.append(Heading(label, column.classes))
            continue
        chosen, down = sort.removeprefix("-") == column.name, sort.startswith("-")
        target = column.name if not chosen or down else f"-{column.name}"
        state = ("descending" if down else "ascending") if chosen else ""
        found.append(Heading(label, column.classes, link(target), state))
    return found


@dataclass(frozen=True)
class Rows:
    """The same records twice: as the body of a table, and as the cards a phone shows instead."""

    table: SafeString
    cards: SafeString


def rows_of(
    listing: ListPage, columns: Sequence[Column], records: Sequence[Any], look: Look, *, tick: bool
) -> Rows:
    """One page of records as HTML. Row attributes are the hooks of the list's keyboard and of the quick actions."""
    starts = [f'<td class="{css}">' if (css := column.classes) else "<td>" for column in columns]
    spots = _spots(listing, columns)
    renders = [column.html for column in columns]
    select_label = str(conditional_escape(_("Select %(name)s")))
    table: list[str] = []
    cards: list[str] = []
    expands = bool(listing.row_expand) and (
        listing.expand_offered is None or listing.expand_offered(look.user)
    )
    endings = f"{_expander(listing, MARK) if expands else ''}{_peek(listing, MARK)}</td></tr>"
    for record in records:
        pk = record.pk
        css = listing.row_class(record, look) if listing.row_class else ""
        cells = [render(record, look) for render in renders]
        table.append(
            f'<tr id="row-{pk}" data-row="{pk}" class="{css}">'
            if css
            else f'<tr id="row-{pk}" data-row="{pk}">'
        )
        box = ""
        if tick:
            label = select_label.replace("%(name)s", str(conditional_escape(record)))
            box = f'<input type="checkbox" class="row-check" name="ids" value="{pk}" form="bulk" aria-label="{label}">'
            table += ('<td class="cell-check">', box, "</td>")
        for start, cell in zip(starts, cells, strict=True):
            table += (start, cell, "</td>")
        actions = listing.row_actions(record, look) if listing.row_actions else ""
        table.append(f'<td class="cell-actions">{actions}{endings.replace(str(MARK), str(pk))}')
        cards.append(_card(pk, spots, cells, box))
    return Rows(mark_safe("".join(table)), mark_safe("".join(cards)))


def _spots(listing: ListPage, columns: Sequence[Column]) -> list[tuple[str, str]]:
    """Where each cell stands on a card, and the word before it where it says nothing by itself."""
    labels = listing.labels()
    return [
        (column.card, str(conditional_escape(labels[column.name])) if column.card and column.worded else "")
        for column in columns
    ]


def _card(pk: int, spots: Sequence[tuple[str, str]], cells: Sequence[str], box: str) -> str:
    at: dict[str, list[str]] = {}
    for (place, word), cell in zip(spots, cells, strict=True):
        if place and cell != NOTHING:  # without its heading a dash says nothing
            worded = f'<span class="worded"><span class="muted">{word}</span> {cell}</span>' if word else cell
            at.setdefault(place, []).append(worded)
    title, badge, corner, line, meta, right = (
        " ".join(at.get(place, ())) for place in ("title", "badge", "corner", "subtitle", "meta", "right")
    )
    second = f'<div class="line">{line}</div>' if line else ""
    third = f'<div class="bottom">{meta}<span class="push">{right}</span></div>' if meta or right else ""
    return (
        f'<article class="rec-card" data-card="{pk}"><div class="top">{box}<span class="name">{title}</span>{badge}'
        f'<span class="push">{corner}</span></div>{second}{third}</article>'
    )


def _peek(listing: ListPage, pk: int) -> str:
    """What Space presses: a short look in the drawer."""
    if not listing.peek:
        return ""
    url = reverse(listing.peek, args=[pk])
    return f'<a data-peek hidden href="{url}" hx-get="{url}" hx-target="#drawer" hx-swap="innerHTML" hx-push-url="false"></a>'


def _expander(listing: ListPage, pk: int) -> str:
    """The button that opens the row's quick form; a plain link without JavaScript."""
    url, label = reverse(listing.row_expand, args=[pk]), conditional_escape(_("Write a follow-up"))
    return (
        f'<a class="icon-btn icon-btn-small" href="{url}" hx-get="{url}" hx-target="#row-{pk}" hx-swap="afterend" hx-push-url="false"'
        f' title="{label}" aria-label="{label}" data-key="n f">{icon("message-plus", 16)}</a>'
    )
