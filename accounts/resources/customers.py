"""Customers as sheets have them: columns, the names they have in other people's sheets, keys, set-based writes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import reference
from accounts.models import Activity, Contact, Customer
from accounts.models.choices import Intent, Kind, Source, Stage, Tier
from accounts.resources.people import of_person
from accounts.resources.widgets import SizeWidget, SourceWidget
from accounts.resources.words import GRADES, KINDS, NEARLY_GRADES, SOURCES, STAGES, every_word, spellings
from accounts.services import (
    contact_imports,
    import_duplicates,
    import_undo,
    imported_notes,
    imports,
    parent_imports,
)
from crm.core.company import looks_like_person
from crm.core.phone import format_phone
from crm.core.pinyin import sort_key
from crm.core.text import fold
from crm.identity import access
from crm.identity.models import User
from crm.listing.custom.importing import present_values
from crm.listing.importing import mapping as looks
from crm.listing.importing.resource import Column, ImportResource, Key, Run, StagedRow
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

BY_NAME = "~"  # marks the key of a row that goes by its name because the chosen key is blank
PERSON_HEADERS = {"姓名", "名字", "客户姓名", "车主", "会员姓名", "fullname", "personname"}
ORGANISATION = re.compile(r"公司|集团|厂|店|中心|事务所|学校|医院|\b(ltd|inc|llc|gmbh|co)\b", re.IGNORECASE)
YES_OR_NO = {"是", "否", "有", "无", "已加", "未加", "yes", "no", "y", "n", "true", "false", "0", "1"}


class CustomerResource(ImportResource):
    """Customers with their first contact, one per row, as sales sheets have them."""

    slug = "customers"
    model = Customer
    noun = gettext_lazy("Customers")
    keys = (
        Key("id", gettext_lazy("number"), lambda value: str(value)),
        Key("external_id", gettext_lazy("external ID"), lambda value: str(value).strip()),
        Key("name", gettext_lazy("customer name"), fold),
        Key("uscc", gettext_lazy("credit code"), str),
        Key("phone", gettext_lazy("phone"), contact_imports.phone_key),
        Key("email", gettext_lazy("e-mail"), str),
    )

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

    def field_of(self, name: str) -> tuple[type[Any], str]:
        return (Contact, name[8:]) if name.startswith("contact_") else super().field_of(name)

    def targets(self, user: User) -> list[looks.Target]:
        """The proposal also knows a column of colleagues' names, of industries and of places by its cells."""
        known = {
            "owner": reference.looks_like_colleague(),
            "industry": reference.looks_like_industry(),
            "region": reference.looks_like_region,
        }
        targets = super().targets(user)
        for target in targets:
            if target.name in known:
                target.content = known[target.name]
            target.strict = target.name in ("industry", "region", "contact_wechat")
            target.speaks = target.speaks or target.name == "owner"
        return targets

    def settle(self, mapping: dict[str, str]) -> dict[str, str]:
        """Without a contact's name the numbers are the customer's own: a list of persons has only one name."""
        by_field = {name: header for header, name in mapping.items()}
        if "contact_name" not in by_field:
            for person, own in (("contact_phone", "phone"), ("contact_email", "email")):
                if person in by_field and own not in by_field:
                    mapping[by_field[person]] = own
        elif "email" in by_field and "contact_email" not in by_field and "phone" not in by_field:
            mapping[by_field["email"]] = "contact_email"
        return mapping

    def default_key(self, mapping: Mapping[str, str]) -> str:
        """Number and external ID are sure; otherwise the name, which every sheet has."""
        taken = set(mapping.values())
        return next(
            (name for name in ("id", "external_id", "name", "uscc", "phone", "email") if name in taken),
            "name",
        )

    def check(self, run: Run, row: StagedRow) -> None:
        """A contact needs a name; without one its numbers become the customer's, as far as it has none."""
        cleaned = row.cleaned
        if "kind" not in cleaned and header_key(run.headers.get("name", "")) in PERSON_HEADERS:
            cleaned["kind"] = "company" if ORGANISATION.search(cleaned.get("name", "")) else "person"
        self._check_next(run, row)
        source = cleaned.get("source", "")
        if source.startswith("other:"):
            cleaned["source"] = "other"
            cleaned.setdefault("source_detail", source[6:])
        if cleaned.get("lifecycle_stage") in imports.DEAL_STAGES and not cleaned.get("first_deal_at"):
            self._deal_date_missing(run, row)
        if "first_deal_at" in cleaned and cleaned["first_deal_at"] > run.today.isoformat():
            row.fail(
                "future",
                _("The first deal cannot lie in the future."),
                run.headers["first_deal_at"],
                "first_deal_at",
            )
        if cleaned.get("contact_name") or not any(name in cleaned for name in imports.CONTACT_FIELDS):
            return
        if cleaned.get("kind") == "person" or looks_like_person(cleaned.get("name", "")):
            cleaned["contact_name"] = cleaned["name"][:100]
            return
        for person, own in (("contact_phone", "phone"), ("contact_email", "email")):
            if person in cleaned and own not in cleaned:
                cleaned[own] = cleaned.pop(person)
        left = [name for name in imports.CONTACT_FIELDS if name in cleaned]
        if left:
            row.fail(
                "contact_name",
                _("The contact's name is missing."),
                run.headers.get("contact_name", ""),
                "contact_name",
            )

    @staticmethod
    def _check_next(run: Run, row: StagedRow) -> None:
        """What lies in the past cannot be planned: the row comes in without it, and says so."""
        named = next((name for name in imported_notes.FIELDS if name in row.cleaned), "")
        if named and not run.once("writes", lambda: access.has_verb(run.user, "add", Activity)):
            message = _("Your role may not write follow-ups; leave this column out.")
            row.fail("no_right", message, run.headers[named], named)
        planned = row.cleaned.get("next_follow_up")
        if planned and not imported_notes.is_to_come(planned):
            del row.cleaned["next_follow_up"]
            row.note(
                "past",
                _("The next follow-up lies in the past and was left out."),
                run.headers["next_follow_up"],
            )

    @staticmethod
    def _deal_date_missing(run: Run, row: StagedRow) -> None:
        if run.job.mode == "create" or run.key.name not in ("id", "external_id"):
            row.fail(
                "deal_date",
                _("This stage needs the date of the first deal."),
                run.headers.get("lifecycle_stage", ""),
                "lifecycle_stage",
            )

    def key_of(self, run: Run, row: StagedRow) -> str:
        """The chosen key; a row without one goes by its name, or the file could not be imported twice."""
        key = super().key_of(run, row)
        if key or run.key.name == "name" or not row.cleaned.get("name"):
            return key
        return f"{BY_NAME}{fold(row.cleaned['name'])}"[:255]

    # --- Records ---------------------------------------------------------------------------------

    def find(self, run: Run, keys: Sequence[str]) -> dict[str, list[int]]:
        """The living customers of each key, whoever owns them."""
        named = {key for key in keys if key.startswith(BY_NAME)}
        found = self._find(run.key.name, [key for key in keys if key not in named])
        if named:
            by_name = self._find("name", [key.removeprefix(BY_NAME) for key in named])
            found |= {f"{BY_NAME}{name}": ids for name, ids in by_name.items()}
        return found

    @staticmethod
    def _find(by: str, keys: Sequence[str]) -> dict[str, list[int]]:
        rows = Customer._base_manager.filter(deleted_at__isnull=True)
        match by:
            case "id":
                wanted = [int(key) for key in keys if key.isdecimal()]
                return {str(pk): [pk] for pk in rows.filter(pk__in=wanted).values_list("pk", flat=True)}
            case "name":
                by_sort = {sort_key(key) for key in keys}
                pairs = rows.filter(name_sort__in=by_sort).values_list("name", "pk")
                return reference.grouped((fold(name), pk) for name, pk in pairs)
            case "phone":
                return reference.grouped(rows.filter(phone_key__in=keys).values_list("phone_key", "pk"))
            case name:
                return reference.grouped(rows.filter(**{f"{name}__in": keys}).values_list(name, "pk"))

    def current(self, run: Run, rows: Sequence[StagedRow]) -> dict[int, dict[str, Any]]:
        """What the customers and the contacts named in the rows are now."""
        ids = [row.target_id for row in rows]
        always = {
            "tier",
            "intent",
            "first_deal_at",
            "source_detail",
        }  # what a grade or a source means depends on them
        names = [
            name
            for name in (*imports.OWN, "kind", "tier", "intent", "lifecycle_stage", "first_deal_at")
            if name in run.mapped | always
        ]
        links = [f"{name}_id" for name in ("owner", "industry", "region") if name in run.mapped]
        found = {
            record["id"]: {
                name.removesuffix("_id") if name in links else name: value for name, value in record.items()
            }
            for record in Customer._base_manager.filter(pk__in=ids).values("id", *names, *links)
        }
        if "parent" in run.mapped:
            for pk, parent in Customer._base_manager.filter(pk__in=ids).values_list("pk", "parent__name"):
                found[pk]["parent"] = parent
        for pk, values in present_values(Customer, ids, run.mapped).items():
            found[pk] |= values
        if "tags" in run.mapped:
            for pk, tags in reference.tags_of(ids).items():
                found[pk]["tags"] = tags
        missing = imported_notes.missing_notes(run, rows)
        people = (
            contact_imports.contacts_by_name(found)
            if any("contact_name" in row.cleaned for row in rows)
            else {}
        )
        for row in rows:
            now = found.get(row.target_id or 0)
            if now is None:
                continue
            self._compare_grade(row, now)
            for name, items in missing.get(row.number, {}).items():
                now[name] = None if items else row.cleaned[name]
            if "parent" in row.cleaned and fold(now.get("parent") or "") == fold(row.cleaned["parent"]):
                now["parent"] = row.cleaned["parent"]
            contact = people.get((row.target_id or 0, fold(row.cleaned.get("contact_name", ""))))
            for column, name in imports.CONTACT_FIELDS.items():
                now[column] = getattr(contact, name) if contact else ""
        return found

    @staticmethod
    def _compare_grade(row: StagedRow, now: dict[str, Any]) -> None:
        """A grade in the file means the tier of a deal customer and the intent of a prospect."""
        deal = row.cleaned.get("first_deal_at") or now.get("first_deal_at")
        grade = row.cleaned.get("tier") or row.cleaned.get("intent")
        if grade:
            held = now.get("tier" if deal else "intent")
            now["tier"] = now["intent"] = held

    doubts = True

    def doubt(self, run: Run, rows: Sequence[StagedRow], *, writing: bool) -> None:
        """New customers that may be there already under another key."""
        import_duplicates.doubt_new_customers(run, rows, writing=writing)

    def create(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Write new customers with their contacts."""
        imports.create_customers(run, rows)

    def update(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Write what the rows change."""
        imports.update_customers(run, rows)

    def take_back(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Undo what an import wrote, as far as nobody has touched it since."""
        import_undo.take_back_customers(run, rows)

    finishing = "parent"

    def finish(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Link the companies to their parents."""
        parent_imports.link_parents(run, rows)

    def occupied(self, run: Run, row: StagedRow, ids: Sequence[int]) -> str:
        """Only the name of the colleague who has it is told, never anything else of the record."""
        owner = User._base_manager.filter(
            pk__in=Customer._base_manager.filter(pk__in=ids).values("owner")
        ).first()
        if owner is None:
            return _("Occupied: this customer belongs to another team.")
        return _("Occupied: this customer belongs to %(name)s.") % {"name": owner}

    def shown(self, run: Run, name: str, value: Any) -> str:
        """Numbers as one reads them, people and places by name."""
        if name in ("phone", "contact_phone"):
            return format_phone(value)
        if name == "owner":
            person = run.people.by_id.get(value)
            return str(person) if person else str(value)
        if name in ("industry", "region"):
            return imports.reference_label(run, name, value)
        labels: dict[str, Any] = {"kind": Kind, "lifecycle_stage": Stage, "source": Source}
        if name in labels:
            label: str | Promise = dict(labels[name].choices).get(value, value)
            return str(label)
        return super().shown(run, name, value)
