"""Payment plans and receipts as sheets have them: one instalment or receipt per row, with the contract's number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts import reference
from crm.core.text import fold
from crm.identity import access
from crm.listing.importing.resource import Column, ImportResource, Key, Run, StagedRow
from crm.listing.importing.widgets import (
    AmountWidget,
    CellError,
    ChoiceWidget,
    DateWidget,
    LookupWidget,
    NumberWidget,
    TextWidget,
)
from sales.models import Order, PaymentMethod, PaymentPlan, Receipt, ReceiptStatus
from sales.services import payment_imports

METHODS = {
    "transfer": "银行转账|转账|电汇|网银|对公转账|transfer|wire|bank",
    "acceptance": "承兑|银行承兑|承兑汇票|汇票|银承|acceptance",
    "cheque": "支票|cheque|check",
    "online": "微信|支付宝|扫码|在线支付|wechat|alipay|online",
    "cash": "现金|cash",
    "opening": "期初|期初余额|上线前|opening|opening balance",
    "other": "其他|其它|other",
}
STATUSES = {"confirmed": "已确认|已到账|到账|确认|confirmed", "draft": "待确认|未确认|草稿|draft"}


def order_named(run: Run, text: str) -> int:
    """The contract a cell names by number or external ID, among those the importer sees; hidden ones are unknown."""
    found = run.once("contracts named", dict)
    key = fold(text)
    if key not in found:
        rows = access.visible(Order, run.user)
        ids = list(rows.filter(number__iexact=text.strip()).values_list("pk", flat=True)[:2])
        if not ids:
            ids = list(rows.filter(external_id=text).exclude(external_id="").values_list("pk", flat=True)[:2])
        found[key] = ids
    if len(found[key]) != 1:
        raise CellError(
            "unknown_contract", _("You see no contract with the number %(number)s.") % {"number": text[:60]}
        )
    return found[key][0]


def _order_column() -> Column:
    return Column(
        "order",
        label=gettext_lazy("Contract"),
        synonyms="合同编号|合同号|合同|订单号|订单编号|contract number|contract no|contract|order number|order",
        widget=LookupWidget(order_named),
        required=True,
        example="HT-2025-0031",
        note=gettext_lazy("Number or external ID of a contract you see"),
    )


def _id_column() -> Column:
    return Column("id", label=gettext_lazy("Record number"), synonyms="系统编号", widget=NumberWidget())


def _amount_column(synonyms: str, note: Any = "") -> Column:
    return Column(
        "amount",
        label=gettext_lazy("Amount"),
        synonyms=synonyms,
        widget=AmountWidget(),
        required=True,
        example="144,000",
        note=note,
    )


def _note_column(length: int) -> Column:
    return Column(
        "note",
        label=gettext_lazy("Note"),
        synonyms="备注|说明|款项|款项性质|摘要|期次|note|remark|for what",
        widget=TextWidget(length),
    )


class OfOrders(ImportResource):
    """What the two have in common: they belong to contracts the importer sees, and say so in the preview."""

    def _ids(self, run: Run, keys: Sequence[str], rows: models.QuerySet) -> Mapping[str, Sequence[int]]:
        wanted = [int(key) for key in keys if key.isdecimal() and len(key) < 19]
        return {str(pk): [pk] for pk in rows.filter(pk__in=wanted).values_list("pk", flat=True)}

    def shown(self, run: Run, name: str, value: Any) -> str:
        """Values in words: contracts by number, choices by label."""
        if name == "order":
            numbers = run.once("contract numbers", dict)
            if value not in numbers:
                rows = Order._base_manager.filter(pk=value)
                numbers[value] = rows.values_list("number", flat=True).first() or ""
            return numbers[value]
        if name == "method":
            return str(dict(PaymentMethod.choices).get(value, value))
        if name == "status":
            return str(dict(ReceiptStatus.choices).get(value, value))
        return super().shown(run, name, value)


class PaymentPlanResource(OfOrders):
    """Instalments: contract, day and amount. The same contract and day is the same instalment."""

    slug = "payment-plans"
    model = PaymentPlan
    noun = gettext_lazy("Payment plans")
    sheet_names = "回款计划|收款计划|付款计划|分期|payment plan|payment plans|instalments"
    comes = 6
    keys = (
        Key("id", gettext_lazy("record"), lambda value: str(value)),
        Key("due_date", gettext_lazy("contract and day")),
    )

    id = _id_column()
    order = _order_column()
    due_date = Column(
        "due_date",
        label=gettext_lazy("Due on"),
        synonyms="计划回款日期|应收日期|到期日|计划日期|付款日期|计划收款日期|应付日期|due date|due on|due|plan date",
        widget=DateWidget(),
        required=True,
    )
    amount = _amount_column("金额|计划回款金额|应收金额|计划金额|分期金额|amount|plan amount|instalment")
    note = _note_column(200)

    def key_of(self, run: Run, row: StagedRow) -> str:
        if run.key.name == "id":
            return super().key_of(run, row)
        order, day = row.cleaned.get("order"), row.cleaned.get("due_date")
        return f"{order}|{day}" if order and day else ""

    def find(self, run: Run, keys: Sequence[str]) -> Mapping[str, Sequence[int]]:
        """The instalments of each contract and day, or of each number."""
        rows = PaymentPlan._base_manager.all()
        if run.key.name == "id":
            return self._ids(run, keys, rows)
        wanted = set(keys)
        orders = {int(key.split("|")[0]) for key in keys if "|" in key}
        found = rows.filter(order__in=orders).values_list("order_id", "due_date", "pk")
        pairs = ((f"{order}|{day.isoformat()}", pk) for order, day, pk in found)
        return reference.grouped((key, pk) for key, pk in pairs if key in wanted)

    def check(self, run: Run, row: StagedRow) -> None:
        """An instalment is above nothing."""
        if "amount" in row.cleaned and Decimal(row.cleaned["amount"]) <= 0:
            row.fail("amount", _("Enter an amount."), run.headers.get("amount", ""), "amount")

    def current(self, run: Run, rows: Sequence[StagedRow]) -> dict[int, dict[str, Any]]:
        """What the instalments are now, in the form of cleaned cells."""
        found = PaymentPlan._base_manager.in_bulk([row.target_id for row in rows])
        return {
            row.number: {
                "id": one.pk,
                "order": one.order_id,
                "due_date": one.due_date.isoformat(),
                "amount": str(one.amount),
                "note": one.note,
            }
            for row in rows
            if (one := found.get(row.target_id or 0))
        }

    def create(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Write the instalments."""
        payment_imports.plan_rows(run, rows)

    def update(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Change the instalments where a filled cell differs."""
        payment_imports.change_plan_rows(run, rows)

    def take_back(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Undo what an import planned, as far as nobody has touched it since."""
        payment_imports.take_back_plan_rows(run, rows)


class ReceiptResource(OfOrders):
    """Receipts: contract, day and amount; negative ones are refunds. What finance imports is confirmed."""

    slug = "receipts"
    model = Receipt
    noun = gettext_lazy("Receipts")
    sheet_names = "回款|回款记录|收款|收款记录|到账明细|银行流水|receipts|payments received"
    comes = 7
    keys = (
        Key("id", gettext_lazy("record"), lambda value: str(value)),
        Key("external_id", gettext_lazy("external ID"), lambda value: str(value).strip()),
        Key("received_date", gettext_lazy("contract, day, amount and reference")),
    )

    id = _id_column()
    order = _order_column()
    received_date = Column(
        "received_date",
        label=gettext_lazy("Received on"),
        synonyms="回款日期|到账日期|收款日期|日期|入账日期|received on|date|payment date",
        widget=DateWidget(),
        required=True,
    )
    amount = _amount_column(
        "金额|回款金额|到账金额|收款金额|实收金额|已回款|amount|received|paid",
        gettext_lazy("A refund is negative; what had come in before the start is an opening balance"),
    )
    method = Column(
        "method",
        label=gettext_lazy("Way of payment"),
        synonyms="回款方式|收款方式|付款方式|支付方式|方式|method|way of payment",
        widget=ChoiceWidget({code: words.split("|") for code, words in METHODS.items()}),
    )
    reference = Column(
        "reference",
        label=gettext_lazy("Bank reference"),
        synonyms="流水号|银行流水号|凭证号|票据号|交易号|reference|bank reference",
        widget=TextWidget(100),
    )
    status = Column(
        "status",
        label=gettext_lazy("Status"),
        synonyms="状态|确认状态|status",
        widget=ChoiceWidget({code: words.split("|") for code, words in STATUSES.items()}),
    )
    note = _note_column(300)
    external_id = Column(
        "external_id",
        label=pgettext_lazy("receipt", "External ID"),
        synonyms="外部编号|原系统编号|external id",
        widget=TextWidget(100),
    )

    def key_of(self, run: Run, row: StagedRow) -> str:
        if run.key.name != "received_date":
            return super().key_of(run, row)
        parts = [row.cleaned.get(name) for name in ("order", "received_date", "amount")]
        if not all(parts):
            return ""
        return "|".join(map(str, [*parts, row.cleaned.get("reference", "")]))[:255]

    def find(self, run: Run, keys: Sequence[str]) -> Mapping[str, Sequence[int]]:
        """The receipts that count or wait, by number, external ID, or what they say."""
        rows = Receipt._base_manager.exclude(status=ReceiptStatus.VOIDED)
        if run.key.name == "id":
            return self._ids(run, keys, rows)
        if run.key.name == "external_id":
            return reference.grouped(rows.filter(external_id__in=keys).values_list("external_id", "pk"))
        wanted = set(keys)
        orders = {int(key.split("|")[0]) for key in keys if "|" in key}
        names = ("order_id", "received_date", "amount", "reference", "pk")
        found = rows.filter(order__in=orders).values_list(*names)
        pairs = (
            (f"{order}|{day.isoformat()}|{amount}|{said}"[:255], pk) for order, day, amount, said, pk in found
        )
        return reference.grouped((key, pk) for key, pk in pairs if key in wanted)

    def check(self, run: Run, row: StagedRow) -> None:
        """Money comes in on a day that has come, and is not nothing."""
        cleaned = row.cleaned
        if "amount" in cleaned and not Decimal(cleaned["amount"]):
            row.fail("amount", _("Enter an amount."), run.headers.get("amount", ""), "amount")
        day = cleaned.get("received_date")
        if day and run.today and day > run.today.isoformat():
            message = _("This day lies in the future.")
            row.fail("future", message, run.headers.get("received_date", ""), "received_date")

    def current(self, run: Run, rows: Sequence[StagedRow]) -> dict[int, dict[str, Any]]:
        """What the receipts are now, in the form of cleaned cells."""
        found = Receipt._base_manager.in_bulk([row.target_id for row in rows])
        plain = ("method", "reference", "status", "note", "external_id")
        return {
            row.number: {
                "id": one.pk,
                "order": one.order_id,
                "received_date": one.received_date.isoformat(),
                "amount": str(one.amount),
                **{name: getattr(one, name) for name in plain},
            }
            for row in rows
            if (one := found.get(row.target_id or 0))
        }

    def create(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Write the receipts."""
        payment_imports.receive_rows(run, rows)

    def update(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Correct the receipts that wait for finance where a filled cell differs."""
        payment_imports.change_receipt_rows(run, rows)

    def take_back(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Undo what an import recorded, as far as nobody has touched it since."""
        payment_imports.take_back_receipt_rows(run, rows)
