"""Products as price lists have them: one per row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export import widgets

from accounts import reference
from crm.core.text import fold, narrow
from crm.identity import access
from crm.identity.models import User
from crm.listing.custom.importing import present_values
from crm.listing.importing.resource import Column, ImportResource, Key, Run, StagedRow
from crm.listing.importing.widgets import AmountWidget, CellError, ChoiceWidget, NumberWidget, TextWidget
from sales.models import PriceBook, Product
from sales.queries.products import books_in_use
from sales.services import sheet_imports
from sales.services.lines import MOST_PRICE
from sales.services.sheet_imports import price_text

YES_NO = {"true": "是|在售|启用|上架|有效|yes|y|1|active", "false": "否|停售|停用|下架|无效|no|n|0|inactive"}


class PercentWidget(widgets.Widget):
    """A rate of tax: 13%, 13 or 0.13."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        text = narrow(value).replace("％", "%").strip()
        try:
            number = Decimal(text.removesuffix("%").strip())
        except InvalidOperation as error:
            raise CellError("rate", _("Write the tax rate as 13% or 0.13.")) from error
        share = number / 100 if text.endswith("%") or number >= 1 else number
        if not share.is_finite() or not 0 <= share <= 1:
            raise CellError("rate", _("Write the tax rate as 13% or 0.13."))
        return str(share.quantize(Decimal("0.0001")))


class PriceWidget(AmountWidget):
    """A price from nothing up, as fine as prices are kept: a screw may cost 0.0125."""

    places = Decimal("0.0001")

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        price = Decimal(super().clean(value, row=row, **kwargs))
        if not 0 <= price < MOST_PRICE:
            raise CellError("price", _("Enter a price from nothing up"))
        return price_text(price)


def _price_label(name: str, currency: str) -> str:
    return _("Price in “%(book)s” (%(currency)s)") % {"book": name, "currency": currency}


price_label = lazy(_price_label, str)  # of the column of a price book, in a sheet and in the list


class ProductResource(ImportResource):
    """Products with their list price, and what they cost by each price book."""

    slug = "products"
    model = Product
    noun = gettext_lazy("Products")
    sheet_names = "产品|产品表|价格表|商品|products|items"
    comes = 2
    keys = (
        Key("id", gettext_lazy("number"), lambda value: str(value)),
        Key("code", gettext_lazy("product code"), lambda value: str(value).strip()),
        Key("name", gettext_lazy("name"), fold),
    )

    id = Column("id", label=gettext_lazy("Record number"), synonyms="系统编号", widget=NumberWidget())
    name = Column(
        "name",
        label=gettext_lazy("Product"),
        synonyms="产品名称|产品|品名|商品名称|名称|product|product name|item|name",
        widget=TextWidget(200),
        required=True,
        example="视觉检测站 VS-200",
    )
    code = Column(
        "code",
        label=gettext_lazy("Code"),
        synonyms="产品编码|编码|型号|货号|物料编码|料号|sku|code|part number|product code",
        widget=TextWidget(60),
    )
    category = Column(
        "category",
        label=gettext_lazy("Category"),
        synonyms="类别|产品类别|分类|系列|series|category|type",
        widget=TextWidget(60),
    )
    unit = Column(
        "unit", label=gettext_lazy("Unit"), synonyms="单位|计量单位|unit|uom", widget=TextWidget(20)
    )
    list_price = Column(
        "list_price",
        label=gettext_lazy("List price"),
        synonyms="标准价|价格|单价|售价|含税单价|list price|price|sales price|sales_price",
        widget=PriceWidget(),
        example="186,000",
    )
    currency = Column(
        "currency", label=gettext_lazy("Currency"), synonyms="币种|currency", widget=TextWidget(3)
    )
    tax_rate = Column(
        "tax_rate",
        label=gettext_lazy("Tax rate"),
        synonyms="税率|增值税率|vat|tax rate|tax",
        widget=PercentWidget(),
        example="13%",
    )
    cost = Column("cost", label=gettext_lazy("Cost"), synonyms="成本|成本价|cost", widget=PriceWidget())
    is_active = Column(
        "is_active",
        label=gettext_lazy("On sale"),
        synonyms="在售|状态|启用|active|status",
        widget=ChoiceWidget({code: words.split("|") for code, words in YES_NO.items()}),
    )
    name_en = Column(
        "name_en",
        label=gettext_lazy("English name"),
        synonyms="英文名|英文名称|english name",
        widget=TextWidget(200),
    )
    description = Column(
        "description",
        label=gettext_lazy("Description"),
        synonyms="说明|描述|规格|备注|description|notes",
        widget=TextWidget(2000, lines=True),
    )

    def more_columns(self, user: User) -> dict[str, Column]:
        """A column for each price book in use, headed by its name, for whoever may change price books."""
        if not access.has_verb(user, "change", PriceBook):
            return {}
        return {
            sheet_imports.price_column(book.pk): Column(
                label=price_label(book.name, book.currency),
                synonyms=book.name.replace("|", " "),
                widget=PriceWidget(),
            )
            for book in books_in_use(user)
        }

    def check(self, run: Run, row: StagedRow) -> None:
        """Yes and no become true and false."""
        if isinstance(row.cleaned.get("is_active"), str):
            row.cleaned["is_active"] = row.cleaned["is_active"] == "true"
        if "currency" in row.cleaned:
            row.cleaned["currency"] = row.cleaned["currency"].upper()

    def find(self, run: Run, keys: Sequence[str]) -> Mapping[str, Sequence[int]]:
        """The living products of each key."""
        rows = Product.objects.all()
        if run.key.name == "id":
            wanted = [int(key) for key in keys if key.isdecimal() and len(key) < 19]
            return {str(pk): [pk] for pk in rows.filter(pk__in=wanted).values_list("pk", flat=True)}
        if run.key.name == "code":
            return reference.grouped(rows.filter(code__in=keys).values_list("code", "pk"))
        wanted_names = set(keys)
        named = ((fold(name)[:255], pk) for name, pk in rows.values_list("name", "pk"))
        return reference.grouped(pair for pair in named if pair[0] in wanted_names)

    def current(self, run: Run, rows: Sequence[StagedRow]) -> dict[int, dict[str, Any]]:
        """What the products are now, in the form of cleaned cells."""
        ids = [row.target_id for row in rows]
        extra = present_values(Product, ids, run.mapped)
        prices = sheet_imports.present_prices(run, ids)
        now = {}
        for record in Product.objects.filter(pk__in=ids).values("id", *sheet_imports.PRODUCT_FIELDS):
            plain = {
                name: _as_cell(name, record[name]) if name in sheet_imports.DECIMALS else record[name]
                for name in record
            }
            now[record["id"]] = plain | extra.get(record["id"], {}) | prices.get(record["id"], {})
        return {row.number: now[row.target_id] for row in rows if row.target_id in now}

    def create(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Add the products."""
        sheet_imports.add_products(run, rows)

    def update(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Change the products where a filled cell differs."""
        sheet_imports.change_products(run, rows)

    def take_back(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Undo what an import wrote, as far as nobody has touched it since."""
        sheet_imports.take_back_products(run, rows)


def _as_cell(name: str, value: Decimal | None) -> str | None:
    """A stored number as the widget of its column would read it."""
    if value is None:
        return None
    return str(value) if name == "tax_rate" else price_text(value)
