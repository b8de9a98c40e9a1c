"""Leads for tests, made through the services like everything else."""

from itertools import count
from typing import Any

from accounts.models import Customer
from crm.events.actor import system
from crm.identity.models import User
from sales import services
from sales.models import Lead, Opportunity, Stage

SYSTEM = system("test")
_numbers = count(1)


def make_lead(owner: User | None = None, name: str = "", **values: Any) -> Lead:
    """A lead of somebody, with a number of its own."""
    number = next(_numbers)
    if not {"phone", "email", "wechat"} & set(values):
        values["phone"] = f"139{number:08}"
    return services.create_lead(name=name or f"线索{number}", owner=owner, actor=SYSTEM, **values)


def make_opportunity(customer: Customer, name: str = "", **values: Any) -> Opportunity:
    """A deal with a customer, of its owner."""
    values.setdefault("owner", customer.owner)
    return services.create_opportunity(customer, name=name or f"商机{next(_numbers)}", actor=SYSTEM, **values)


def stage(name: str) -> Stage:
    """A stage of the seeded pipeline by its English name."""
    return Stage.objects.get(name_en=name)
