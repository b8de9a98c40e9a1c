"""Contracts and orders of day one as sheets have them: one per row, with their own numbers and dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts import reference
from accounts.models.customer import ALIVE
from crm.listing.custom.importing import present_values
from crm.listing.importing.resource import Column, ImportResource, Key, Run, StagedRow
from crm.listing.importing.widgets import (
    AmountWidget,
    ChoiceWidget,
    DateWidget,
    LookupWidget,
    NumberWidget,
    TextWidget,
)
from sales.models import Order, OrderKind, OrderStatus
from sales.resources.products import PercentWidget
from sales.services import sheet_imports
from sales.services.lines import MOST_AMOUNT

KINDS = {"contract": "合同|销售合同|框架合同|contract", "order": "订单|销售订单|order|sales order"}
STATUSES = {
    "draft": "草稿|未签|未签订|draft",
    "effective": "已生效|已签|已签订|生效|执行中|signed|active|effective",
    "fulfilling": "履行中|交付中|in progress|fulfilling",
    "completed": "已完成|完成|结束|已结束|completed|closed",
    "expired": "已过期|到期|过期|expired",
    "terminated": "已终止|终止|解除|terminated|cancelled",
}
PLAIN = ("name", "payment_terms", "note", "external_id", "kind", "status", "currency", "number")


class OrderResource(ImportResource):
    """Contracts and orders: number, customer and amount; the rest as far as the sheet has it."""

    slug = "orders"
    model = Order
    noun = gettext_lazy("Contracts and orders")
    sheet_names = "合同|合同台账|订单|销售合同|contracts|orders"
    comes = 5
    keys = (
        Key("id", gettext_lazy("record"), lambda value: str(value)),
        Key("number", gettext_lazy("number"), lambda value: str(value).strip()),
        Key("external_id", gettext_lazy("external ID"), lambda value: str(value).strip()),
    )

    id = Column("id", label=gettext_lazy("Record number"), synonyms="系统编号", widget=NumberWidget())
    number = Column(
        "number",
        label=pgettext_lazy("order", "Number"),
        synonyms="合同编号|合同号|订单号|订单编号|编号|contract number|contract no|order number|order id|number",
        widget=TextWidget(60),
        required=True,
        example="HT-2025-0031",
    )
    customer = Column(
        "customer",
        label=gettext_lazy("Customer"),
        synonyms="客户名称|客户|公司名称|单位名称|甲方|买方|签约方|account|company|customer|buyer",
        widget=LookupWidget(reference.customer),
        required=True,
        example="嘉兴明锐光学有限公司",
        note=gettext_lazy("Name, number or external ID of a customer you may change"),
    )
    amount = Column(
        "amount",
        label=gettext_lazy("Amount"),
        synonyms="金额|合同金额|合同总额|订单金额|含税金额|总价|amount|total|contract value",
        widget=AmountWidget(),
        required=True,
        example="480,000",
        note=gettext_lazy("With tax"),
    )
    name = Column(
        "name",
        label=gettext_lazy("Subject"),
        synonyms="合同名称|名称|标题|项目名称|主题|subject|title|name",
        widget=TextWidget(200),
    )
    kind = Column(
        "kind",
        label=gettext_lazy("Kind"),
        synonyms="类型|合同类型|kind|type",
        widget=ChoiceWidget({code: words.split("|") for code, words in KINDS.items()}),
    )
    status = Column(
        "status",
        label=gettext_lazy("Status"),
        synonyms="状态|合同状态|执行状态|status|state",
        widget=ChoiceWidget({code: words.split("|") for code, words in STATUSES.items()}),
    )
    tax_rate = Column(
        "tax_rate",
        label=gettext_lazy("Tax rate"),
        synonyms="税率|增值税率|vat|tax rate",
        widget=PercentWidget(),
        example="13%",
    )
    currency = Column(
        "currency", label=gettext_lazy("Currency"), synonyms="币种|currency", widget=TextWidget(3)
    )
    signed_date = Column(
        "signed_date",
        label=gettext_lazy("Signed on"),
        synonyms="签订日期|签约日期|签署日期|合同日期|下单日期|签单日期|signed|signed on|date|order date",
        widget=DateWidget(),
    )
    start_date = Column(
        "start_date",
        label=gettext_lazy("Begins"),
        synonyms="开始日期|起始日期|生效日期|start|start date|begins",
        widget=DateWidget(),
    )
    end_date = Column(
        "end_date",
        label=gettext_lazy("Ends"),
        synonyms="结束日期|到期日|到期日期|截止日期|end|end date|expires",
        widget=DateWidget(),
    )
    owner = Column(
        "owner",
        label=gettext_lazy("Owner"),
        synonyms="负责人|业务员|销售|签单人|owner|sales rep",
        widget=LookupWidget(lambda run, text: run.people.owner(text)),
        note=gettext_lazy("Name or user name; empty means you"),
    )
    payment_terms = Column(
        "payment_terms",
        label=gettext_lazy("Payment terms"),
        synonyms="付款条款|付款方式|结算方式|payment terms|payment",
        widget=TextWidget(300),
    )
    note = Column(
        "note",
        label=gettext_lazy("Note"),
        synonyms="备注|说明|note|notes|remark",
        widget=TextWidget(2000, lines=True),
    )
    external_id = Column(
        "external_id",
        label=gettext_lazy("External ID"),
        synonyms="外部编号|原系统编号|external id",
        widget=TextWidget(100),
    )

    def check(self, run: Run, row: StagedRow) -> None:
        """A contract is no debt, its dates come in order, and what is sold was signed on a day that has come."""
        cleaned = row.cleaned
        if "amount" in cleaned and not 0 <= Decimal(cleaned["amount"]) < MOST_AMOUNT:
            message = _("Enter an amount from nothing to a hundred trillion.")
            row.fail("amount", message, run.headers.get("amount", ""), "amount")
        if "currency" in cleaned:
            cleaned["currency"] = cleaned["currency"].upper()
        signed, start, end = (cleaned.get(name) for name in ("signed_date", "start_date", "end_date"))
        if start and end and end < start:
            row.fail("term", _("It would end before it begins."), run.headers.get("end_date", ""), "end_date")
        if signed and run.today and signed > run.today.isoformat():
            message = _("This day lies in the future.")
            row.fail("future", message, run.headers.get("signed_date", ""), "signed_date")
        if cleaned.get("status", "draft") != "draft" and not signed and run.job.mode != "update":
            message = _("What was sold needs the day it was signed.")
            row.fail("unsigned", message, run.headers.get("signed_date", ""), "signed_date")

    def find(self, run: Run, keys: Sequence[str]) -> Mapping[str, Sequence[int]]:
        """The living contracts of each key, whoever owns them."""
        rows = Order._base_manager.filter(ALIVE)
        if run.key.name == "id":
            wanted = [int(key) for key in keys if key.isdecimal() and len(key) < 19]
            return {str(pk): [pk] for pk in rows.filter(pk__in=wanted).values_list("pk", flat=True)}
        found = rows.filter(**{f"{run.key.name}__in": keys}).values_list(run.key.name, "pk")
        return reference.grouped(found)

    def current(self, run: Run, rows: Sequence[StagedRow]) -> dict[int, dict[str, Any]]:
        """What the contracts are now, in the form of cleaned cells."""
        ids = [row.target_id for row in rows]
        extra = present_values(Order, ids, run.mapped)
        now = {}
        for order in Order._base_manager.filter(pk__in=ids).prefetch_related("lines"):
            rates = {line.tax_rate for line in order.lines.all()}
            days = {name: _iso(getattr(order, name)) for name in sheet_imports.DATES}
            now[order.pk] = {
                **{name: getattr(order, name) for name in PLAIN},
                **days,
                "id": order.pk,
                "customer": order.customer_id,
                "owner": order.owner_id,
                "amount": str(order.amount),
                "tax_rate": str(rates.pop()) if len(rates) == 1 else None,
                **extra.get(order.pk, {}),
            }
        return {row.number: now[row.target_id] for row in rows if row.target_id in now}

    def create(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Write the contracts."""
        sheet_imports.add_orders(run, rows)

    def update(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Change the contracts where a filled cell differs, as far as their state allows it."""
        sheet_imports.change_orders(run, rows)

    def take_back(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Undo what an import wrote, as far as nobody has touched it since."""
        sheet_imports.take_back_orders(run, rows)

    def occupied(self, run: Run, row: StagedRow, ids: Sequence[int]) -> str:
        return _("Occupied: this contract belongs to somebody else.")

    def shown(self, run: Run, name: str, value: Any) -> str:
        """Values in words: customers and colleagues by name, choices by label."""
        if name == "customer":
            return reference.customer_label(run, value)
        if name == "owner" and value in run.people.by_id:
            return str(run.people.by_id[value])
        if name == "kind":
            return str(dict(OrderKind.choices).get(value, value))
        if name == "status":
            return str(dict(OrderStatus.choices).get(value, value))
        return super().shown(run, name, value)


def _iso(day: Any) -> str | None:
    return day.isoformat() if day else None
