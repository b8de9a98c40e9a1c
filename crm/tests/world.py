"""One small company with a record of each relation a person can have to it, and who sees which: written down by hand,
independent of the code that decides it."""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils import timezone

from accounts import services
from accounts.models import Customer
from crm.automation.models import GroupRobot, Notification
from crm.automation.services.robots import PURPOSE
from crm.core.sealing import seal
from crm.events.models import Event
from crm.identity import services as identity
from crm.identity.models import Role
from crm.identity.services import create_token
from crm.identity.tests.factories import SYSTEM, Company, actor, make_company, make_team
from crm.records.models import BackgroundJob, ExportJob, ImportJob, ImportTemplate, Tag
from crm.records.services.custom_fields import create_field, create_section

ROLES = ["sales1", "sales2", "manager1", "sales3", "director", "admin", "exec"]
ROLES += ["service1", "finance1", "marketing1", "marketing2"]

# `own` and `deal` are sales1's, `other` and `shared` sales3's; sales1 may read `shared`; `deleted` is sales1's and lies
# in the bin.
RELATIONS = ["own", "deal", "other", "shared", "deleted"]
ALL = {"own", "deal", "other", "shared"}
SEEN = {
    "sales1": {"own", "deal", "shared"},
    "sales2": set(),
    "manager1": {"own", "deal"},
    "sales3": {"other", "shared"},
    "director": ALL,
    "admin": ALL,
    "exec": ALL,
    "service1": ALL,
    "finance1": {"deal"},
    "marketing1": ALL,
    "marketing2": set(),
}
# Follow-ups: those of the customers one sees, for sales and those who lead it; finance, marketing and the service desk
# do not read what salespeople write.
NOBODY: dict[str, set[str]] = {role: set() for role in ROLES}
SEEN_FOLLOW_UPS = {**SEEN, "service1": set(), "finance1": set(), "marketing1": set()}
# What belongs to one person alone is sales1's here.
PRIVATE = {**NOBODY, "sales1": {"own"}}
SEEN_BY_KIND = {
    **{kind: {role: {"own"} for role in ROLES} for kind in ["user", "team", "role", "tag"]},
    **{kind: {**NOBODY, "admin": {"own"}} for kind in ["event", "field", "section", "robot"]},
    "customer": SEEN,
    "contact": SEEN,
    "activity": SEEN_FOLLOW_UPS,
    "import": PRIVATE,
    "mapping": PRIVATE,
    "export": PRIVATE,
    "job": PRIVATE,
    "token": PRIVATE,
    "notification": PRIVATE,
}
AUTHORS = {"own": "sales1", "deal": "sales1", "other": "sales3", "shared": "sales3"}
EVERYBODY = frozenset(ROLES)
SALES = frozenset({"sales1", "sales2", "manager1", "sales3", "director", "admin"})
READERS = frozenset(SALES | {"exec", "service1", "finance1", "marketing1"})
ADMIN = frozenset({"admin"})


@dataclass
class World:
    """The company and, per kind of record and relation, one record."""

    company: Company
    records: dict[str, dict[str, models.Model]]


def make_world() -> World:
    """Five customers, each with a contact."""
    company = make_company()
    records: dict[str, dict[str, Any]] = {"customer": {}, "contact": {}, "activity": {}}
    for relation in RELATIONS:
        owner = company.sales3 if relation in ("other", "shared") else company.sales1
        made = services.create_customer(
            name=f"{relation} company",
            owner=owner,
            contact={"name": f"{relation} contact", "phone": "13812345678"},
            actor=actor(owner),
        )
        records["customer"][relation], records["contact"][relation] = made.customer, made.contact
        records["activity"][relation] = services.log_follow_up(
            kind="call",
            customer=made.customer,
            body=f"Spoke about {relation}",
            author=owner,
            actor=actor(owner),
        ).activity
    services.set_first_deal(records["customer"]["deal"], timezone.localdate(), actor=SYSTEM)
    identity.share(records["customer"]["shared"], user=company.sales1, level="read", actor=SYSTEM)
    services.delete_customer(records["customer"]["deleted"], actor=SYSTEM)
    records["customer"] = {key: Customer._base_manager.get(pk=c.pk) for key, c in records["customer"].items()}
    del records["activity"]["deleted"]  # a follow-up of a binned customer: test_activity_services
    return World(company, records | {kind: {"own": r} for kind, r in _single(company).items()})


def _single(company: Company) -> dict[str, models.Model]:
    """One of each thing that belongs to nobody else, or to everybody."""
    mine = company.sales1
    tag = Tag(name="key account")
    tag.save()
    return {
        "user": company.sales2,
        "team": make_team("Empty", company.company),
        "role": Role._base_manager.get(slug="salesperson"),
        "tag": tag,
        "event": Event._base_manager.first(),
        "field": create_field(
            model="accounts.customer", kind="text", label_zh="级别", key="level", actor=SYSTEM
        ),
        "section": create_section(model="accounts.customer", label_zh="合同", actor=SYSTEM),
        "import": ImportJob._base_manager.create(
            user=mine, resource="customers", file_name="a.csv", state="ready"
        ),
        "mapping": ImportTemplate._base_manager.create(user=mine, resource="customers", name="mine"),
        "export": ExportJob._base_manager.create(user=mine, resource="customer"),
        "job": BackgroundJob._base_manager.create(
            user=mine, kind="bulk", params={"listing": "customer", "verb": "tag", "data": {}, "ids": []}
        ),
        "robot": GroupRobot._base_manager.create(
            name="group", kind="wecom", sealed_address=seal("https://127.0.0.1/", PURPOSE), hint="127.0.0.1"
        ),
        "token": create_token(mine, name="mine", actor=actor(mine))[0],
        "notification": Notification._base_manager.create(
            user=mine, kind="record.transferred", dedupe_key="one", url="/customers/"
        ),
    }
