"""Duplicates: the check of a new customer beside one look-up, the scan beside a GROUP BY, merges of little and much."""

import time
from collections.abc import Callable

from django.db import connection, transaction

from accounts import services
from accounts.models import Contact, Customer
from accounts.queries.duplicates import disclosed, find
from accounts.rules.matching import Keys, keys_of
from crm.demo.bench.company import viewers
from crm.demo.bench.figures import Figure, cpu_ms, server_ms, statements
from crm.demo.bench.record import fill
from crm.events.actor import Actor

LITTLE, MUCH = 50, 5_000
CHECKS, SCANS = 20.0, 30.0
LOOK_UPS = 20  # one is too short for the clock


def measure() -> list[Figure]:
    """All of it in a transaction that is rolled back: the company stays as it is."""
    with transaction.atomic():
        found = [*_check(), *_merge(), _scan()]
        transaction.set_rollback(True)
    return found


def new_customers() -> dict[str, Keys]:
    """Somebody nobody knows, and one who is there under another spelling."""
    known = Customer.objects.filter(company_core__gt="一").order_by("pk")[500]
    contact = known.contacts.first()
    return {
        "unknown": keys_of(
            name="无锡鑫泷泰精工科技有限公司",
            uscc="91350100M000100Y43",
            phones=["13912344321", "0510-88123456"],
            emails=["info@xinlongtai.example"],
        ),
        "known": keys_of(name=f"{known.name}集团", phones=[contact.phone], emails=[contact.email]),
    }


def _check() -> list[Figure]:
    user = viewers()["salesperson"]
    number = Customer.objects.order_by("pk")[300].contacts.first().phone_key

    def look_up() -> None:
        list(Contact.objects.filter(phone_key=number)[:1])

    found = []
    for who, keys in new_customers().items():

        def check() -> None:
            disclosed(user, find(keys))  # noqa: B023 - called at once

        (own, plain), (data, plain_data) = _processor(check, look_up), (_database(check), _database(look_up))
        against, what = "one indexed look-up", f"a new customer, {who}"
        found += [
            Figure("duplicates", f"{what}: database", data, "ms", plain_data, against),
            Figure("duplicates", f"{what}: check", own + data, "ms", plain + plain_data, against,
                   CHECKS * (plain + plain_data)),
        ]  # fmt: skip
    return found


def _processor(*acts: Callable[[], object]) -> list[float]:
    """Processor time of this process for one call of each."""

    def often(act: Callable[[], object]) -> Callable[[], None]:
        return lambda: [act() for _n in range(LOOK_UPS)] and None

    return [took / LOOK_UPS for took in cpu_ms(*map(often, acts))]


def _database(act: Callable[[], object]) -> float:
    """The server's time for one call."""
    act()
    with statements() as executed:
        act()
    return server_ms(executed, rounds=25)


def _merge() -> list[Figure]:
    user = viewers()["administrator"]
    customers = list(Customer.objects.order_by("pk")[:4])
    counted, took = [], []
    for winner, loser, items in [(*customers[:2], LITTLE), (*customers[2:], MUCH)]:
        fill(loser, items, user)
        began = time.perf_counter()
        with statements() as executed:
            merge = services.merge_customers(winner, loser, actor=Actor.of(user))
        took.append((time.perf_counter() - began) * 1000)
        counted.append(len(executed))
        with statements() as undone:
            services.undo_merge(merge, actor=Actor.of(user))
        counted.append(len(undone))
    few, undone_few, many, undone_many = counted
    against = f"{LITTLE} rows"
    return [
        Figure("duplicates", f"merge with {MUCH:,} rows: statements", many, "", few, against, few),
        Figure("duplicates", "its undo: statements", undone_many, "", undone_few, against, undone_few),
        Figure("duplicates", f"merge with {MUCH:,} rows: time", took[1], "ms", took[0], against),
    ]


def _scan() -> Figure:
    """By the clock, because most of it is the server's work."""
    plain = f"SELECT count(*) FROM (SELECT name FROM {Customer._meta.db_table} GROUP BY name) AS names"  # noqa: S608
    times = []
    with connection.cursor() as cursor:
        for _round in range(3):
            began = time.perf_counter()
            cursor.execute(plain)
            times.append((time.perf_counter() - began) * 1000)
    began = time.perf_counter()
    services.scan_duplicates()
    took = (time.perf_counter() - began) * 1000
    yardstick = min(times)
    return Figure(
        "duplicates", "the whole base: scan", took, "ms", yardstick, "GROUP BY name", SCANS * yardstick
    )
