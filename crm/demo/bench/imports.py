"""An import of 100,000 rows against django-import-export's own way with the same columns."""

import resource
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tablib
from django.core.files.base import File
from django.db import connection
from import_export import fields, resources
from import_export.widgets import ForeignKeyWidget
from openpyxl import Workbook

from accounts.events import CUSTOMER_IMPORTED
from accounts.models import Contact, Customer, LifecycleEvent
from accounts.services import create_contact
from accounts.services.cleaning import cleaned, match_keys
from crm.celery import app
from crm.demo.bench.company import viewers
from crm.demo.bench.figures import Figure, peak_mb
from crm.demo.names import companies
from crm.events.actor import system
from crm.events.recording import record_event
from crm.identity.models import User
from crm.listing.importing import jobs
from crm.records.models import ImportJob

ROWS = 100_000
SAMPLE = 1_000
"""Rows the slow way takes in: enough to know its pace."""

FIELDS = {
    "客户编号": "external_id",
    "客户名称": "name",
    "公司电话": "phone",
    "邮箱": "email",
    "网址": "website",
    "地址": "address",
    "规模": "size",
    "来源说明": "source_detail",
    "联系人": "contact_name",
    "手机": "contact_phone",
    "职务": "contact_title",
    "联系人邮箱": "contact_email",
}
CHECKED = ("name", "phone", "email", "website", "address")
PLAIN = [name for name in FIELDS.values() if not name.startswith("contact_")]


class PlainCustomers(resources.ModelResource):
    """What django-import-export's documentation begins with."""

    class Meta:
        model = Customer
        fields = PLAIN
        import_id_fields = ["external_id"]


class PlainContacts(resources.ModelResource):
    """The columns of the contact, with a foreign key as that documentation shows it."""

    customer = fields.Field("customer", "external_id", ForeignKeyWidget(Customer, "external_id"))
    name = fields.Field("name", "contact_name")
    phone = fields.Field("phone", "contact_phone")
    title = fields.Field("title", "contact_title")
    email = fields.Field("email", "contact_email")

    class Meta:
        model = Contact
        fields = ["customer", "name", "phone", "title", "email"]
        import_id_fields = ["customer"]


class SameRecords(PlainCustomers):
    """The same way made to leave the same records: checked, searchable, with contact, life cycle step and event."""

    def before_save_instance(self, instance: Customer, row: Mapping[str, Any], **kwargs: Any) -> None:
        """What a customer needs before it is stored."""
        for name, value in cleaned(Customer, {name: getattr(instance, name) for name in CHECKED}).items():
            setattr(instance, name, value)
        keys = match_keys({"phone": instance.phone, "name": instance.name, "kind": instance.kind})
        for name, value in keys.items():
            setattr(instance, name, value)
        instance.fill_search()

    def after_save_instance(self, instance: Customer, row: Mapping[str, Any], **kwargs: Any) -> None:
        """What comes into being beside it."""
        actor = system("bench")
        LifecycleEvent(
            customer=instance, to_stage=instance.lifecycle_stage, rule="import", actor_id=actor.id
        ).save()
        person = {name.removeprefix("contact_"): row[name] for name in row if name.startswith("contact_")}
        create_contact(instance, actor=actor, is_primary=True, announce=False, **person)
        record_event(CUSTOMER_IMPORTED, instance, actor=actor, payload={"name": instance.name})


def measure() -> list[Figure]:
    """Check, write, and write again what has not changed."""
    app.conf.task_always_eager = True
    user = viewers()["administrator"]
    with tempfile.TemporaryDirectory() as folder:
        sheet = Path(folder) / "customers.xlsx"
        small = Path(folder) / "sample.xlsx"
        write_sheet(sheet, ROWS, "A")
        plain = pace_of(small, "BCD", PlainCustomers, PlainContacts)
        same = pace_of(small, "EFG", SameRecords)
        before = cpu_seconds()
        counts = take_in(sheet, user)
        pace = ROWS / (cpu_seconds() - before)
        if counts.get("created") != ROWS:
            raise RuntimeError(f"The import did not create every row: {counts}")
        snapshot()
        again = take_in(sheet, user)
        written = changed_rows()
        peak = max(peak_mb(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
    return [
        Figure(
            "imports",
            "rows per processor second",
            pace,
            "",
            same,
            "import-export, same records",
            10 * same,
            most=False,
        ),
        Figure(
            "imports",
            "rows per processor second",
            pace,
            "",
            plain,
            "import-export by default, the same columns, unchecked",
            10 * plain,
            most=False,
        ),
        Figure("imports", "peak memory", peak, "MB", bar=500),
        Figure(
            "imports", "rows written by an unchanged second run", written, "", ROWS, "rows in the file", 0
        ),
        Figure(
            "imports",
            "rows the second run calls unchanged",
            again["unchanged"],
            "",
            ROWS,
            "rows",
            ROWS,
            False,
        ),
    ]


def write_sheet(file: Path, rows: int, letter: str) -> None:
    """A sheet of invented customers; the letter keeps the numbers of two sheets apart."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(list(FIELDS))
    for number, company in enumerate(companies(rows, 9)):
        sheet.append(
            [
                f"{letter}-{number:06}",
                own_name(company.name, f"{letter}{number}"),
                f"0571-{80_000_000 + number}",
                f"info{number}@{letter.lower()}.example",
                f"www.{letter.lower()}{number}.example",
                f"科技路{number}号",
                20 + number % 900,
                "展会",
                company.contact,
                f"139{number:08}",
                company.title,
                f"person{number}@{letter.lower()}.example",
            ]
        )
    book.save(file)


def own_name(name: str, mark: str) -> str:
    """A company name nobody else has; the mark stands where names differ, before the organisation form."""
    return name.replace("有限", f"{mark}有限", 1) if "有限" in name else f"{name}{mark}"


def take_in(sheet: Path, user: User) -> dict[str, Any]:
    """Import a sheet from upload to its last row, as the worker does it for an API client."""
    with open(sheet, "rb") as handle:
        job = jobs.start_import(user, File(handle, name=sheet.name), "customers", key="external_id")
    job = ImportJob._base_manager.get(pk=job.pk)
    if job.state != ImportJob.State.DONE:
        raise RuntimeError(f"The import is {job.state}: {job.error} {job.counts}")
    return job.counts


def pace_of(sheet: Path, letters: str, *resource_classes: type[resources.ModelResource]) -> float:
    """Rows per processor second of django-import-export over several sheets, after one that only warms up."""
    spent = 0.0
    for letter in letters:
        write_sheet(sheet, SAMPLE, letter)
        before = cpu_seconds()
        the_plain_way(sheet, *resource_classes)
        spent += cpu_seconds() - before if letter != letters[0] else 0
    return SAMPLE * (len(letters) - 1) / spent


def the_plain_way(sheet: Path, *resource_classes: type[resources.ModelResource]) -> None:
    """Read once and import as django-import-export does by default, one resource after the other."""
    with open(sheet, "rb") as handle:
        data = tablib.Dataset().load(handle.read(), format="xlsx")
    data.headers = [FIELDS[header] for header in data.headers]
    for resource_class in resource_classes:
        result = resource_class().import_data(data, raise_errors=True)
        if result.totals["new"] != SAMPLE:
            raise RuntimeError(f"import-export did not create every row: {result.totals}")


def snapshot() -> None:
    """Remember the version of every customer row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE seen AS SELECT id, xmin::text AS version FROM accounts_customer"
        )


def changed_rows() -> int:
    """How many customer rows were written since the snapshot."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM accounts_customer AS now LEFT JOIN seen USING (id) "
            "WHERE seen.version IS DISTINCT FROM now.xmin::text"
        )
        return int(cursor.fetchone()[0])


def cpu_seconds() -> float:
    """Processor time of this process and the children it has waited for."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
