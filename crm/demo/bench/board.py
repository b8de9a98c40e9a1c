"""The board of a pipeline with 10,000 open cards, beside the bare statements it is made of; and moving one card."""

import datetime
import random
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Customer
from crm.demo.bench.company import viewers
from crm.demo.bench.figures import Figure, cpu_ms, server_ms, statements
from crm.demo.bench.lists import signed_in
from crm.events.actor import Actor
from crm.identity.models import User
from sales.models import Opportunity, Stage
from sales.services.bulk import NewOpportunity, create_opportunities

CARDS = 10_000
BOARD = "/opportunities/board/"
FIRST_VIEW, A_MOVE, BARE = 15, 12, 3


def measure() -> list[Figure]:
    """The director of a region opens the board of everything the region sells, and moves a card."""
    user = viewers()["director"]
    fill(user)
    client = signed_in(user)
    client.get(BOARD)
    with statements() as executed:
        answer = client.get(BOARD)
    if answer.status_code != 200:
        raise RuntimeError(f"{BOARD} answered {answer.status_code}")
    needed = [(sql, params) for sql, params in executed if "sales_" in sql]
    page, bare = cpu_ms(partial(client.get, BOARD), partial(fetch, needed))
    server = server_ms(needed)
    against = "the bare statements"
    return [
        Figure("board", f"first view of {CARDS:,} cards", len(executed), "statements", bar=FIRST_VIEW),
        Figure("board", "processor and database", page + server, "ms", bare + server, against, BARE * (bare + server)),
        Figure("board", "moving a card", _moving(client), "statements", bar=A_MOVE),
    ]  # fmt: skip


def fill(user: User) -> None:
    """Open deals up to the number of cards, with customers of the region and their owners."""
    held = Opportunity.objects.filter(status="open").count()
    chance = random.Random(7)  # noqa: S311 - believable, not secret
    stages = list(Stage.objects.filter(pipeline__is_default=True, kind=Stage.Kind.OPEN).order_by("position"))
    within = Customer.objects.filter(team__parent=user.team).select_related("owner").order_by("pk")
    customers = list(within[: CARDS // 2])
    now = timezone.now()
    create_opportunities(
        [_deal(chance, customers[number % len(customers)], stages, now) for number in range(CARDS - held)],
        actor=Actor.of(user),
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sales_opportunity")


def _deal(
    chance: random.Random, customer: Customer, stages: list[Stage], now: datetime.datetime
) -> NewOpportunity:
    since = now - datetime.timedelta(days=chance.randint(0, 40))
    return NewOpportunity(
        customer=customer,
        name=f"商机 {chance.randint(1, 99_999)}",
        stays=[(chance.choice(stages), since)],
        owner_id=customer.owner_id,
        team_id=customer.team_id,
        amount=Decimal(chance.randint(10, 2_000)) * 1000,
        expected_close_date=now.date() + datetime.timedelta(days=chance.randint(-20, 150)),
    )


def fetch(executed: list[tuple[str, Any]]) -> None:
    """The statements by themselves, every row fetched."""
    with connection.cursor() as cursor:
        for sql, params in executed:
            cursor.execute(sql, params)
            cursor.fetchall()


def _moving(client: Client) -> int:
    """How many statements it takes to move a card back to the stage before."""
    deal = Opportunity.objects.filter(status="open", stage__position=2).order_by("pk")[0]
    to = Stage.objects.get(pipeline=deal.pipeline_id, position=1)
    send: Callable[[], Any] = partial(
        client.post,
        f"/opportunities/{deal.pk}/move/",
        {"stage": to.pk, "version": deal.version, "place": "dragged"},
        headers={"HX-Request": "true"},
    )
    with statements() as executed:
        answer = send()
    if answer.status_code != 204:
        raise RuntimeError(f"moving answered {answer.status_code}")
    return sum("SAVEPOINT" not in sql for sql, _params in executed)
