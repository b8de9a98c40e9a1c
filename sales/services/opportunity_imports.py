"""Opportunities written set-based, as an import hands them over."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Contact, Customer
from accounts.services.contact_imports import held
from accounts.services.import_undo import take_back_records
from crm.core.money import BASE_CURRENCY
from crm.core.pinyin import sort_key
from crm.core.sets import insert_rows, update_rows
from crm.core.text import fold
from crm.events.recording import EventRow, record_events
from crm.identity import access
from crm.identity.services import assign
from crm.listing.custom import importing as custom
from crm.listing.importing.resource import Run, StagedRow
from crm.records.searchable import search_columns
from sales.events.opportunities import OPPORTUNITY_DELETED, OPPORTUNITY_UPDATED
from sales.models import Opportunity, OpportunityLine, OpportunityStatus, Product, Stage
from sales.queries.opportunities import stages_of
from sales.rules import quoting
from sales.services.bulk import NewOpportunity, at_noon, create_opportunities, opportunity_words
from sales.services.opportunities import MOST_AMOUNT
from sales.services.stages import default_pipeline
from sales.services.unnamed import unnamed_customer

OWN = (
    "name", "amount", "currency", "reason", "competitor", "need", "source", "campaign", "external_id",
    "expected_close_date",
)  # fmt: skip
CHANGEABLE = ("name", "amount", "currency", "competitor", "need", "source", "campaign", "external_id")
MOST = MOST_AMOUNT


def steps_of(run: Run) -> list[Stage]:
    """The open stages of the pipeline that deals go into which name none."""
    return [stage for stage in run.once("default stages", _default_stages) if stage.is_open]


def _default_stages() -> list[Stage]:
    return stages_of(default_pipeline())


def products_by_name() -> dict[str, Product]:
    """The products by name, English name and code, spaces and case aside."""
    found: dict[str, Product] = {}
    for product in Product.objects.order_by("-is_active", "pk"):
        for text in (product.name, product.name_en, product.code):
            if text:
                found.setdefault(fold(text).replace(" ", ""), product)
    return found


def stage_words(run: Run, place: str) -> str:
    """Where a deal stands, for the preview."""
    if place.startswith("stage:"):
        return str(_stage(run, place))
    return str(dict(OpportunityStatus.choices).get(place, place))


def product_words(run: Run, pk: int) -> str:
    """The name of a product, for the preview."""
    return str(_products(run).get(pk, pk))


def _products(run: Run) -> dict[int, Product]:
    return run.once("products", lambda: {one.pk: one for one in Product.objects.all()})


def _stage(run: Run, place: str) -> Stage:
    stages = run.once(
        "stages", lambda: {stage.pk: stage for stage in Stage.objects.select_related("pipeline")}
    )
    return stages[int(place.removeprefix("stage:"))]


def add_opportunities(run: Run, rows: Sequence[StagedRow]) -> None:
    """Write deals with the stages they went through, as far as a sheet tells; a product becomes their one line."""
    ids = {row.cleaned["customer"] for row in rows if "customer" in row.cleaned}
    customers = Customer._base_manager.in_bulk(ids)
    people = _contacts(rows)
    new = [_new(run, row, customers, people) for row in rows]
    for row, pk in zip(rows, create_opportunities(new, actor=run.actor), strict=True):
        row.target_id = pk
        if pk is None:
            header = run.headers.get("external_id", "")
            row.fail("taken", _("Another record has this external ID."), header, "external_id")
    _add_lines(run, [(row, one) for row, one in zip(rows, new, strict=True) if row.target_id])


def _new(
    run: Run, row: StagedRow, customers: Mapping[int, Customer], people: Mapping[tuple[int, str], int]
) -> NewOpportunity:
    value = row.cleaned.get
    customer = customers.get(value("customer")) or run.once(
        "unnamed", lambda: unnamed_customer(run.user, actor=run.actor)
    )
    owner = run.people.by_id[value("owner") or run.user.pk]
    product = _products(run).get(value("product"))
    status, day = OpportunityStatus.OPEN, _date(value("close_date"))
    place = value("stage") or f"stage:{steps_of(run)[0].pk}"
    if not place.startswith("stage:"):
        status = OpportunityStatus(place)
    amount = Decimal(value("amount", 0))
    if "amount" not in row.cleaned and product is not None and status == OpportunityStatus.OPEN:
        amount = product.list_price.quantize(Decimal("0.01"))  # what nobody has said, the price list says
    opened = _date(value("opened_at")) or (day if status != OpportunityStatus.OPEN else None) or run.today
    return NewOpportunity(
        customer=customer,
        name=value("name") or " ".join(filter(None, [str(product or ""), value("external_id", "")])),
        stays=_stays(run, place, opened, day),
        owner_id=owner.pk,
        team_id=owner.team_id,
        amount=amount,
        currency=value("currency") or BASE_CURRENCY,
        status=status,
        closed_at=day if status != OpportunityStatus.OPEN else None,
        opened_at=opened,
        expected_close_date=day,
        reason=value("reason", ""),
        competitor=value("competitor", ""),
        contact_id=people.get((customer.pk, fold(value("contact", "")))),
        source=value("source", ""),
        campaign=value("campaign", ""),
        need=value("need", ""),
        external_id=value("external_id", ""),
        custom=custom.values_of(Opportunity, row.cleaned, new=True),
        payload=run.payload(row),
    )


def _date(text: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None


def _stays(
    run: Run, place: str, opened: datetime.date, closed: datetime.date | None
) -> list[tuple[Stage, datetime.datetime]]:
    """The stage a deal stands in since it was opened; a closed one began in the first and ended on its day."""
    begun = min(at_noon(opened), timezone.now())
    if place.startswith("stage:"):
        return [(_stage(run, place), begun)]
    kind = Stage.Kind.WON if place == OpportunityStatus.WON else Stage.Kind.LOST
    stages = run.once("default stages", _default_stages)
    end = next(stage for stage in stages if stage.kind == kind)
    ended = min(at_noon(closed or opened), timezone.now())
    return [(steps_of(run)[0], begun), (end, max(begun, ended))]


def _contacts(rows: Sequence[StagedRow]) -> dict[tuple[int, str], int]:
    """The contacts the rows name, of their customers; an unknown name leaves the deal without one."""
    customers = {
        row.cleaned["customer"] for row in rows if row.cleaned.get("contact") and "customer" in row.cleaned
    }
    found = Contact._base_manager.filter(customer__in=customers, deleted_at__isnull=True)
    return {
        (customer, fold(name)): pk for pk, customer, name in found.values_list("pk", "customer_id", "name")
    }


def _add_lines(run: Run, written: Sequence[tuple[StagedRow, NewOpportunity]]) -> None:
    records = []
    for row, deal in written:
        product = _products(run).get(row.cleaned.get("product"))
        if product is None:
            continue
        sums = quoting.line(1, deal.amount, rate=product.tax_rate)
        records.append(
            {
                "opportunity_id": row.target_id,
                "product_id": product.pk,
                "name": product.name,
                "unit": product.unit,
                "quantity": "1",
                "price": str(deal.amount),
                "discount": "0",
                "tax_rate": str(product.tax_rate),
                "listed": str(sums.listed),
                "amount": str(sums.gross),
                "net": str(sums.net),
                "tax": str(sums.tax),
                "position": 1,
            }
        )
    insert_rows(OpportunityLine, records)


def change_opportunities(run: Run, rows: Sequence[StagedRow]) -> None:
    """Change deals where a filled cell differs; where they stand and how they ended is people's to say."""
    ids = [row.target_id for row in rows]
    locked = Opportunity._base_manager.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    before = {one.pk: one for one in locked.select_related("customer")}
    movable = set(
        access.visible(Opportunity, run.user, "transfer").filter(pk__in=ids).values_list("pk", flat=True)
    )
    columns: dict[int, dict[str, Any]] = {}
    events, given = [], {}
    for row in rows:
        deal = before[row.target_id or 0]
        if not _may_change(run, row, deal, movable):
            continue
        if "owner" in row.changes:
            given.setdefault(row.changes["owner"][1], []).append(deal.pk)
        values = _changed(row, deal)
        if not values:
            continue
        columns[deal.pk] = values
        shown = {
            n: [_plain(getattr(deal, n)), _plain(v)]
            for n, v in values.items()
            if n in (*CHANGEABLE, "pushes")
        }
        if "custom" in values:
            shown |= custom.log_pairs(deal, values["custom"])
        about = [f"accounts.customer:{deal.customer_id}"]
        events.append(EventRow(Opportunity, deal.pk, changes=shown, payload=run.payload(row), about=about))
        row.before |= {"columns": {n: _plain(v) for n, v in held(deal, values).items()}, "changes": shown}
    update_rows(Opportunity, columns)
    record_events(OPPORTUNITY_UPDATED, events, actor=run.actor)
    for owner, deals in given.items():
        assign(Opportunity._base_manager.filter(pk__in=deals), owner=run.people.by_id[owner], actor=run.actor)


def _may_change(run: Run, row: StagedRow, deal: Opportunity, movable: set[int]) -> bool:
    header = run.headers.get
    if "customer" in row.changes:
        row.fail("fixed", _("A deal stays with its customer."), header("customer", ""), "customer")
    elif "owner" in row.changes and deal.pk not in movable:
        row.fail("transfer", _("You cannot transfer this deal."), header("owner", ""), "owner")
    return row.outcome == "updated"


def _changed(row: StagedRow, deal: Opportunity) -> dict[str, Any]:
    """The columns a row changes, with those that follow from them; putting the close off is counted."""
    new = {name: pair[1] for name, pair in row.changes.items()}
    values: dict[str, Any] = {name: new[name] for name in CHANGEABLE if name in new}
    if "close_date" in new and deal.is_open:
        values["expected_close_date"] = new["close_date"]
        earlier = deal.expected_close_date
        values["first_close_date"] = (deal.first_close_date or _date(new["close_date"])).isoformat()
        values["pushes"] = deal.pushes + bool(earlier and earlier.isoformat() < new["close_date"])
    if (extra := custom.merged(deal, row.changes)) is not None:
        values["custom"] = extra
    if {"name", "external_id", "custom"} & values.keys():
        name, kept = values.get("name", deal.name), values.get("custom", deal.custom)
        words = opportunity_words(name, deal.customer.name, values.get("external_id", deal.external_id), kept)
        values["search_text"], values["search_grams"] = search_columns(words)
        values["name_sort"] = sort_key(name)
    return values


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | datetime.date) else value


def take_back_opportunities(run: Run, rows: Sequence[StagedRow]) -> None:
    """Undo rows of a sheet of deals: new ones go to the bin, changed ones get their earlier values."""
    take_back_records(run, rows, Opportunity, deleted=OPPORTUNITY_DELETED, updated=OPPORTUNITY_UPDATED)
