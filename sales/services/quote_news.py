"""Who hears of what becomes of a quote or a contract."""

from crm.automation.services import notify
from crm.events.actor import Actor
from crm.identity.models import User
from sales.models import Order, Quote
from sales.news.quotes import CONTRACT_ENDS, QUOTE_ANSWERED, QUOTE_SEEN


def tell_seen(quote: Quote, actor: Actor) -> None:
    """The owner hears of the customer's first look."""
    notify(
        _owner(quote),
        QUOTE_SEEN,
        params={"customer": quote.customer.name, "quote": quote.label},
        url=quote.get_absolute_url(),
        about=quote,
        actor=actor,
        dedupe=str(quote.pk),
    )


def tell_answered(quote: Quote, actor: Actor) -> None:
    """The owner hears what the customer answered, with their words."""
    params = {
        "customer": quote.customer.name,
        "quote": quote.label,
        "by": quote.answered_by,
        "answer": str(quote.get_status_display()),
    }
    notify(
        _owner(quote),
        QUOTE_ANSWERED,
        params=params,
        body=quote.answer_note,
        url=quote.get_absolute_url(),
        about=quote,
        actor=actor,
        dedupe=f"{quote.pk}:{quote.status}",
    )


def tell_ending(order: Order, days: int, actor: Actor) -> None:
    """The owner hears that a contract ends, and from 30 days on who leads the team as well."""
    people = _owner(order)
    leader = order.team.leader if order.team and days <= 30 else None
    notify(
        [*people, *([leader] if leader else [])],
        CONTRACT_ENDS,
        params={
            "number": order.number,
            "customer": order.customer.name,
            "day": order.end_date.isoformat() if order.end_date else "",
        },
        url=order.get_absolute_url(),
        about=order,
        actor=actor,
        dedupe=f"{order.pk}:{order.end_date}:{days}",
    )


def _owner(record: Quote | Order) -> list[User]:
    return [record.owner] if record.owner else []
