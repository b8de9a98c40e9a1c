"""Customers and contacts for tests, made through the services like everything else."""

from itertools import count
from typing import Any

from accounts import services
from accounts.models import Contact, Customer
from crm.events.actor import Actor, system
from crm.identity.models import User
from crm.records.models import Tag

SYSTEM = system("test")
_numbers = count(1)


def make_customer(owner: User | None = None, name: str = "", **values: Any) -> Customer:
    """A customer of somebody; `first_deal_at` makes it a deal customer."""
    values.setdefault("fill_in", False)
    name = name or f"测试客户{next(_numbers)}有限公司"
    return services.create_customer(name=name, owner=owner, actor=SYSTEM, **values).customer


def make_contact(customer: Customer, name: str = "", **values: Any) -> Contact:
    """A contact of a customer."""
    return services.create_contact(customer, name=name or f"联系人{next(_numbers)}", actor=SYSTEM, **values)


def make_tag(name: str = "", **values: Any) -> Tag:
    """A tag to put on customers."""
    return Tag._base_manager.create(name=name or f"标签{next(_numbers)}", **values)


def by(user: User) -> Actor:
    """The person as the actor of a service call."""
    return Actor.of(user)
