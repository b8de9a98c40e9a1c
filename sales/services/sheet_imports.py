"""Products with their prices, and contracts, as an import hands them over."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Customer
from accounts.services.import_undo import take_back_records
from crm.core.clock import company_today
from crm.core.money import BASE_CURRENCY
from crm.core.writes import RuleBroken
from crm.events.recording import EventRow, record_events
from crm.listing.custom import importing as custom
from crm.listing.importing.resource import Run, StagedRow
from sales.events.orders import ORDER_DELETED, ORDER_UPDATED
from sales.events.products import PRODUCT_DELETED, PRODUCT_IMPORTED, PRODUCT_UPDATED
from sales.models import Order, OrderKind, OrderStatus, PriceBook, PriceBookEntry, Product, TaxRate
from sales.services.first_deals import note_unsold
from sales.services.lines import Draft, check_currency, default_tax_rate, reckon
from sales.services.order_bulk import NewOrder, create_orders
from sales.services.orders import update_order
from sales.services.products import create_product, set_prices, update_product

PRODUCT_FIELDS = (
    "name", "name_en", "code", "category", "unit", "list_price", "currency", "cost", "tax_rate", "is_active",
    "description",
)  # fmt: skip
PRICE = "price_"  # before the number of a price book: the column of its prices
DECIMALS = frozenset({"list_price", "cost", "tax_rate"})
ORDER_CHANGES = ("name", "payment_terms", "note", "external_id", "start_date", "end_date", "signed_date")
DATES = frozenset({"signed_date", "start_date", "end_date"})


def add_products(run: Run, rows: Sequence[StagedRow]) -> None:
    """Add the products of these rows; one that breaks a rule is named and left out."""
    written = []
    for row in rows:
        values = _typed({name: row.cleaned[name] for name in PRODUCT_FIELDS if name in row.cleaned})
        values["custom"] = custom.values_of(Product, row.cleaned, new=True)
        try:
            row.target_id = create_product(actor=run.actor, **values).pk
            written.append(row)
        except RuleBroken as error:
            _fail(run, row, error)
    _imported(run, written)
    _set_prices([(row, _prices_in(row.cleaned)) for row in written], run)


def change_products(run: Run, rows: Sequence[StagedRow]) -> None:
    """Change products where a filled cell differs."""
    found = Product._base_manager.in_bulk([row.target_id for row in rows])
    priced = []
    for row in rows:
        product = found[row.target_id or 0]
        changes = {name: row.changes[name][1] for name in PRODUCT_FIELDS if name in row.changes}
        before = {name: _text(getattr(product, name)) for name in changes}
        if (extra := custom.merged(product, row.changes)) is not None:
            changes["custom"], before["custom"] = extra, product.custom
        row.before |= {"columns": before}
        try:
            update_product(product, actor=run.actor, payload=run.payload(row), **_typed(changes))
        except RuleBroken as error:
            _fail(run, row, error)
            continue
        prices = {name: pair for name, pair in row.changes.items() if name.startswith(PRICE)}
        row.before |= {"prices": prices}
        priced.append((row, _prices_in({name: new for name, (_old, new) in prices.items()})))
    _set_prices(priced, run)


def take_back_products(run: Run, rows: Sequence[StagedRow]) -> None:
    """Undo rows of a sheet of products: new ones go to the bin, changed ones get their earlier values and prices."""
    free = take_back_records(run, rows, Product, deleted=PRODUCT_DELETED, updated=PRODUCT_UPDATED)
    changed = [row for row in free if row.outcome == "updated" and row.before.get("prices")]
    now = present_prices(run, [row.target_id for row in changed])
    back = []
    for row in changed:
        held = now.get(row.target_id or 0, {})
        mine = {name: old for name, (old, new) in row.before["prices"].items() if held.get(name) == new}
        back.append((row, _prices_in(mine)))  # a price somebody has set since stays
    _set_prices(back, run)


def price_column(book: int) -> str:
    """The column of a sheet that says what products cost by a price book."""
    return f"{PRICE}{book}"


def present_prices(run: Run, ids: Sequence[int | None]) -> dict[int, dict[str, str]]:
    """What products cost now by the price books a sheet speaks of, in the form of cleaned cells, by product."""
    books = [int(name.removeprefix(PRICE)) for name in run.mapped if name.startswith(PRICE)]
    found: dict[int, dict[str, str]] = defaultdict(dict)
    entries = PriceBookEntry.objects.filter(book__in=books, product__in=ids) if books else ()
    for entry in entries:
        found[entry.product_id][price_column(entry.book_id)] = price_text(entry.price)
    return found


def price_text(price: Decimal) -> str:
    """A price as a cell has it: to the cent, or as fine as it is."""
    exact = price.normalize()
    return f"{exact:f}" if -int(exact.as_tuple().exponent) > 2 else f"{price:.2f}"


def _prices_in(cells: Mapping[str, Any]) -> dict[int, Decimal | None]:
    """The prices among cells, by price book; none where there was none."""
    named = {name: value for name, value in cells.items() if name.startswith(PRICE)}
    return {int(n.removeprefix(PRICE)): None if v is None else Decimal(v) for n, v in named.items()}


def _set_prices(wanted: Sequence[tuple[StagedRow, Mapping[int, Decimal | None]]], run: Run) -> None:
    """Write prices book by book, as far as the books are still there."""
    products = Product._base_manager.in_bulk([row.target_id for row, _prices in wanted])
    by_book: dict[int, dict[Product, Decimal | None]] = defaultdict(dict)
    for row, prices in wanted:
        for book, price in prices.items():
            by_book[book][products[row.target_id or 0]] = price
    for book in PriceBook.objects.filter(pk__in=by_book).order_by("pk"):
        set_prices(book, by_book[book.pk], actor=run.actor)


def add_orders(run: Run, rows: Sequence[StagedRow]) -> None:
    """Write contracts of day one with their own numbers and dates; each amount becomes one line."""
    customers = Customer._base_manager.in_bulk({row.cleaned["customer"] for row in rows})
    good, new = [], []
    for row in rows:
        try:
            order = _new_order(run, row, customers[row.cleaned["customer"]])
        except RuleBroken as error:
            _fail(run, row, error)
            continue
        good.append(row)
        new.append(order)
    for row, pk in zip(good, create_orders(new, actor=run.actor), strict=True):
        row.target_id = pk
        if pk is None:
            row.fail("taken", _("Another order has this number."), run.headers.get("number", ""), "number")


def _new_order(run: Run, row: StagedRow, customer: Customer) -> NewOrder:
    value = row.cleaned.get
    days = {name: datetime.date.fromisoformat(row.cleaned[name]) for name in DATES if name in row.cleaned}
    owner = run.people.by_id[value("owner") or run.user.pk]
    end, signed = days.get("end_date"), days.get("signed_date")
    status = value("status") or (OrderStatus.DRAFT if signed is None else OrderStatus.EFFECTIVE)
    if status == OrderStatus.EFFECTIVE and end is not None and run.today is not None and end < run.today:
        status = OrderStatus.EXPIRED
    rate = Decimal(value("tax_rate")) if "tax_rate" in row.cleaned else default_tax_rate()
    name = value("name") or customer.name
    line = Draft(name=name, price=Decimal(row.cleaned["amount"]), tax_rate=rate)
    rates: list[TaxRate] = run.once("tax rates", lambda: list(TaxRate.objects.all()))
    day = signed or company_today()
    held = {one.rate for one in rates if one.holds_on(day)}
    currency = value("currency") or BASE_CURRENCY
    check_currency(currency)
    reckon([line], currency=currency, tax_included=True, day=day, rates=held)
    return NewOrder(
        customer=customer,
        number=row.cleaned["number"],
        name=name,
        owner_id=owner.pk,
        team_id=owner.team_id,
        lines=[line],
        kind=value("kind") or OrderKind.CONTRACT,
        status=status,
        currency=currency,
        closed_date=end if status in (OrderStatus.EXPIRED, OrderStatus.COMPLETED) else None,
        payment_terms=value("payment_terms", ""),
        note=value("note", ""),
        external_id=value("external_id", ""),
        custom=custom.values_of(Order, row.cleaned, new=True),
        payload=run.payload(row),
        **days,
    )


def change_orders(run: Run, rows: Sequence[StagedRow]) -> None:
    """Change contracts where a filled cell differs, as far as their state allows it."""
    found = Order._base_manager.in_bulk([row.target_id for row in rows])
    for row in rows:
        order = found[row.target_id or 0]
        stuck = next((name for name in row.changes if name not in ORDER_CHANGES), None)
        if stuck:
            message = _("This is not changed by import: open the contract and amend it.")
            row.fail("frozen", message, run.headers.get(stuck, ""), stuck)
            continue
        changes = {name: row.changes[name][1] for name in ORDER_CHANGES if name in row.changes}
        row.before |= {"columns": {name: _text(getattr(order, name)) for name in changes}}
        try:
            update_order(order, actor=run.actor, payload=run.payload(row), **_typed(changes))
        except RuleBroken as error:
            _fail(run, row, error)


def take_back_orders(run: Run, rows: Sequence[StagedRow]) -> None:
    """Undo rows of a sheet of contracts; customers whose first deal came by them get the next one, or none."""
    free = take_back_records(run, rows, Order, deleted=ORDER_DELETED, updated=ORDER_UPDATED)
    made = Order._base_manager.filter(pk__in=[r.target_id for r in free if r.outcome == "created"])
    was = made.filter(effective_date__isnull=False).values_list("customer", "effective_date")
    days: dict[int, set[datetime.date]] = {}
    for customer_id, day in was:
        days.setdefault(customer_id, set()).add(day)
    for customer in Customer.objects.filter(pk__in=days).order_by("pk"):
        note_unsold(customer, days[customer.pk], actor=run.actor)


def _imported(run: Run, rows: Sequence[StagedRow]) -> None:
    record_events(
        PRODUCT_IMPORTED,
        [
            EventRow(Product, row.target_id, payload={"name": row.cleaned["name"], **run.payload(row)})
            for row in rows
        ],
        actor=run.actor,
    )


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Cleaned cells as the services take them: decimals and days instead of text."""
    found = {}
    for name, value in values.items():
        if value is not None and name in DECIMALS:
            value = Decimal(str(value))
        elif value and name in DATES:
            value = datetime.date.fromisoformat(value)
        found[name] = value
    return found


def _text(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _fail(run: Run, row: StagedRow, error: RuleBroken) -> None:
    field = error.field or ""
    row.fail(error.code, str(error), run.headers.get(field, ""), field)
