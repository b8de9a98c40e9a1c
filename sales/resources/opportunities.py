"""Opportunities as sheets have them: one deal per row, with the customer it is made with, where it stands or how it ended."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import reference
from accounts.models.choices import Source
from accounts.resources.widgets import SourceWidget
from accounts.resources.words import SOURCES, every_word, spellings
from crm.core.text import fold
from crm.listing.custom.importing import present_values
from crm.listing.importing import mapping as looks
from crm.listing.importing.mapping import header_key
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
from crm.records.queries import currencies
from sales.models import CloseReason, Opportunity
from sales.queries.pipelines import stages_named
from sales.services import opportunity_imports
from sales.services.opportunity_imports import OWN
from sales.services.unnamed import UNNAMED

# Where a deal stands, in the words of other systems: how it ended, or the number of an open stage of the pipeline.
WON_WORDS = ("won", "closed won", "win", "赢单", "成交", "已成交", "赢", "成功")
LOST_WORDS = ("lost", "closed lost", "loss", "输单", "丢单", "失败", "输", "流失")
INVALID_WORDS = ("invalid", "无效", "作废")
FIRST_WORDS = ("prospecting", "prospect", "new", "lead", "qualification", "初步沟通", "新建", "潜在")
SECOND_WORDS = ("engaging", "needs analysis", "discovery call", "需求沟通", "需求分析")
REASONS = {
    "price": "价格|价格高|价格原因|too expensive",
    "features": "功能|产品功能|功能不足|产品不匹配|feature",
    "competitor": "竞品|竞争对手|选择竞品",
    "no_budget": "无预算|没有预算|预算不足|no budget",
    "no_decision": "无决策|没有结论|搁置|no decision",
    "timing": "时机|项目推迟|延期|timing",
    "relationship": "关系|客情|relationship",
    "service": "服务|service",
    "other": "其他|其它|other",
}


def _words(stage_words: Sequence[str]) -> set[str]:
    return {header_key(word) for word in stage_words}


def place_of(run: Run, text: str) -> str:
    """Where a cell says a deal stands: `stage:<id>`, or how it ended; raises CellError for what is neither."""
    key = header_key(text)
    names = run.once("stages by name", lambda: stages_named(run.user))
    if key in names:
        stage = names[key]
        return f"stage:{stage.pk}" if stage.is_open else str(stage.kind)
    for status, said in (("won", WON_WORDS), ("lost", LOST_WORDS), ("invalid", INVALID_WORDS)):
        if key in _words(said):
            return status
    steps = run.once("first stages", lambda: opportunity_imports.steps_of(run))
    for number, said in enumerate((FIRST_WORDS, SECOND_WORDS)):
        if key in _words(said) and number < len(steps):
            return f"stage:{steps[number].pk}"
    close = difflib.get_close_matches(key, names, n=1, cutoff=0.6)
    known = _(", ").join(str(stage) for stage in dict.fromkeys(names.values()))
    raise CellError(
        "stage", _("Not one of: %(accepted)s.") % {"accepted": known}, str(names[close[0]]) if close else ""
    )


def product_of(run: Run, text: str) -> int:
    """The product a cell names by name or code, spaces and case aside; raises CellError for an unknown one."""
    names = run.once("products by name", opportunity_imports.products_by_name)
    found = names.get(_plain(text))
    if found is None:
        close = difflib.get_close_matches(_plain(text), names, n=1, cutoff=0.6)
        meant = str(names[close[0]]) if close else ""
        raise CellError("product", _("There is no product called %(name)s.") % {"name": text[:60]}, meant)
    return found.pk


def _plain(text: str) -> str:
    return fold(text).replace(" ", "")


class CurrencyWidget(TextWidget):
    """A currency that has a rate."""

    def clean(self, value: str, row: Any = None, *, run: Run, **kwargs: Any) -> str:
        code = super().clean(value).upper()
        signs = {
            "¥": "CNY",
            "￥": "CNY",
            "RMB": "CNY",
            "人民币": "CNY",
            "$": "USD",
            "US$": "USD",
            "美元": "USD",
            "€": "EUR",
        }
        code = signs.get(code, code)
        if code not in run.once("currencies", currencies):
            raise CellError("currency", _("There is no exchange rate for this currency."))
        return code


class OpportunityResource(ImportResource):
    """Deals of customers that exist: open ones at their stage, closed ones with their outcome and their day."""

    slug = "opportunities"
    model = Opportunity
    noun = gettext_lazy("Opportunities")
    sheet_names = "商机|商机列表|销售机会|机会|项目|opportunities|deals|pipeline|sales pipeline"
    relates_to, relates_by, comes = "customers", "customer", 4
    keys = (
        Key("id", gettext_lazy("number"), lambda value: str(value)),
        Key("external_id", gettext_lazy("external ID"), lambda value: str(value).strip()),
        Key("name", gettext_lazy("customer and name"), fold),
    )

    id = Column("id", label=gettext_lazy("Record number"), synonyms="系统编号", widget=NumberWidget())
    customer = Column(
        "customer",
        label=gettext_lazy("Customer"),
        synonyms="客户名称|公司|公司名称|客户|客户名|所属客户|account|account name|company|customer|customer name",
        widget=LookupWidget(reference.customer),
        example="嘉兴明锐光学有限公司",
        note=gettext_lazy(
            "Name, number or external ID of a customer you may change; empty: filed together until known"
        ),
    )
    name = Column(
        "name",
        label=gettext_lazy("Opportunity"),
        synonyms="商机名称|商机|机会名称|项目名称|项目|opportunity|opportunity name|deal|deal name|subject",
        widget=TextWidget(200),
        example="V3 视觉检测站 6 台",
        note=gettext_lazy("Empty: the product or the number"),
    )
    stage = Column(
        "stage",
        label=gettext_lazy("Stage"),
        synonyms="阶段|销售阶段|商机阶段|状态|stage|deal stage|sales stage|status",
        widget=LookupWidget(place_of),
        example="方案报价",
        note=gettext_lazy("A stage of a pipeline, or won, lost, invalid; empty: the first stage"),
    )
    amount = Column(
        "amount",
        label=gettext_lazy("Amount"),
        synonyms="金额|预计金额|商机金额|成交金额|预计成交金额|销售金额|amount|value|close value|deal value|deal size",
        widget=AmountWidget(),
        example="1180000",
    )
    currency = Column(
        "currency",
        label=gettext_lazy("Currency"),
        synonyms="币种|货币|currency",
        widget=CurrencyWidget(10),
        example="CNY",
    )
    product = Column(
        "product",
        label=gettext_lazy("Product"),
        synonyms="产品|产品名称|主要产品|product|product name",
        widget=LookupWidget(product_of),
        note=gettext_lazy("Name or code; its list price counts where no amount is given"),
    )
    opened_at = Column(
        "opened_at",
        label=gettext_lazy("Opened"),
        synonyms="创建日期|立项日期|开始日期|创建时间|engage date|open date|created|created date|start date",
        widget=DateWidget(),
        content=looks.looks_like_date,
        example="2026-03-02",
    )
    close_date = Column(
        "close_date",
        label=gettext_lazy("Closed or expected to close"),
        synonyms="预计成交日期|预计成交|成交日期|结束日期|预计签单日期|close date|expected close date|closing date|closed",
        widget=DateWidget(),
        content=looks.looks_like_date,
        example="2026-09-30",
    )
    owner = Column(
        "owner",
        label=gettext_lazy("Owner"),
        synonyms="负责人|销售|销售员|业务员|客户经理|owner|sales rep|sales agent|account executive",
        widget=LookupWidget(lambda run, text: run.people.owner(text)),
        note=gettext_lazy("Name or user name; empty means you"),
    )
    reason = Column(
        "reason",
        label=gettext_lazy("Reason"),
        synonyms="输单原因|赢单原因|丢单原因|原因|loss reason|reason|win reason",
        widget=ChoiceWidget(
            {code: [CloseReason(code).label, *said.split("|")] for code, said in REASONS.items()}
        ),
    )
    competitor = Column(
        "competitor",
        label=gettext_lazy("Competitor"),
        synonyms="竞争对手|竞品|友商|competitor",
        widget=TextWidget(100),
    )
    contact = Column(
        "contact",
        label=gettext_lazy("Contact"),
        synonyms="联系人|联系人姓名|主要联系人|contact|contact name|primary contact",
        widget=TextWidget(100),
    )
    need = Column(
        "need", label=gettext_lazy("Need"), synonyms="需求|客户需求|描述|备注|need|description|notes",
        widget=TextWidget(2000, lines=True),
    )  # fmt: skip
    source = Column(
        "source",
        label=gettext_lazy("Source"),
        synonyms="来源|商机来源|lead source|source",
        widget=SourceWidget(spellings(SOURCES, Source)),
        content=looks.one_of(every_word(SOURCES)),
    )
    campaign = Column(
        "campaign", label=gettext_lazy("Campaign"), synonyms="市场活动|活动|campaign", widget=TextWidget(100)
    )
    external_id = Column(
        "external_id",
        label=gettext_lazy("External ID"),
        synonyms="商机编号|编号|外部编号|opportunity id|deal id|external id",
        widget=TextWidget(100),
        example="SJ-2026-018",
    )

    def check(self, run: Run, row: StagedRow) -> None:
        """A closed deal has its day; an amount has its limits; what says neither name nor product nor number is nothing."""
        cleaned, ends = row.cleaned, row.cleaned.get("stage", "")
        if run.job.mode == "update":
            return
        if not any(cleaned.get(name) for name in ("name", "product", "external_id")) and not row.errors:
            row.fail("required", _("Say what the deal is about."), run.headers.get("name", ""), "name")
        if (
            Decimal(cleaned.get("amount", 0)) < 0
            or Decimal(cleaned.get("amount", 0)) >= opportunity_imports.MOST
        ):
            message = _("Enter an amount from nothing to a hundred trillion.")
            row.fail("amount", message, run.headers.get("amount", ""), "amount")
        closed = ends in ("won", "lost", "invalid")
        header = run.headers.get("close_date", "")
        if closed and not cleaned.get("close_date"):
            row.fail("close_date", _("Say on which day it was closed."), header, "close_date")
        elif closed and cleaned["close_date"] > run.today.isoformat():
            row.fail("close_date", _("This day lies in the future."), header, "close_date")
        opened, ended = cleaned.get("opened_at", ""), cleaned.get("close_date", "")
        if closed and opened and ended and opened > ended:
            row.fail("close_date", _("It was closed before it was opened."), header, "close_date")
        if "customer" not in cleaned and not row.errors and "customer" in run.headers:
            row.note("no_customer", _("No customer is named: it is filed under “%(name)s”.") % {
                "name": UNNAMED}, run.headers["customer"])  # fmt: skip

    def key_of(self, run: Run, row: StagedRow) -> str:
        """A name is a key only together with the customer."""
        key = super().key_of(run, row)
        if not key or run.key.name != "name":
            return key
        return f"{row.cleaned.get('customer', 0)}|{key}"[:255]

    def find(self, run: Run, keys: Sequence[str]) -> dict[str, list[int]]:
        """The living deals of each key."""
        rows = Opportunity._base_manager.filter(deleted_at__isnull=True)
        if run.key.name == "id":
            wanted = [int(key) for key in keys if key.isdecimal() and len(key) < 19]
            return {str(pk): [pk] for pk in rows.filter(pk__in=wanted).values_list("pk", flat=True)}
        if run.key.name == "external_id":
            return reference.grouped(rows.filter(external_id__in=keys).values_list("external_id", "pk"))
        customers = {int(key.split("|", 1)[0]) for key in keys}
        found = rows.filter(customer__in=customers).values_list("customer_id", "name", "pk")
        return reference.grouped((f"{c}|{run.key.normalise(name)}"[:255], pk) for c, name, pk in found)

    def current(self, run: Run, rows: Sequence[StagedRow]) -> dict[int, dict[str, Any]]:
        """What the deals are now; where they stand and how they ended is not changed by a file."""
        ids = [row.target_id for row in rows]
        custom = present_values(Opportunity, ids, run.mapped)
        held = Opportunity._base_manager.filter(pk__in=ids).values("id", *OWN, "owner_id")
        now = {record["id"]: record for record in held}
        found = {}
        for row in rows:
            record = now.get(row.target_id)
            if record is not None:
                same = {
                    "amount": str(record["amount"]),
                    "owner": record["owner_id"],
                    "close_date": record["expected_close_date"] and record["expected_close_date"].isoformat(),
                }
                found[row.number] = row.cleaned | record | same | custom.get(record["id"], {})
        return found

    def create(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Write the deals with the stages they stand in or went through."""
        opportunity_imports.add_opportunities(run, rows)

    def update(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Change deals where a filled cell differs."""
        opportunity_imports.change_opportunities(run, rows)

    def take_back(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Undo what an import wrote, as far as nobody has touched it since."""
        opportunity_imports.take_back_opportunities(run, rows)

    def occupied(self, run: Run, row: StagedRow, ids: Sequence[int]) -> str:
        return _("Occupied: this deal belongs to somebody else.")

    def shown(self, run: Run, name: str, value: Any) -> str:
        """Customers, stages, products and people by name."""
        if name == "customer":
            return reference.customer_label(run, value)
        if name == "owner":
            return str(run.people.by_id.get(value, value))
        if name == "stage":
            return opportunity_imports.stage_words(run, value)
        if name == "product":
            return opportunity_imports.product_words(run, value)
        if name in ("source", "reason"):
            return str(dict((Source if name == "source" else CloseReason).choices).get(value, value))
        return super().shown(run, name, value)
