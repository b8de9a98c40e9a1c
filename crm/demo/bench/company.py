"""A large company for benchmarks: five regions of ten teams of ten salespeople, who share the customers out evenly."""

import dataclasses
import random
from collections.abc import Callable, Iterator

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from accounts.models import Contact, Customer, CustomerTag
from accounts.services.bulk import NewCustomer, create_customers
from crm.demo.customers import TAGS, customers
from crm.demo.fields import create_fields
from crm.events.actor import Actor, system
from crm.identity.models import Role, Team, User
from crm.identity.services import create_team, create_user, update_team
from crm.records.models import Tag
from crm.records.services.custom_indexes import build_indexes

REGIONS, TEAMS, SELLERS = 5, 10, 10
ORIGINALS = 10_000
"""Customers made by the services; more than these are copies with names, owners and dates of their own."""


def build(count: int, progress: Callable[[str], object]) -> None:
    """Fill an empty database with the company and `count` customers."""
    actor = system("bench").via("cli")
    with transaction.atomic():
        sellers = _people(actor)
    progress(f"{len(sellers)} salespeople")
    tags = _tags()
    create_fields(actor)
    loaded = 0
    for batch in create_customers(_shared_out(min(count, ORIGINALS), sellers, tags), actor=actor):
        loaded += len(batch)
        progress(f"{loaded:,} of {count:,} customers")
    while loaded < count:
        step = min(count - loaded, 100_000)
        _copy(step, loaded)
        loaded += step
        progress(f"{loaded:,} of {count:,} customers")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    build_indexes()


def viewers() -> dict[str, User]:
    """One person of each level: who looks at how much."""
    names = {
        "salesperson": "seller_1_1_1",
        "manager": "leader_1_1",
        "director": "director_1",
        "administrator": "admin",
    }
    return {level: User._base_manager.get(username=name) for level, name in names.items()}


def _people(actor: Actor) -> list[User]:
    Role._base_manager.update(needs_second_factor=False)  # nobody holds a telephone here
    roles = {role.slug: role for role in Role._base_manager.all()}
    password = make_password(None)
    company = create_team("总公司", parent=None, actor=actor)

    def person(username: str, role: str, team: Team) -> User:
        user = create_user(
            username, name=f"人员{username}", role=roles[role], team=team, password=None, actor=actor
        )
        User._base_manager.filter(pk=user.pk).update(password=password)
        return user

    person("admin", "admin", company)
    sellers = []
    for region_number in range(1, REGIONS + 1):
        region = create_team(f"大区{region_number}", parent=company, actor=actor)
        update_team(region, leader=person(f"director_{region_number}", "sales_manager", region), actor=actor)
        for number in range(1, TEAMS + 1):
            key = f"{region_number}_{number}"
            team = create_team(f"销售{region_number}区{number}组", parent=region, actor=actor)
            update_team(team, leader=person(f"leader_{key}", "sales_manager", team), actor=actor)
            sellers += [person(f"seller_{key}_{n}", "salesperson", team) for n in range(1, SELLERS + 1)]
    return sellers


def _tags() -> list[Tag]:
    for name, colour in TAGS:
        Tag(name=name, colour=colour).save()
    return list(Tag._base_manager.order_by("pk"))


def _shared_out(count: int, sellers: list[User], tags: list[Tag]) -> Iterator[NewCustomer]:
    """The demo company's customers, spread evenly over all salespeople."""
    anyone = dict.fromkeys(("sales1", "sales2", "sales3", "sales4"), sellers[0])
    chance = random.Random(2)  # noqa: S311 - believable, not secret
    order = list(range(len(sellers)))
    for number, draft in enumerate(customers(count, 1, anyone, tags)):
        if number % len(sellers) == 0:
            chance.shuffle(order)
        yield dataclasses.replace(draft, owner=sellers[order[number % len(sellers)]])


def _copy(count: int, offset: int) -> None:
    """Copy the first customers with their contacts and tags, each copy with an owner and dates of its own."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE source ON COMMIT DROP AS "
            "SELECT id AS old, row_number() OVER (ORDER BY copy, id) AS number, copy FROM "
            "(SELECT id FROM accounts_customer ORDER BY id LIMIT %s) AS first "
            "CROSS JOIN generate_series(1, %s) AS copy ORDER BY copy, id LIMIT %s",
            [ORIGINALS, -(-count // ORIGINALS), count],
        )
        cursor.execute(
            "CREATE TEMPORARY TABLE seller ON COMMIT DROP AS SELECT id, team_id, "
            "row_number() OVER (ORDER BY id) - 1 AS place FROM identity_user WHERE username LIKE 'seller%'"
        )
        cursor.execute(
            "ALTER TABLE source ADD COLUMN new bigint, ADD COLUMN owner bigint, ADD COLUMN team bigint, "
            "ADD COLUMN at timestamptz"
        )
        # A stride without a common divisor gives every salesperson the same number, in no order.
        cursor.execute(
            "UPDATE source SET new = nextval(pg_get_serial_sequence('accounts_customer', 'id')), owner = seller.id, "
            "team = seller.team_id, at = now() - random() * interval '900 days' FROM seller "
            "WHERE seller.place = (source.number * 7919) % (SELECT count(*) FROM seller)"
        )
        # Copies are companies of their own: two other characters, other numbers. Else everything were there 100 times.
        nth = f"(source.copy + {offset // ORIGINALS})"
        chinese = "ascii(t.company_core) >= 11904 AND position(t.company_core IN t.name) > 0"
        core = (
            f"chr(19968 + (ascii(t.company_core) * 7 + {nth} * 211) % 20000) || "
            f"chr(19968 + (ascii(substr(t.company_core, 2)) * 13 + {nth} * 389) % 20000) || substr(t.company_core, 3)"
        )
        phone = f"'+861' || lpad(((source.number + {offset}) * 700000079 % 7000000000 + 3000000000)::text, 10, '0')"
        fresh = {
            "id": "source.new",
            "name": f"CASE WHEN {chinese} THEN replace(t.name, t.company_core, {core}) ELSE t.name || {nth} END",
            "company_core": f"CASE WHEN {chinese} THEN {core} ELSE t.company_core || {nth} END",
            "owner_id": "source.owner",
            "team_id": "source.team",
            "created_at": "source.at",
            "updated_at": "source.at + (now() - source.at) * random()",
            "custom": "t.custom || jsonb_build_object('annual_purchase', (50000 + random() * 9e6)::numeric(12, 2)::text)",
        }
        _insert_copies(cursor, Customer, "t.id = source.old", fresh)
        of_customer = {"customer_id": "source.new"}
        numbers = {
            "phone": phone,
            "phone_key": phone,
            "email": f"replace(t.email, '@', '+' || {nth} || '@')",
        }
        _insert_copies(cursor, Contact, "t.customer_id = source.old", of_customer | numbers)
        _insert_copies(cursor, CustomerTag, "t.customer_id = source.old", of_customer)


def _insert_copies(cursor, model: type, joined: str, fresh: dict[str, str]) -> None:
    columns = [field.column for field in model._meta.concrete_fields if field.column != "id" or "id" in fresh]
    values = [fresh.get(column, f't."{column}"') for column in columns]
    table = model._meta.db_table
    names = ", ".join(f'"{column}"' for column in columns)
    cursor.execute(
        f'INSERT INTO "{table}" ({names}) SELECT {", ".join(values)} '  # noqa: S608 - our own names
        f'FROM source JOIN "{table}" AS t ON {joined} ORDER BY source.number'
    )
