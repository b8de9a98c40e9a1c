"""What a customer's statement of account says, as far as somebody may see it."""

import datetime
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from accounts.models import Customer
from crm.identity.models import User
from sales.models import ReceiptStatus
from sales.queries.payments import came_in, owed_by, settled, sold_to
from sales.rules.payments import Settled
from sales.rules.statement import Account, Entry, account


@dataclass(frozen=True)
class Owing:
    """One open instalment as a statement names it."""

    number: str
    name: str
    note: str
    now: Settled


@dataclass(frozen=True)
class Statement:
    """The account of one customer in one currency, with what is open on the day it is drawn up."""

    currency: str
    account: Account
    owing: tuple[Owing, ...]

    @property
    def owed(self) -> Decimal:
        """What is planned and open."""
        return sum((one.now.outstanding for one in self.owing), Decimal(0))

    @property
    def overdue(self) -> Decimal:
        return sum((one.now.outstanding for one in self.owing if one.now.days_overdue), Decimal(0))


def statements_of(
    user: User, customer: Customer, first: datetime.date, last: datetime.date, today: datetime.date
) -> list[Statement]:
    """The accounts of a customer, one for each currency: contracts charge when they count, confirmed receipts pay."""
    entries: dict[str, list[Entry]] = defaultdict(list)
    for order in sold_to(user, customer=customer):
        assert order.effective_date is not None
        entries[order.currency].append(
            Entry(order.effective_date, order.number, order.name, charged=order.signed_amount)
        )
    for one in came_in(user, customer=customer).filter(status=ReceiptStatus.CONFIRMED):
        words = [str(one.get_method_display()), one.reference]
        entries[one.order.currency].append(
            Entry(one.received_date, one.order.number, " ".join(filter(None, words)), received=one.amount)
        )
    owing: dict[str, list[Owing]] = defaultdict(list)
    for row in owed_by(user, customer=customer):
        found = Owing(row.order.number, row.order.name, row.note, settled(row, today))
        owing[row.order.currency].append(found)
    return [
        Statement(currency, account(rows, first, last), tuple(owing[currency]))
        for currency, rows in sorted(entries.items())
    ]
