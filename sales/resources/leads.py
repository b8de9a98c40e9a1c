"""Leads as sheets have them: one person per row, with one way to reach them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import reference
from accounts.models.choices import Source
from accounts.resources.people import of_person
from accounts.resources.widgets import SizeWidget, SourceWidget
from accounts.resources.words import SOURCES, every_word, spellings
from accounts.services.contact_imports import phone_key
from crm.core.phone import format_phone
from crm.core.text import fold
from crm.identity.models import User
from crm.listing.custom.importing import present_values
from crm.listing.importing import mapping as looks
from crm.listing.importing.resource import Column, ImportResource, Key, Run, StagedRow
from crm.listing.importing.widgets import (
    AmountWidget,
    ChoiceWidget,
    DateWidget,
    LookupWidget,
    NumberWidget,
    TextWidget,
    UrlWidget,
)
from crm.records.models import Industry, Region
from sales.models import Lead, LeadStatus
from sales.services import lead_imports
from sales.services.lead_imports import OWN

STATUSES = {
    "new": "新建|新|新增|待跟进|未跟进|open|raw|not contacted",
    "working": "跟进中|进行中|联系中|已联系|contacted|in progress",
    "qualified": "已确认|有效|合格|有意向|已验证|hot",
    "disqualified": "无效|已放弃|放弃|关闭|垃圾|dead|junk|lost|closed",
}
WAYS = ("phone", "email", "wechat")


class LeadResource(ImportResource):
    """Leads: a name and one way to reach them; the rest as far as the sheet has it."""

    slug = "leads"
    model = Lead
    noun = gettext_lazy("Leads")
    sheet_names = "线索|销售线索|潜客|名单|leads|prospects"
    comes = 3
    keys = (
        Key("id", gettext_lazy("number"), lambda value: str(value)),
        Key("external_id", gettext_lazy("external ID"), lambda value: str(value).strip()),
        Key("phone", gettext_lazy("phone"), phone_key),
        Key("email", gettext_lazy("e-mail"), str),
        Key("name", gettext_lazy("name and company"), fold),
    )

    id = Column("id", label=gettext_lazy("Record number"), synonyms="系统编号", widget=NumberWidget())
    name = of_person(
        "name", "name", label=gettext_lazy("Name"), synonyms="线索名称|客户姓名|名字|lead|lead name|full name|name", required=True
    )  # fmt: skip
    company = Column(
        "company",
        label=gettext_lazy("Company"),
        synonyms="公司|公司名称|企业名称|单位|单位名称|客户名称|company|company name|account|organization",
        widget=TextWidget(200),
        example="嘉兴明锐光学有限公司",
    )
    phone = of_person("phone", "phone", label=gettext_lazy("Phone"), synonyms="电话|phone|telephone|tel")
    email = of_person(
        "email", "email", label=gettext_lazy("E-mail"), synonyms="邮箱|电子邮箱|邮件|email|e-mail|mail|email address", speaks=True
    )  # fmt: skip
    wechat = of_person("wechat", "wechat", label=gettext_lazy("WeChat"))
    title = of_person("title", "title", label=gettext_lazy("Job title"))
    status = Column(
        "status",
        label=gettext_lazy("Status"),
        synonyms="状态|线索状态|跟进状态|lead status|status|stage",
        widget=ChoiceWidget(spellings(STATUSES, LeadStatus)),
        content=looks.one_of(every_word(STATUSES)),
        note=gettext_lazy("A lead is converted on its page, not by import"),
    )
    owner = Column(
        "owner",
        label=gettext_lazy("Owner"),
        synonyms="负责人|业务员|销售|跟进人|归属人|所属销售|owner|sales rep|assigned to",
        widget=LookupWidget(lambda run, text: run.people.owner(text)),
        note=gettext_lazy("Name or user name; empty means you"),
    )
    source = Column(
        "source",
        label=gettext_lazy("Source"),
        synonyms="来源|线索来源|客户来源|获客渠道|source|lead source",
        widget=SourceWidget(spellings(SOURCES, Source)),
        content=looks.one_of(every_word(SOURCES)),
    )
    channel = Column(
        "channel",
        label=gettext_lazy("Channel"),
        synonyms="渠道|推广渠道|媒介|channel|medium|utm_medium",
        widget=TextWidget(60),
    )
    campaign = Column(
        "campaign",
        label=gettext_lazy("Campaign"),
        synonyms="活动|市场活动|推广活动|campaign|utm_campaign",
        widget=TextWidget(100),
    )
    industry = Column(
        "industry",
        label=gettext_lazy("Industry"),
        synonyms="行业|所属行业|industry|sector",
        widget=LookupWidget(reference.industry),
    )
    region = Column(
        "region",
        label=gettext_lazy("Region"),
        synonyms="地区|区域|省市|所在地|城市|省份|省|市|region|city|province|location",
        widget=LookupWidget(reference.region),
        example="浙江省嘉兴市",
    )
    size = Column(
        "size",
        label=gettext_lazy("Employees"),
        synonyms="人数|规模|公司规模|员工数|员工人数|size|employees|headcount",
        widget=SizeWidget(),
    )
    website = Column(
        "website",
        label=gettext_lazy("Website"),
        synonyms="网站|网址|官网|公司网址|website|web|url|homepage",
        widget=UrlWidget(),
    )
    need = Column(
        "need",
        label=gettext_lazy("Need"),
        synonyms="需求|客户需求|备注|说明|留言|咨询内容|need|requirement|notes|message|comment",
        widget=TextWidget(2000, lines=True),
    )
    budget = Column(
        "budget",
        label=gettext_lazy("Budget"),
        synonyms="预算|预算金额|预计金额|budget|amount",
        widget=AmountWidget(),
    )
    expected_at = Column(
        "expected_at",
        label=gettext_lazy("Wants to buy by"),
        synonyms="预计采购时间|采购时间|预计成交日期|expected date|timeline|time frame",
        widget=DateWidget(),
    )
    external_id = Column(
        "external_id",
        label=gettext_lazy("External ID"),
        synonyms="线索编号|编号|外部编号|lead id|lead number|external id|prospect id",
        widget=TextWidget(100),
    )

    def targets(self, user: User) -> list[looks.Target]:
        """The proposal also knows a column of colleagues' names, of industries and of places by its cells."""
        known = {
            "owner": reference.looks_like_colleague(),
            "industry": reference.looks_like_industry(),
            "region": reference.looks_like_region,
        }
        targets = super().targets(user)
        for target in targets:
            target.content = known.get(target.name, target.content)
            target.strict = target.name in ("industry", "region")
        return targets

    def check(self, run: Run, row: StagedRow) -> None:
        """A new lead can be reached; a budget is no debt; an unknown source is kept in words as the channel."""
        cleaned = row.cleaned
        source = cleaned.get("source", "")
        if source.startswith("other:"):
            cleaned["source"] = "other"
            cleaned.setdefault("channel", source[6:66])
        if "budget" in cleaned and not 0 <= Decimal(cleaned["budget"]) < 10**12:
            message = _("Enter an amount below a trillion.")
            row.fail("budget", message, run.headers.get("budget", ""), "budget")
        if run.job.mode == "update" or row.errors or "id" in cleaned:
            return
        if not any(cleaned.get(way) for way in WAYS):
            message = _("Give a phone number, an e-mail address or a WeChat name.")
            row.fail("no_way", message, run.headers.get("phone", ""), "phone")

    def key_of(self, run: Run, row: StagedRow) -> str:
        """A name is a key only together with the company; a row without the chosen key goes by these two."""
        key = super().key_of(run, row)
        if key and run.key.name != "name":
            return key
        name = fold(row.cleaned.get("name", ""))
        return f"~{name}|{fold(row.cleaned.get('company', ''))}"[:255] if name else ""

    def find(self, run: Run, keys: Sequence[str]) -> dict[str, list[int]]:
        """The living leads of each key, whoever owns them."""
        rows = Lead._base_manager.filter(deleted_at__isnull=True)
        named = [key for key in keys if key.startswith("~")]
        others = [key for key in keys if not key.startswith("~")]
        found: dict[str, list[int]] = {}
        if others and run.key.name == "id":
            wanted = [int(key) for key in others if key.isdecimal() and len(key) < 19]
            found = {str(pk): [pk] for pk in rows.filter(pk__in=wanted).values_list("pk", flat=True)}
        elif others:
            column = "phone_key" if run.key.name == "phone" else run.key.name
            pairs = rows.filter(**{f"{column}__in": others}).values_list(column, "pk")
            found = reference.grouped(pairs)
        return found | lead_imports.named(named)

    def current(self, run: Run, rows: Sequence[StagedRow]) -> dict[int, dict[str, Any]]:
        """What the leads are now, in the form of cleaned cells."""
        ids = [row.target_id for row in rows]
        custom = present_values(Lead, ids, run.mapped)
        found = Lead._base_manager.filter(pk__in=ids)
        now = {}
        for record in found.values("id", *OWN, "status", "industry_id", "region_id", "owner_id"):
            links = {name: record[f"{name}_id"] for name in ("industry", "region", "owner")}
            now[record["id"]] = record | links | custom.get(record["id"], {})
        return {row.number: now[row.target_id] for row in rows if row.target_id in now}

    doubts = True

    def doubt(self, run: Run, rows: Sequence[StagedRow], *, writing: bool) -> None:
        """New leads whose number or address an open lead has already."""
        lead_imports.doubt_new_leads(run, rows, writing=writing)

    def create(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Write new leads."""
        lead_imports.create_leads(run, rows)

    def update(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Write what the rows change."""
        lead_imports.change_leads(run, rows)

    def take_back(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Undo what an import wrote, as far as nobody has touched it since."""
        lead_imports.take_back_leads(run, rows)

    def occupied(self, run: Run, row: StagedRow, ids: Sequence[int]) -> str:
        """What the importer is told about a lead of somebody else."""
        return _("Occupied: a colleague works on this lead.")

    def shown(self, run: Run, name: str, value: Any) -> str:
        """Values in words: people, places and choices by name, numbers as one reads them."""
        if name == "phone":
            return format_phone(value)
        if name == "status":
            return str(dict(LeadStatus.choices).get(value, value))
        if name == "source":
            return str(dict(Source.choices).get(value, value))
        if name == "owner" and value in run.people.by_id:
            return str(run.people.by_id[value])
        if name in ("industry", "region") and value:
            model = Industry if name == "industry" else Region
            names = run.once(
                f"{name} labels", lambda: {one.pk: one.label for one in model._base_manager.all()}
            )
            return names.get(value, str(value))
        return super().shown(run, name, value)
