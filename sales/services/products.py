"""Products, price books and tax rates: what can be sold, and at what price."""

import datetime
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.services.cleaning import cleaned
from crm.core.pinyin import sort_key
from crm.core.writes import RuleBroken, check_version, lock, only, save_versioned, without_double
from crm.events.actor import Actor
from crm.events.recording import record_event, recording
from crm.identity.models import Team
from crm.records.services.custom_values import check_free, settle
from sales.events.products import (
    PRICE_BOOK_SAVED,
    PRODUCT_CREATED,
    PRODUCT_DELETED,
    PRODUCT_RESTORED,
    PRODUCT_UPDATED,
    TAX_RATE_SAVED,
)
from sales.models import PriceBook, PriceBookEntry, Product, TaxRate
from sales.services.lines import MOST_PRICE, check_currency, default_tax_rate

EDITABLE = (
    "name", "name_en", "code", "category", "unit", "list_price", "currency", "cost", "tax_rate", "is_active",
    "description", "custom",
)  # fmt: skip


@transaction.atomic
def create_product(*, actor: Actor, **values: Any) -> Product:
    """Add a product to what can be sold."""
    only(EDITABLE, values)
    custom = values.pop("custom", {})
    values = cleaned(Product, {"name": values.pop("name", ""), **values})
    values.setdefault("tax_rate", default_tax_rate())
    product = Product(**values)
    check_product(product)
    product.custom = settle(product, custom)
    product.fill_search()
    with _known_once():
        product.save()
    record_event(PRODUCT_CREATED, product, actor=actor, payload={"name": product.name})
    return product


@transaction.atomic
def update_product(
    product: Product,
    *,
    actor: Actor,
    expected: int | None = None,
    payload: Mapping[str, Any] | None = None,
    **values: Any,
) -> Product:
    """Change a product; lines written before keep what they say. `payload` says where the change comes from."""
    only(EDITABLE, values)
    product = lock(product)
    _in_use(product)
    check_version(product, expected)
    custom = values.pop("custom", None)
    values = cleaned(Product, values)
    changed = {name: value for name, value in values.items() if getattr(product, name) != value}
    with recording(PRODUCT_UPDATED, product, actor=actor) as draft:
        for name, value in changed.items():
            setattr(product, name, value)
        settled = settle(product, custom or {}, changed=changed)
        if settled != product.custom:
            changed["custom"] = product.custom = settled
        if not changed:
            return product
        draft.payload.update(payload or {})
        check_product(product)
        product.name_sort = sort_key(product.name)
        with _known_once():
            save_versioned(product, [*changed, "name_sort", *product.fill_search()])
    return product


@transaction.atomic
def delete_product(product: Product, *, actor: Actor, expected: int | None = None) -> Product:
    """Move a product to the bin; quotes and orders keep their lines about it."""
    product = lock(product)
    check_version(product, expected)
    if product.deleted_at is not None:
        return product
    with recording(PRODUCT_DELETED, product, actor=actor, always=True):
        product.deleted_at, product.deleted_by_id = timezone.now(), actor.user_id
        save_versioned(product, ["deleted_at", "deleted_by_id"])
    return product


@transaction.atomic
def restore_product(product: Product, *, actor: Actor) -> Product:
    """Take a product out of the bin."""
    product = lock(product)
    if product.deleted_at is None:
        return product
    if product.code and Product.objects.filter(code=product.code).exists():
        raise RuleBroken(
            _("%(name)s cannot be restored: another product has the code %(code)s now.")
            % {"name": product.name, "code": product.code},
            code="conflict",
        )
    check_free(product)
    with recording(PRODUCT_RESTORED, product, actor=actor, always=True):
        product.deleted_at = product.deleted_by_id = None
        save_versioned(product, ["deleted_at", "deleted_by_id"])
    return product


@transaction.atomic
def save_price_book(
    book: PriceBook | None,
    *,
    actor: Actor,
    teams: Iterable[Team] | None = None,
    expected: int | None = None,
    **values: Any,
) -> PriceBook:
    """Add a price book or change one; the default of a currency is the only one of it."""
    values = cleaned(PriceBook, {"name": values.pop("name", book.name if book else ""), **values})
    fresh = book is None
    book = PriceBook() if book is None else lock(book)
    check_version(book, expected)
    if not fresh and values.get("currency", book.currency) != book.currency and book.entries.exists():
        raise RuleBroken(_("A price book with prices keeps its currency."), field="currency")
    with recording(PRICE_BOOK_SAVED, book, actor=actor) as draft:
        changed = [name for name, value in values.items() if getattr(book, name) != value]
        for name in changed:
            setattr(book, name, values[name])
        check_currency(book.currency)
        if book.valid_from and book.valid_until and book.valid_until < book.valid_from:
            raise RuleBroken(_("It would end before it begins."), field="valid_until")
        if book.is_default:
            _take_default(book, actor)
        try:
            with transaction.atomic():
                if fresh:
                    book.save()
                elif changed:
                    save_versioned(book, changed)
        except IntegrityError as error:
            raise RuleBroken(_("There is a price book with this name already."), field="name") from error
        if teams is not None and (given := _give_to(book, list(teams))):
            draft.payload |= given
            if not changed:
                save_versioned(book, [])
    return book


def _take_default(book: PriceBook, actor: Actor) -> None:
    """The book that was the default of this currency so far is it no more."""
    rows = PriceBook.objects.select_for_update().filter(currency=book.currency, is_default=True)
    for other in rows.exclude(pk=book.pk):
        with recording(PRICE_BOOK_SAVED, other, actor=actor):
            other.is_default = False
            save_versioned(other, ["is_default"])


def _give_to(book: PriceBook, teams: list[Team]) -> dict[str, Any]:
    """Let these teams sell by the book; what its event says of them, where they are others than before."""
    before = list(book.teams.order_by("pk"))
    if {one.pk for one in before} == {one.pk for one in teams}:
        return {}
    book.teams.set(teams)
    return {"teams": {"before": [str(one) for one in before], "after": [str(one) for one in teams]}}


@transaction.atomic
def set_prices(book: PriceBook, prices: Mapping[Product, Decimal | None], *, actor: Actor) -> int:
    """Set what products cost by a price book, none takes the price away; returns how many changed."""
    book = lock(book)
    before = dict(book.entries.values_list("product_id", "price"))
    gone = [one.pk for one, price in prices.items() if price is None and one.pk in before]
    for price in prices.values():
        if price is not None and not 0 <= price < MOST_PRICE:
            raise RuleBroken(_("Enter a price from nothing up."), field="price")
    new = {
        one.pk: price for one, price in prices.items() if price is not None and before.get(one.pk) != price
    }
    if not gone and not new:
        return 0
    book.entries.filter(product__in=gone).delete()
    PriceBookEntry.objects.bulk_create(
        [PriceBookEntry(book=book, product_id=pk, price=price) for pk, price in new.items()],
        update_conflicts=True,
        unique_fields=["book", "product"],
        update_fields=["price"],
    )
    names = {one.pk: f"{one.code} {one.name}".strip() for one in prices}
    was = {names[pk]: str(before[pk]) for pk in [*gone, *new] if pk in before}
    now = {names[pk]: str(price) for pk, price in new.items()}
    record_event(PRICE_BOOK_SAVED, book, actor=actor, payload={"before": was, "prices": now})
    save_versioned(book, [])
    return len(gone) + len(new)


@transaction.atomic
def delete_price_book(book: PriceBook, *, actor: Actor, expected: int | None = None) -> None:
    """Do away with a price book; quotes made by it keep their prices."""
    book = lock(book)
    check_version(book, expected)
    record_event(PRICE_BOOK_SAVED, book, actor=actor, payload={"name": book.name, "deleted": True})
    book.delete()


@transaction.atomic
def save_tax_rate(
    row: TaxRate | None,
    *,
    actor: Actor,
    name: str,
    rate: Decimal,
    name_en: str = "",
    valid_from: datetime.date | None = None,
    valid_until: datetime.date | None = None,
    is_default: bool = False,
) -> TaxRate:
    """Add a rate of tax or say until when one holds; what was taxed with it before stays as it is."""
    row = TaxRate() if row is None else lock(row)
    if not 0 <= rate <= 1:
        raise RuleBroken(_("A rate lies between 0 and 100 %."), field="rate")
    if valid_from and valid_until and valid_until < valid_from:
        raise RuleBroken(_("It would end before it begins."), field="valid_until")
    values = cleaned(TaxRate, {"name": name, "name_en": name_en})
    row.name, row.name_en, row.rate = values["name"], values["name_en"], rate
    row.valid_from, row.valid_until, row.is_default = valid_from, valid_until, is_default
    if is_default:
        TaxRate.objects.filter(is_default=True).exclude(pk=row.pk).update(is_default=False)
    row.save()
    record_event(TAX_RATE_SAVED, row, actor=actor, payload={"name": row.name, "rate": str(rate)})
    return row


def check_product(product: Product) -> None:
    """The rules a product keeps, whoever writes it."""
    if not 0 <= product.list_price < MOST_PRICE:
        raise RuleBroken(_("Enter a price from nothing up."), field="list_price")
    if product.cost is not None and not 0 <= product.cost < MOST_PRICE:
        raise RuleBroken(_("Enter a cost from nothing up."), field="cost")
    if not TaxRate.objects.filter(rate=product.tax_rate).exists():
        raise RuleBroken(_("There is no such tax rate."), field="tax_rate")
    check_currency(product.currency)


def _in_use(product: Product) -> None:
    if product.deleted_at is not None:
        raise RuleBroken(_("%(name)s lies in the bin.") % {"name": product.name}, code="deleted")


def _known_once() -> AbstractContextManager[None]:
    """What the database keeps once, and how people are told."""
    return without_double(code=_("There is a product with this code already."))
