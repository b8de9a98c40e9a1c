"""Leads for tests, made through the services like everything else."""

from decimal import Decimal
from itertools import count
from typing import Any

from accounts.models import Customer
from crm.events.actor import system
from crm.identity.models import User
from sales import services
from sales.models import Lead, Opportunity, Order, Product, Quote, Stage
from sales.services import Draft

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
    return Stage.objects.get(name_en=name, pipeline__is_default=True)


def make_product(name: str = "", **values: Any) -> Product:
    """Something to sell for 1,000 with 13 % tax."""
    values = {"list_price": Decimal(1000)} | values
    return services.create_product(name=name or f"产品{next(_numbers)}", actor=SYSTEM, **values)


def a_line(price: Decimal | int = 1000, quantity: Decimal | int = 1, **values: Any) -> Draft:
    """A line without a product, taxed with 13 %."""
    values = {"name": "视觉检测设备", "tax_rate": Decimal("0.13")} | values
    return Draft(price=Decimal(price), quantity=Decimal(quantity), **values)


def make_quote(customer: Customer, **values: Any) -> Quote:
    """A draft of a quote over 1,000, of the customer's owner."""
    values = {"owner": customer.owner, "lines": [a_line()]} | values
    return services.create_quote(customer, actor=SYSTEM, **values)


def sent_quote(customer: Customer, **values: Any) -> Quote:
    """A quote the customer has."""
    quote = make_quote(customer, **values)
    services.send_quote(quote, actor=SYSTEM)
    quote.refresh_from_db()
    return quote


def make_order(customer: Customer, **values: Any) -> Order:
    """A draft of a contract over 1,000, of the customer's owner."""
    values = {"owner": customer.owner, "lines": [a_line()]} | values
    return services.create_order(customer, actor=SYSTEM, **values)


def signed_order(customer: Customer, signed_date: Any = None, **values: Any) -> Order:
    """A contract that was approved and signed."""
    order = services.approve_order(make_order(customer, **values), actor=SYSTEM)
    return services.sign_order(order, signed_date=signed_date, actor=SYSTEM)
