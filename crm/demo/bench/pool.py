"""Assigning, recycling and claiming: many leads at once, and many hands at once."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction

from crm.core.clock import company_today
from crm.core.writes import RuleBroken
from crm.demo.bench.figures import Figure, statements
from crm.events.actor import Actor, system
from crm.identity.models import User
from sales import services
from sales.models import Lead, Pool, RecycleRule
from sales.queries.pools import limits_of
from sales.services import setting_up

ASSIGNED, RECYCLED, HANDS = 10_000, 100_000, 200
CLAIMS_A_DAY, CLAIMERS = 10, 4
TIMES = 3
ACTOR = system("bench").via("cli")


def measure() -> list[Figure]:
    """Each on data of its own, which is gone afterwards except for what the claims took."""
    sellers = list(User._base_manager.filter(username__startswith="seller").order_by("pk")[:40])
    pool = Pool.objects.filter(is_default=True).first() or services.create_pool(
        "公海", is_default=True, claims_a_day=CLAIMS_A_DAY, actor=ACTOR
    )
    return [*assigning(sellers), *recycling(pool, sellers), *claiming(pool)]


def assigning(sellers: list[User]) -> list[Figure]:
    """Ten thousand leads without an owner among forty people by weight."""
    with undone():
        rows = [{"user": one, "weight": 1 + number % 3} for number, one in enumerate(sellers)]
        group = setting_up.save_group(name="bench", strategy="weighted", members=rows, actor=ACTOR)
        setting_up.save_assignment_rule(name="bench", group=group, actor=ACTOR)
        ids = make_leads(ASSIGNED + 1200, None)
        services.assign_leads(ids[ASSIGNED + 1100 :], actor=ACTOR)  # what a process reads once
        few, many = (
            count(lambda some=some: services.assign_leads(some, actor=ACTOR))
            for some in (ids[:100], ids[100:1100])
        )
        began = time.perf_counter()
        services.assign_leads(ids[1100 : ASSIGNED + 1100], actor=ACTOR)
        took = time.perf_counter() - began
        began = time.perf_counter()
        Lead._base_manager.filter(pk__in=ids[1100 : ASSIGNED + 1100]).update(
            owner=sellers[0], team=sellers[0].team
        )
        bare = time.perf_counter() - began
    return [
        Figure("pool", "statements to assign 1,000 leads", many, "", few, "100 leads", float(few)),
        Figure("pool", f"assigning {ASSIGNED:,} leads", took, "s", bare, "one bare UPDATE"),
    ]


def recycling(pool: Pool, sellers: list[User]) -> list[Figure]:
    """A hundred thousand idle leads go back, against the bare UPDATE and one INSERT of as many events."""
    with undone():
        make_leads(RECYCLED, sellers)
        rule, _made = RecycleRule._base_manager.update_or_create(
            pool=pool,
            kind="lead",
            ground="no_follow_up",
            defaults={"days": 30, "working_days": False, "holds_from": company_today()},
        )
        began = time.perf_counter()
        went = services.recycle(rule)
        took = time.perf_counter() - began
        again = services.recycle(rule)
    with undone():
        make_leads(RECYCLED, sellers)
        began = time.perf_counter()
        bare_recycling(pool)
        bare = time.perf_counter() - began
    if went < RECYCLED or again:
        raise RuntimeError(f"{went} leads went, and {again} more in a second run")
    what = "one UPDATE and one INSERT of the events"
    return [Figure("pool", f"recycling {went:,} leads", took, "s", bare, what, TIMES * bare)]


def bare_recycling(pool: Pool) -> None:
    """What the server has to do in any case: change the rows and keep an event of each."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH moved AS (UPDATE sales_lead SET previous_owner_id = owner_id, owner_id = NULL, team_id = %s, "
            "owner_since = now(), updated_at = now(), version = version + 1 WHERE owner_id IS NOT NULL "
            "AND name = 'bench' RETURNING id, previous_owner_id) "
            "INSERT INTO events_event (name, at, actor_kind, actor_id, actor_name, origin, request_id, subject_type, "
            "subject_id, about, changes, private, payload, schema_version) SELECT 'pool.recycled', now(), 'system', "
            "'bench', 'bench', 'cli', '', 'sales.lead', id::text, ARRAY['sales.lead:' || id], "
            "jsonb_build_object('owner', jsonb_build_array(previous_owner_id, null)), '{}', "
            "jsonb_build_object('pool', 'bench', 'reason', 'no_follow_up', 'to_id', null), 1 FROM moved",
            [pool.pk],
        )


def claiming(pool: Pool) -> list[Figure]:
    """Two hundred claims at once by four people who may claim ten a day each, over two hundred records."""
    with transaction.atomic():
        ids = make_leads(HANDS, None, team_id=pool.pk)
    users = list(services.sellers(pool).filter(username__startswith="seller").order_by("-pk")[:CLAIMERS])
    start = threading.Barrier(50)

    def one(number: int) -> bool:
        user = users[number % CLAIMERS]
        if number < 50:
            start.wait(60)
        try:
            services.claim(Lead(pk=ids[number]), user=user, actor=Actor.of(user))
        except (RuleBroken, PermissionDenied):
            return False
        finally:
            connection.close()
        return True

    began = time.perf_counter()
    with ThreadPoolExecutor(50) as hands:
        won = sum(hands.map(one, range(HANDS)))
    took = time.perf_counter() - began
    passed = sum(max(0, limits_of(user, pool, "lead").today - pool.claims_a_day) for user in users)
    return [
        Figure("pool", f"claims beyond the limit among {HANDS}", passed, "", bar=0),
        Figure("pool", f"claims that won among {HANDS}", won, "", CLAIMERS * pool.claims_a_day, "the limit"),
        Figure("pool", f"{HANDS} claims by {CLAIMERS} people at once", took, "s"),
    ]


def count(act: Callable[[], object]) -> int:
    """How many statements it takes."""
    with statements() as found:
        act()
    return len(found)


class undone:  # noqa: N801 - reads as a sentence
    """A transaction whose traces are gone afterwards."""

    def __enter__(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(kind, error, trace)  # type: ignore[arg-type]


def make_leads(many: int, owners: list[User] | None, *, team_id: int | None = None) -> list[int]:
    """So many copies of one lead, half a year old, each of one of the owners."""
    first = services.create_lead(name="bench", phone="13800000000", owner=None, guard=False, actor=ACTOR)
    fields = [str(f.column) for f in Lead._meta.concrete_fields if not f.primary_key]
    kept = [name for name in fields if name not in ("owner_id", "team_id", "owner_since", "created_at")]
    people = [one.pk for one in owners or []]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO sales_lead ({', '.join(kept)}, owner_id, team_id, owner_since, created_at) "  # noqa: S608 - names come from the model
            f"SELECT {', '.join('l.' + name for name in kept)}, u.id, coalesce(u.team_id, %s), "
            "now() - interval '180 days', now() - interval '180 days' FROM sales_lead AS l "
            "CROSS JOIN generate_series(1, %s) AS n LEFT JOIN identity_user AS u "
            "ON u.id = (%s::bigint[])[1 + n %% greatest(1, cardinality(%s::bigint[]))] WHERE l.id = %s RETURNING id",
            [team_id, many, people, people, first.pk],
        )
        return [row[0] for row in cursor.fetchall()]
