"""The columns of a sheet of customers: labels, synonyms, how cells are read and what they look like."""

from __future__ import annotations

import re

from django.utils.translation import gettext_lazy

from accounts import reference
from accounts.models import Customer
from accounts.models.choices import Intent, Kind, Source, Stage, Tier
from accounts.resources.people import of_further, of_person
from accounts.resources.widgets import FactsWidget, SizeWidget, SourceWidget
from accounts.resources.words import GRADES, KINDS, NEARLY_GRADES, SOURCES, STAGES, every_word, spellings
from crm.listing.importing import mapping as looks
from crm.listing.importing.resource import Column, ImportResource
from crm.listing.importing.tables import header_key
from crm.listing.importing.widgets import (
    ChoiceWidget,
    DateWidget,
    EmailWidget,
    LookupWidget,
    MomentWidget,
    NumberWidget,
    PhoneWidget,
    TagsWidget,
    TextWidget,
    UrlWidget,
    UsccWidget,
)

YES_OR_NO = {"是", "否", "有", "无", "已加", "未加", "yes", "no", "y", "n", "true", "false", "0", "1"}


class CustomerColumns(ImportResource):
    """The columns of a sheet of customers, with the names they have in other people's sheets."""

    slug = "customers"
    model = Customer
    noun = gettext_lazy("Customers")
    sheet_names = "客户|客户资料|客户信息|客户名单|公司|customers|accounts|companies"
    cards = "customers"

    id = Column("id", label=gettext_lazy("Record number"), synonyms="系统编号", widget=NumberWidget())
    name = Column(
        "name",
        label=gettext_lazy("Customer name"),
        synonyms="客户名称|公司|公司名称|企业名称|单位名称|单位|客户|客户名|客户姓名|名称|企业|公司全称|客户全称|姓名|名字|account|account name|company|company name|customer|customer name|organisation|organization|name",
        widget=TextWidget(200),
        required=True,
        example="嘉兴明锐光学有限公司",
    )
    kind = Column(
        "kind",
        label=gettext_lazy("Kind"),
        synonyms="客户性质|性质|个人/公司|公司/个人|customer kind",
        widget=ChoiceWidget(spellings(KINDS, Kind)),
        content=looks.one_of(every_word(KINDS)),
    )
    contact_name = of_person(
        "name",
        label=gettext_lazy("Contact name"),
        synonyms="主要联系人|首要联系人|客户联系人|联络人|contact person|primary contact",
    )
    contact_phone = of_person(
        "phone",
        label=gettext_lazy("Contact's mobile"),
        synonyms="联系人手机|联系人电话|mobile phone|contact phone",
    )
    contact_title = of_person(
        "title", label=gettext_lazy("Contact's job title"), synonyms="联系人职务|联系人职位"
    )
    contact_email = of_person(
        "email", label=gettext_lazy("Contact's e-mail"), synonyms="联系人邮箱|个人邮箱|contact email"
    )
    parent = Column(
        label=gettext_lazy("Parent company"),
        synonyms="上级公司|母公司|上级客户|总公司|所属集团|parent|parent account|subsidiary of|subsidiary_of",
        widget=TextWidget(200),
        note=gettext_lazy("Name of a customer that exists or is in the file"),
    )
    contact_wechat = of_person(
        "wechat",
        label=gettext_lazy("Contact's WeChat"),
        synonyms="联系人微信",
        content=lambda text: header_key(text) not in YES_OR_NO,
    )
    contact_department = of_person(
        "department", label=gettext_lazy("Contact's department"), synonyms="联系人部门|contact department"
    )
    contact2_name = of_further(2, "name")
    contact2_phone = of_further(2, "phone")
    contact2_title = of_further(2, "title")
    contact2_email = of_further(2, "email")
    contact2_wechat = of_further(2, "wechat")
    contact3_name = of_further(3, "name")
    contact3_phone = of_further(3, "phone")
    contact3_title = of_further(3, "title")
    contact3_email = of_further(3, "email")
    contact3_wechat = of_further(3, "wechat")
    phone = Column(
        "phone",
        label=gettext_lazy("Company phone"),
        synonyms="电话|公司电话|座机|固话|固定电话|客户电话|办公电话|企业电话|phone|telephone|tel|company phone|customer phone",
        widget=PhoneWidget(),
        content=looks.looks_like_phone,
    )
    email = Column(
        "email",
        label=gettext_lazy("E-mail"),
        synonyms="邮箱|电子邮箱|邮件|邮箱地址|企业邮箱|公司邮箱|email|e-mail|mail|email address|customer email",
        widget=EmailWidget(),
        content=looks.looks_like_email,
        speaks=True,
    )
    uscc = Column(
        "uscc",
        label=gettext_lazy("Credit code"),
        synonyms="统一社会信用代码|信用代码|社会信用代码|税号|纳税人识别号|营业执照号|credit code|tax id",
        widget=UsccWidget(),
        content=looks.looks_like_uscc,
        speaks=True,
        note=gettext_lazy("18 characters, checked"),
    )
    external_id = Column(
        "external_id",
        label=gettext_lazy("External ID"),
        synonyms="客户编号|客户编码|客户代码|编号|编码|外部编号|ERP编号|account id|account no|customer id|customer no|customer code|external id",
        widget=TextWidget(100),
    )
    tier = Column(
        "tier",
        label=gettext_lazy("Tier"),
        synonyms="客户级别|级别|等级|客户等级|客户分级|重要程度|tier|level|grade|rating",
        widget=ChoiceWidget(spellings(GRADES, Tier), NEARLY_GRADES),
        content=looks.one_of(every_word(GRADES)),
        example="A",
        note=gettext_lazy("A to D; for prospects it is their intent"),
        choices=tuple(GRADES),
    )
    intent = Column(
        "intent",
        label=gettext_lazy("Intent"),
        synonyms="意向|意向等级|意向程度|购买意向|intent",
        widget=ChoiceWidget(spellings(GRADES, Intent), NEARLY_GRADES),
        content=looks.one_of(every_word(GRADES)),
        choices=tuple(GRADES),
    )
    lifecycle_stage = Column(
        "lifecycle_stage",
        label=gettext_lazy("Life cycle"),
        synonyms="生命周期|客户阶段|客户状态|阶段|成交状态|life cycle|lifecycle|lifecycle stage|stage",
        widget=ChoiceWidget(spellings(STAGES, Stage)),
        content=looks.one_of(every_word(STAGES)),
    )
    first_deal_at = Column(
        "first_deal_at",
        label=gettext_lazy("First deal"),
        synonyms="首次成交|首次成交日期|成交日期|成交时间|首单日期|签约日期|first deal|first order date|won date",
        widget=DateWidget(),
        content=looks.looks_like_date,
    )
    owner = Column(
        "owner",
        label=gettext_lazy("Owner"),
        synonyms="负责人|跟单|跟单员|业务员|销售|销售员|销售负责人|客户经理|归属人|跟进人|所属销售|所有人|owner|sales rep|sales agent|salesperson|account manager|assigned to",
        widget=LookupWidget(lambda run, text: run.people.owner(text)),
        note=gettext_lazy("Name or user name; empty means you"),
    )
    industry = Column(
        "industry",
        label=gettext_lazy("Industry"),
        synonyms="行业|所属行业|行业类别|客户行业|industry|sector",
        widget=LookupWidget(reference.industry),
    )
    region = Column(
        "region",
        label=gettext_lazy("Region"),
        synonyms="地区|区域|省市|所在地|所在地区|城市|省份|省|市|所在城市|region|city|province|location",
        widget=LookupWidget(reference.region),
        example="浙江省嘉兴市",
    )
    address = Column(
        "address",
        label=gettext_lazy("Address"),
        synonyms="地址|详细地址|公司地址|联系地址|通讯地址|address|street",
        widget=TextWidget(300),
    )
    website = Column(
        "website",
        label=gettext_lazy("Website"),
        synonyms="网址|网站|官网|公司网址|主页|website|web|url|homepage",
        widget=UrlWidget(),
        content=looks.looks_like_url,
    )
    size = Column(
        "size",
        label=gettext_lazy("Employees"),
        synonyms="员工人数|人数|公司规模|规模|企业规模|员工数|employees|size|headcount|company size",
        widget=SizeWidget(),
        content=lambda text: bool(re.search(r"\d", text)),
    )
    source = Column(
        "source",
        label=gettext_lazy("Source"),
        synonyms="来源|客户来源|线索来源|渠道来源|获客渠道|来源渠道|source|lead source|origin|channel",
        widget=SourceWidget(spellings(SOURCES, Source)),
    )
    source_detail = Column(
        "source_detail",
        label=gettext_lazy("Source detail"),
        synonyms="来源说明|来源备注|source detail",
        widget=TextWidget(100),
    )
    tags = Column(
        label=gettext_lazy("Tags"),
        synonyms="标签|客户标签|tag|tags|labels",
        widget=TagsWidget(),
        note=gettext_lazy("Several divided by commas; they are added"),
    )
    highlights = Column(
        label=gettext_lazy("Key information"),
        synonyms="关键信息|重点信息|要点|关键点|亮点|重要信息|key facts|key information|highlights|key points",
        widget=FactsWidget(),
        note=gettext_lazy("Such as “Budget: 800,000”, several divided by semicolons; they are added"),
    )
    next_follow_up = Column(
        label=gettext_lazy("Next follow-up"),
        synonyms="下次跟进|下次跟进时间|下次跟进日期|下次联系|下次联系时间|下次联系日期|下次拜访|下次回访|计划跟进|next follow up|next follow-up|next contact|next step date",
        widget=MomentWidget(),
        content=looks.looks_like_date,
        note=gettext_lazy("Becomes a planned follow-up of the owner"),
    )
    history = Column(
        label=gettext_lazy("Follow-up history"),
        synonyms="跟进记录|跟进历史|跟进情况|跟进内容|历史跟进|联系记录|沟通记录|拜访记录|follow-ups|follow up history|history|contact history",
        widget=TextWidget(30_000, lines=True),
        note=gettext_lazy("Dated notes in one cell become one follow-up each"),
    )
    remark = Column(
        label=gettext_lazy("Remark"),
        synonyms="备注|备注信息|客户备注|说明|remark|remarks|note|notes|comment|comments|memo",
        widget=TextWidget(20_000, lines=True),
        note=gettext_lazy("Becomes a note in the timeline"),
    )
