"""The small company that the faults happen to, made through the services like everything else."""

import datetime
from collections.abc import Iterator
from itertools import count

import requests
from django.db import transaction
from django.utils import timezone

from accounts import services
from accounts.models import Activity, Customer
from crm.demo.people import create_people
from crm.events.actor import Actor, system
from crm.identity.models import User
from crm.identity.services import create_token

PASSWORD = "faults-2026"  # noqa: S105 - of people who live for minutes
SYSTEM = system("faults")
_numbers = count(1)


def people() -> dict[str, User]:
    """The teams and people of the demo company, without its customers."""
    with transaction.atomic():
        return create_people(PASSWORD, SYSTEM)


def names(prefix: str) -> Iterator[str]:
    """Names of companies that nobody takes for one another."""
    for number in count(1):
        yield f"{prefix}{_characters(number)}"


def _characters(number: int) -> str:
    """A number as six Chinese characters that resemble no neighbour's."""
    mixed = number * 2_654_435_761 % 2**32
    return "".join(chr(0x4E00 + (mixed >> shift ^ number * 97) % 20_000) for shift in (0, 6, 11, 16, 21, 3))


def customer(owner: User, name: str = "") -> Customer:
    """A customer of somebody."""
    name = name or f"客户{_characters(next(_numbers) + 5_000_000)}"
    return services.create_customer(name=name, owner=owner, actor=SYSTEM, fill_in=False).customer


def plan_due(owner: User, of: Customer, number: int) -> list[Activity]:
    """So many follow-ups of somebody, whose reminders fall due at once.

    They are due so late that what is written over midnight finishes none of them: a note does what was due that day.
    """
    in_days = timezone.now() + datetime.timedelta(days=3)
    actor = Actor.of(owner)
    planned = [
        services.plan_follow_up(
            actor=actor,
            author=owner,
            customer=of,
            kind="call",
            subject=f"回电{next(_numbers)}",
            due_at=in_days,
        )
        for _number in range(number)
    ]
    ids = [activity.pk for activity in planned]
    _reminders().filter(activity__in=ids, kind="due").update(remind_at=timezone.now())
    return planned


def _reminders():
    from accounts.models import Reminder

    return Reminder._base_manager


class Caller:
    """Somebody who calls the API of a running web part with a token."""

    def __init__(self, url: str, user: User) -> None:
        _token, secret = create_token(user, name="faults", actor=SYSTEM)
        self.root = f"{url}/api/v1/"
        self.headers = {"Authorization": f"Bearer {secret}"}

    def __call__(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> requests.Response | None:
        """The answer, or nothing where the server went away before it had one."""
        try:
            return requests.request(
                method, self.root + path, json=body, headers=self.headers | headers, timeout=20
            )
        except requests.RequestException:
            return None
