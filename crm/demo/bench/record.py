"""A customer's page with a long timeline beside the same page with a short one."""

import datetime
from functools import partial

from django.test.utils import override_settings
from django.utils import timezone

from accounts.events import CUSTOMER_UPDATED
from accounts.models import Activity, ActivityKind, Contact, Customer
from crm.demo.bench.company import viewers
from crm.demo.bench.figures import Figure, cpu_ms, server_ms, statements
from crm.demo.bench.lists import signed_in
from crm.events.actor import Actor
from crm.events.recording import EventRow, record_events
from crm.identity.models import User
from crm.records.searchable import search_columns

SHORT, LONG = 50, 5_000
STATEMENTS = 25
KINDS = [ActivityKind.CALL, ActivityKind.VISIT, ActivityKind.WECHAT, ActivityKind.NOTE]
WORDS = [
    "发了报价单，客户说下周三回复",
    "电话确认了交期，技术问题已转工程师",
    "拜访工厂，看了两条产线",
    "微信发了样册",
]


def measure() -> list[Figure]:
    """The owner opens two of their customers."""
    user = viewers()["salesperson"]
    short, long = list(Customer.objects.filter(owner=user).order_by("pk")[:2])
    fill(short, SHORT, user)
    fill(long, LONG, user)
    client = signed_in(user)
    addresses = [f"/customers/{customer.pk}/" for customer in (short, long)]
    sent: list[tuple[int, float]] = []
    with override_settings(ROOT_URLCONF="crm.demo.bench.lists"):
        for address in addresses:
            client.get(address)
            with statements() as executed:
                answer = client.get(address)
            if answer.status_code != 200:
                raise RuntimeError(f"{address} answered {answer.status_code}")
            sent.append((len(executed), server_ms(executed)))
        own = cpu_ms(*(partial(client.get, address) for address in addresses))
    few, many = ((count, cpu, database) for (count, database), cpu in zip(sent, own, strict=True))
    against = f"{SHORT} items"
    return [
        Figure("record", f"statements with {LONG:,} items", many[0], "", few[0], against, STATEMENTS),
        Figure("record", f"processor with {LONG:,} items", many[1], "ms", few[1], against, 1.5 * few[1]),
        Figure("record", f"database with {LONG:,} items", many[2], "ms", few[2], against),
        Figure(
            "record",
            f"processor and database with {LONG:,} items",
            many[1] + many[2],
            "ms",
            few[1] + few[2],
            against,
            1.5 * (few[1] + few[2]),
        ),
    ]


def fill(customer: Customer, items: int, user: User) -> None:
    """Give a customer a history: four of five items are follow-ups, the rest changes of its fields."""
    now = timezone.now()
    contact = Contact.objects.filter(customer=customer).first()
    text, grams = search_columns(WORDS)
    times = [now - datetime.timedelta(hours=5 * number) for number in range(items)]
    Activity._base_manager.bulk_create(
        [
            Activity(
                kind=KINDS[number % len(KINDS)],
                subject=f"跟进 {number}",
                body=WORDS[number % len(WORDS)],
                customer=customer,
                contact=contact,
                author=user,
                owner=user,
                team_id=user.team_id,
                done_at=at,
                created_at=at,
                is_valid=True,
                search_text=text,
                search_grams=grams,
            )
            for number, at in enumerate(times)
            if number % 5
        ],
        batch_size=2000,
    )
    record_events(
        CUSTOMER_UPDATED,
        [
            EventRow(
                Customer,
                customer.pk,
                changes={"website": [f"www.{n}.example", f"www.{n + 1}.example"]},
                at=at,
            )
            for n, at in enumerate(times)
            if not n % 5
        ],
        actor=Actor.of(user),
    )
