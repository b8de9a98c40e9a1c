"""Follow-ups as sheets have them: who was in touch with whom, when, and what was said."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import reference
from accounts.models import Activity, ActivityKind, Contact, Customer, Outcome
from accounts.resources.words import ACTIVITY_KINDS, OUTCOMES, every_word, spellings
from accounts.services import activity_imports, import_undo
from accounts.services.activity_imports import Item, moment_of
from crm.core.text import fold
from crm.listing.importing import mapping as looks
from crm.listing.importing.resource import Column, ImportResource, Key, Run, StagedRow
from crm.listing.importing.widgets import ChoiceWidget, LookupWidget, MomentWidget, TextWidget

CHANGEABLE = ("kind", "subject", "body", "outcome")


class ActivityResource(ImportResource):
    """The follow-ups of customers that exist, with their original dates and people; future dates become plans."""

    slug = "activities"
    model = Activity
    owners_model = Customer  # whoever may be given a customer may have been in touch with it
    noun = gettext_lazy("Follow-ups")
    sheet_names = "跟进记录|跟进|拜访记录|联系记录|跟进历史|follow-ups|activities|follow ups"
    relates_to, relates_by, comes = "customers", "customer", 2
    keys = (
        Key("external_id", gettext_lazy("external ID"), lambda value: str(value).strip()),
        Key("done_at", gettext_lazy("customer, time and text"), str),
    )

    customer = Column(
        "customer",
        label=gettext_lazy("Customer"),
        synonyms="客户名称|公司|公司名称|企业名称|单位名称|客户|客户名|客户ID|account|company|customer|customer name|company name",
        widget=LookupWidget(reference.customer),
        required=True,
        example="嘉兴明锐光学有限公司",
        note=gettext_lazy("Name, number or external ID of a customer you may change"),
    )
    done_at = Column(
        "done_at",
        label=gettext_lazy("Date"),
        synonyms="跟进时间|跟进日期|日期|时间|联系时间|联系日期|拜访时间|拜访日期|沟通时间|date|time|when|activity date|contact date",
        widget=MomentWidget(),
        content=looks.looks_like_date,
        speaks=True,
        required=True,
        example="2026-06-11 14:30",
        note=gettext_lazy("A date to come makes a planned follow-up"),
    )
    kind = Column(
        "kind",
        label=gettext_lazy("Kind"),
        synonyms="方式|跟进方式|跟进类型|类型|联系方式|沟通方式|kind|type|activity type|channel",
        widget=ChoiceWidget(spellings(ACTIVITY_KINDS, ActivityKind)),
        content=looks.one_of(every_word(ACTIVITY_KINDS)),
        example="电话",
    )
    body = Column(
        "body",
        label=gettext_lazy("Text"),
        synonyms="跟进内容|跟进记录|内容|沟通内容|拜访内容|记录|备注|详情|情况|body|text|content|notes|note|description|comment",
        widget=TextWidget(20_000, lines=True),
        example="介绍了新机型，客户要求下周报价。",
    )
    subject = Column(
        "subject",
        label=gettext_lazy("Subject"),
        synonyms="主题|标题|事项|subject|title|topic",
        widget=TextWidget(200),
    )
    owner = Column(
        "owner",
        label=gettext_lazy("Person"),
        synonyms="跟进人|负责人|业务员|销售|销售员|拜访人|记录人|客户经理|owner|sales rep|person|by|sales agent|author",
        widget=LookupWidget(lambda run, text: run.people.author(text)),
        note=gettext_lazy("Name or user name; empty means you"),
    )
    contact = Column(
        "contact",
        label=gettext_lazy("Contact"),
        synonyms="联系人|联系人姓名|对接人|contact|contact name|contact person",
        widget=TextWidget(100),
    )
    outcome = Column(
        "outcome",
        label=gettext_lazy("Outcome"),
        synonyms="结果|跟进结果|沟通结果|outcome|result",
        widget=ChoiceWidget(spellings(OUTCOMES, Outcome)),
    )
    external_id = Column(
        "external_id",
        label=gettext_lazy("External ID"),
        synonyms="编号|记录编号|外部编号|external id|activity id",
        widget=TextWidget(100),
    )

    def check(self, run: Run, row: StagedRow) -> None:
        """Something must have been said; a colleague who has left can have been in touch but plans nothing."""
        cleaned = row.cleaned
        if run.job.mode == "update":
            return
        if not cleaned.get("body") and not cleaned.get("subject") and not row.errors:
            row.fail("body", _("There is neither a text nor a subject."), run.headers.get("body", ""), "body")
        if "done_at" in cleaned and self._is_plan(cleaned):
            person = run.people.by_id.get(cleaned.get("owner") or run.user.pk)
            if person is not None and not person.is_active:
                message = _("%(name)s has left. Name a successor.") % {"name": person.name}
                row.fail("former_owner", message, run.headers.get("owner", ""), "owner")

    @staticmethod
    def _is_plan(cleaned: dict[str, Any]) -> bool:
        moment, whole_day = moment_of(cleaned["done_at"])
        now = timezone.localtime(timezone=timezone.get_default_timezone())
        return moment.date() > now.date() if whole_day else moment > now

    def key_of(self, run: Run, row: StagedRow) -> str:
        """The external ID, or customer, time and what was said: the same line imported twice is one follow-up."""
        if run.key.name == "external_id" and row.cleaned.get("external_id"):
            return super().key_of(run, row)
        cleaned = row.cleaned
        if "customer" not in cleaned or "done_at" not in cleaned:
            return ""
        moment, _whole = moment_of(cleaned["done_at"])
        return _same(cleaned["customer"], moment, cleaned.get("subject", ""), cleaned.get("body", ""))

    def find(self, run: Run, keys: Sequence[str]) -> dict[str, list[int]]:
        """The follow-ups of each key."""
        rows = Activity._base_manager.filter(deleted_at__isnull=True)
        lines = [key for key in keys if key.startswith("~")]
        found = reference.grouped(
            rows.filter(external_id__in=set(keys) - set(lines)).values_list("external_id", "pk")
        )
        customers = {int(key[1:].split("|", 1)[0]) for key in lines}
        for activity in rows.filter(customer__in=customers).only(
            "customer_id", "done_at", "due_at", "subject", "body"
        ):
            moment = activity.done_at or activity.due_at
            if moment:
                key = _same(activity.customer_id, moment, activity.subject, activity.body)
                found.setdefault(key, []).append(activity.pk)
        return found

    def within_reach(self, run: Run, ids: Sequence[int]) -> set[int]:
        """Follow-ups with customers the importer may change: the rows name such a customer already."""
        reachable = run.once("customers within reach", lambda: reference.customers_within_reach(run))
        rows = Activity._base_manager.filter(pk__in=ids, customer__in=reachable)
        return set(rows.values_list("pk", flat=True))

    def current(self, run: Run, rows: Sequence[StagedRow]) -> dict[int, dict[str, Any]]:
        """What the follow-ups are now; who, when and with whom are not changed by a file."""
        held = Activity._base_manager.filter(pk__in=[row.target_id for row in rows])
        now = {record["id"]: record for record in held.values("id", *CHANGEABLE)}
        return {row.number: row.cleaned | now[row.target_id] for row in rows if row.target_id in now}

    def create(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Write the follow-ups."""
        people = self._contacts(rows)
        items = [self._item(run, row, people) for row in rows]
        for row, pk in zip(rows, activity_imports.create_activities(run, items), strict=True):
            row.target_id = pk
            if pk is None:
                row.fail(
                    "taken",
                    _("Another record has this external ID."),
                    run.headers.get("external_id", ""),
                    "external_id",
                )

    def _item(self, run: Run, row: StagedRow, people: dict[tuple[int, str], int]) -> Item:
        cleaned = row.cleaned
        moment, whole_day = moment_of(cleaned["done_at"])
        plan = self._is_plan(cleaned)
        return Item(
            row=row,
            customer=cleaned["customer"],
            owner=cleaned.get("owner") or run.user.pk,
            kind=cleaned.get("kind") or ("task" if plan else "note"),
            subject=cleaned.get("subject", ""),
            body=cleaned.get("body", ""),
            done_at=None if plan else moment,
            due_at=moment if plan else None,
            all_day=plan and whole_day,
            contact=people.get((cleaned["customer"], fold(cleaned.get("contact", "")))),
            outcome="" if plan else cleaned.get("outcome", ""),
            external_id=cleaned.get("external_id", ""),
        )

    @staticmethod
    def _contacts(rows: Sequence[StagedRow]) -> dict[tuple[int, str], int]:
        """The contacts the rows name; an unknown name leaves the follow-up without one, its text keeps the name."""
        customers = {row.cleaned["customer"] for row in rows if row.cleaned.get("contact")}
        found = Contact._base_manager.filter(customer__in=customers, deleted_at__isnull=True)
        known = {(c, fold(name)): pk for pk, c, name in found.values_list("pk", "customer_id", "name")}
        for row in rows:
            name = row.cleaned.get("contact")
            if name and (row.cleaned["customer"], fold(name)) not in known:
                body = row.cleaned.get("body", "")
                if name not in body:
                    row.cleaned["body"] = f"{name}: {body}" if body else name
        return known

    def update(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Change the text of follow-ups that were imported before."""
        changed = {
            row.target_id or 0: {name: pair[1] for name, pair in row.changes.items() if name in CHANGEABLE}
            for row in rows
        }
        activity_imports.change_activities(run, rows, changed)

    def take_back(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Undo what an import wrote, as far as nobody has touched it since."""
        import_undo.take_back_activities(run, rows)

    def shown(self, run: Run, name: str, value: Any) -> str:
        """Customers and people by name."""
        if name == "customer":
            return reference.customer_label(run, value)
        if name == "owner":
            return str(run.people.by_id.get(value, value))
        if name in ("kind", "outcome"):
            return str(dict((ActivityKind if name == "kind" else Outcome).choices).get(value, value))
        return super().shown(run, name, value)


def _same(customer: int, moment: Any, subject: str, body: str) -> str:
    said = hashlib.sha256(f"{fold(subject)}\n{fold(body)}".encode()).hexdigest()[:24]
    return f"~{customer}|{int(moment.timestamp())}|{said}"
