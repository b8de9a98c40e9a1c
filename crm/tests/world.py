"""One small company with a record of each relation a person can have to it; who reaches which says the naive rule of
`oracle.py`, independent of the code that decides it."""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils import timezone

from accounts import services
from accounts.models import Customer
from crm.automation.models import GroupRobot, Notification
from crm.automation.services import suppress
from crm.automation.services.robots import PURPOSE
from crm.core.sealing import seal
from crm.events.models import Event
from crm.identity import services as identity
from crm.identity.models import Role
from crm.identity.services import create_token
from crm.identity.tests.factories import PEOPLE, SYSTEM, Company, actor, make_company, make_team
from crm.records.models import BackgroundJob, ExportJob, ImportJob, ImportTemplate, Tag
from crm.records.services.custom_fields import create_field, create_section
from crm.tests.oracle import Fact, Person, Rule
from sales.models import Invoice, NumberRule, PaymentPlan, Pipeline, Receipt, Stage, TaxRate
from sales.services import (
    create_opportunity,
    create_order,
    create_product,
    create_quote,
    delete_lead,
    enrol,
    save_cadence,
    save_price_book,
    save_step,
    save_web_form,
)
from sales.tests.factories import make_lead

ROLES = ["sales1", "sales2", "manager1", "sales3", "director", "admin", "exec"]
ROLES += ["service1", "finance1", "marketing1", "marketing2"]
TREE = {"sales": "company", "east": "sales", "south": "sales"}
TREE |= {"marketing": "company", "service": "company", "finance": "company"}
RULE = Rule(TREE)
PERSONS = {name: Person(name, role, team) for name, role, team in PEOPLE}

# `own` and `deal` are sales1's, the others sales3's; sales1 may read `shared` and edit `edited`; `deleted` is sales1's
# and lies in the bin.
RELATIONS = ["own", "deal", "other", "shared", "edited", "deleted"]
FACTS = {
    "own": Fact("sales1", "east"),
    "deal": Fact("sales1", "east", deal=True),
    "other": Fact("sales3", "south"),
    "shared": Fact("sales3", "south", reads=frozenset({"sales1"})),
    "edited": Fact("sales3", "south", edits=frozenset({"sales1"})),
    "deleted": Fact("sales1", "east", deleted=True),
}
FOLLOW_UPS = {
    relation: Fact(one.owner, one.team, author=one.owner, above=one)
    for relation, one in FACTS.items()
    if not one.deleted  # a follow-up of a binned customer: test_activity_services
}
LEADS = {relation: one for relation, one in FACTS.items() if relation != "deal"}
DEALS = {relation: Fact(one.owner, one.team, above=one) for relation, one in FACTS.items() if not one.deleted}
FACTS_BY_KIND = {"customer": FACTS, "contact": FACTS, "activity": FOLLOW_UPS}
FACTS_BY_KIND |= {"lead": LEADS, "opportunity": DEALS, "quote": DEALS, "order": DEALS}
FACTS_BY_KIND |= {"paymentplan": DEALS, "receipt": DEALS, "invoice": DEALS, "enrolment": DEALS}
# What belongs to one person alone is sales1's here; the rest is everybody's, or the administrator's.
PRIVATE = ("import", "mapping", "export", "job", "token", "notification")
EVERYBODY = frozenset(ROLES)
SALES = frozenset({"sales1", "sales2", "manager1", "sales3", "director", "admin"})
LEADERS = frozenset(SALES | {"exec", "marketing1", "marketing2"})  # who may see leads at all
READERS = frozenset(SALES | {"exec", "service1", "finance1", "marketing1"})
DEAL_READERS = frozenset(SALES | {"exec", "marketing1"})
PAYMENT_READERS = frozenset(SALES | {"exec", "finance1"})
ORDER_READERS = frozenset(SALES | {"exec", "service1", "finance1"})
MANAGERS = frozenset({"manager1", "director", "admin"})
ADMIN = frozenset({"admin"})


def may(person: str, verb: str, kind: str, relation: str | None = None) -> bool:
    """What the naive rule says of somebody of the company and a record of this world."""
    if kind in PRIVATE:
        return relation is None or person == "sales1"
    fact = FACTS_BY_KIND[kind][relation] if relation and kind in FACTS_BY_KIND else None
    return RULE.may(PERSONS[person], verb, kind, fact)


def holders(verb: str, kind: str) -> frozenset[str]:
    """Whose role has a verb for a kind of record."""
    return frozenset(name for name in ROLES if may(name, verb, kind))


@dataclass
class World:
    """The company and, per kind of record and relation, one record."""

    company: Company
    records: dict[str, dict[str, models.Model]]


def make_world() -> World:
    """Six customers, each with a contact, a follow-up and an opportunity."""
    company = make_company()
    kinds = ("customer", "contact", "activity", "opportunity", "quote", "order")
    records: dict[str, dict[str, Any]] = {kind: {} for kind in kinds}
    for relation in RELATIONS:
        owner = getattr(company, FACTS[relation].owner)
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
        records["opportunity"][relation] = create_opportunity(
            made.customer, name=f"{relation} deal", owner=owner, actor=actor(owner)
        )
        for kind, create in (("quote", create_quote), ("order", create_order)):
            records[kind][relation] = create(
                made.customer, name=f"{relation} {kind}", owner=owner, actor=actor(owner)
            )
    services.set_first_deal(records["customer"]["deal"], timezone.localdate(), actor=SYSTEM)
    identity.share(records["customer"]["shared"], user=company.sales1, level="read", actor=SYSTEM)
    identity.share(records["customer"]["edited"], user=company.sales1, level="edit", actor=SYSTEM)
    services.delete_customer(records["customer"]["deleted"], actor=SYSTEM)
    records["customer"] = {key: Customer._base_manager.get(pk=c.pk) for key, c in records["customer"].items()}
    del records["activity"]["deleted"]  # a follow-up of a binned customer: test_activity_services
    records["lead"] = _leads(company)
    for kind in ("opportunity", "quote", "order"):
        del records[kind]["deleted"]  # a deal with a binned customer: test_opportunity_pages
    steps = save_cadence(None, name="calls", actor=SYSTEM)
    save_step(steps, kind="call", delay_days=0, subject="Call", actor=SYSTEM)
    records["enrolment"] = {
        relation: enrol(contact, steps, actor=SYSTEM)
        for relation, contact in records["contact"].items()
        if relation != "deleted"
    }
    today = timezone.localdate()
    for kind, model, day in (("paymentplan", PaymentPlan, "due_date"), ("receipt", Receipt, "received_date")):
        records[kind] = {
            relation: model._base_manager.create(order=order, amount=1, **{day: today})
            for relation, order in records["order"].items()
        }
    records["invoice"] = {
        relation: Invoice._base_manager.create(order=order, title=relation, amount=1, net=1, tax=0)
        for relation, order in records["order"].items()
    }
    return World(company, records | {kind: {"own": r} for kind, r in _single(company).items()})


def _leads(company: Company) -> dict[str, models.Model]:
    """A lead of each relation."""
    found = {}
    for relation, fact in LEADS.items():
        found[relation] = make_lead(getattr(company, fact.owner), f"{relation} lead")
    identity.share(found["shared"], user=company.sales1, level="read", actor=SYSTEM)
    identity.share(found["edited"], user=company.sales1, level="edit", actor=SYSTEM)
    found["deleted"] = delete_lead(found["deleted"], actor=SYSTEM)
    return found


def _single(company: Company) -> dict[str, models.Model]:
    """One of each thing that belongs to nobody else, or to everybody."""
    mine = company.sales1
    tag = Tag(name="key account")
    tag.save()
    return {
        "user": company.sales2,
        "team": make_team("Empty", company.company),
        "role": Role._base_manager.get(slug="salesperson"),
        "cadence": save_cadence(None, name="mails", actor=SYSTEM),
        "product": create_product(name="camera", actor=SYSTEM),
        "pricebook": save_price_book(None, name="dealers", actor=SYSTEM),
        "webform": save_web_form(None, name="form", slug="form", fields=[{"name": "phone"}], actor=SYSTEM),
        "numberrule": NumberRule._base_manager.get(kind="contract"),
        "taxrate": TaxRate._base_manager.get(is_default=True),
        "tag": tag,
        "event": Event._base_manager.first(),
        "pipeline": Pipeline._base_manager.get(),
        "stage": Stage._base_manager.get(name_en="Proposal"),
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
        "suppression": suppress("gone@example.com", reason="manual", actor=SYSTEM),
        "token": create_token(mine, name="mine", actor=actor(mine))[0],
        "notification": Notification._base_manager.create(
            user=mine, kind="record.transferred", dedupe_key="one", url="/customers/"
        ),
    }
