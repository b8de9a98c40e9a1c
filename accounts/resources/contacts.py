"""Contacts as sheets have them: one person per row, with the customer they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import reference
from accounts.models import Contact
from accounts.models.choices import ContactRole
from accounts.resources.people import of_person
from accounts.resources.words import ROLES, spellings
from accounts.services import contact_imports, import_undo
from crm.core.phone import format_phone
from crm.core.text import fold
from crm.listing.custom.importing import present_values
from crm.listing.importing.resource import Column, ImportResource, Key, Run, StagedRow
from crm.listing.importing.widgets import ChoiceWidget, LookupWidget, NumberWidget, TextWidget

FIELDS = ("name", "title", "department", "role", "phone", "email", "wechat", "external_id")


class ContactResource(ImportResource):
    """Contacts of customers that exist already; the customer is named by number, external ID or name."""

    slug = "contacts"
    model = Contact
    noun = gettext_lazy("Contacts")
    sheet_names = "联系人|联系人信息|客户联系人|contacts|people"
    relates_to, relates_by, comes = "customers", "customer", 1
    cards = "customers"  # whose rows also make the companies that are not there yet
    keys = (
        Key("id", gettext_lazy("number"), lambda value: str(value)),
        Key("external_id", gettext_lazy("external ID"), lambda value: str(value).strip()),
        Key("name", gettext_lazy("customer and name"), fold),
        Key("phone", gettext_lazy("customer and phone"), contact_imports.phone_key),
    )

    id = Column("id", label=gettext_lazy("Record number"), synonyms="系统编号", widget=NumberWidget())
    customer = Column(
        "customer",
        label=gettext_lazy("Customer"),
        synonyms="客户名称|公司|公司名称|企业名称|单位名称|单位|客户|客户名|客户ID|所属客户|所属公司|account|company|customer|customer name|company name",
        widget=LookupWidget(reference.customer),
        required=True,
        example="嘉兴明锐光学有限公司",
        note=gettext_lazy("Name, number or external ID of a customer you may change"),
    )
    name = of_person(
        "name", "name", label=gettext_lazy("Name"), synonyms="名字|full name|name", required=True
    )
    title = of_person("title", "title", label=gettext_lazy("Job title"))
    department = of_person(
        "department", "department", label=gettext_lazy("Department"), synonyms="部门|所属部门|department"
    )
    role = Column(
        "role",
        label=gettext_lazy("Role"),
        synonyms="角色|决策角色|联系人角色|role",
        widget=ChoiceWidget(spellings(ROLES, ContactRole)),
    )
    phone = of_person("phone", "phone", label=gettext_lazy("Phone"), synonyms="电话|phone|telephone")
    email = of_person(
        "email",
        "email",
        label=gettext_lazy("E-mail"),
        synonyms="邮箱|电子邮箱|邮件|email|e-mail|mail|email address",
        speaks=True,
    )
    wechat = of_person("wechat", "wechat", label=gettext_lazy("WeChat"))
    external_id = Column(
        "external_id",
        label=gettext_lazy("External ID"),
        synonyms="联系人编号|编号|外部编号|contact id|external id",
        widget=TextWidget(100),
    )

    def key_of(self, run: Run, row: StagedRow) -> str:
        """Names and numbers are a key only together with the customer: two companies may each have a 张伟."""
        key = super().key_of(run, row)
        if not key or run.key.name not in ("name", "phone"):
            return key
        return f"{row.cleaned.get('customer')}|{key}"[:255]

    def find(self, run: Run, keys: Sequence[str]) -> dict[str, list[int]]:
        """The living contacts of each key."""
        rows = Contact._base_manager.filter(deleted_at__isnull=True)
        if run.key.name == "id":
            wanted = [int(key) for key in keys if key.isdecimal()]
            return {str(pk): [pk] for pk in rows.filter(pk__in=wanted).values_list("pk", flat=True)}
        if run.key.name == "external_id":
            return reference.grouped(rows.filter(external_id__in=keys).values_list("external_id", "pk"))
        customers = {int(key.split("|", 1)[0]) for key in keys}
        column = "phone_key" if run.key.name == "phone" else "name"
        found = rows.filter(customer__in=customers).values_list("customer_id", column, "pk")
        return reference.grouped(
            (f"{c}|{run.key.normalise(v) if column == 'name' else v}"[:255], pk) for c, v, pk in found
        )

    def current(self, run: Run, rows: Sequence[StagedRow]) -> dict[int, dict[str, Any]]:
        """What the contacts are now."""
        ids = [row.target_id for row in rows]
        found = Contact._base_manager.filter(pk__in=ids)
        custom = present_values(Contact, ids, run.mapped)
        now = {
            record["id"]: record | {"customer": record["customer_id"]} | custom.get(record["id"], {})
            for record in found.values("id", "customer_id", *FIELDS)
        }
        return {row.number: now[row.target_id] for row in rows if row.target_id in now}

    def create(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Add the contacts to their customers."""
        contact_imports.add_contacts(run, rows)

    def update(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Change the contacts where a filled cell differs."""
        contact_imports.change_contacts(run, rows)

    def take_back(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Undo what an import wrote, as far as nobody has touched it since."""
        import_undo.take_back_contacts(run, rows)

    def occupied(self, run: Run, row: StagedRow, ids: Sequence[int]) -> str:
        return _("Occupied: this contact belongs to a customer of somebody else.")

    def shown(self, run: Run, name: str, value: Any) -> str:
        """Customers by name, numbers as one reads them."""
        if name == "customer":
            return reference.customer_label(run, value)
        if name == "phone":
            return format_phone(value)
        if name == "role":
            return str(dict(ContactRole.choices).get(value, value))
        return super().shown(run, name, value)
