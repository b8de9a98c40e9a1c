"""News of quotes and contracts: a customer looked, answered, a contract ends."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.automation.kinds import kind
from crm.core import formats


def _day(params: Mapping[str, Any]) -> dict[str, Any]:
    """The day as the reader of today writes it."""
    return {**params, "day": formats.day(date.fromisoformat(params["day"]))}


QUOTE_SEEN = kind(
    "quote_seen",
    _("Customers looking at my quotes"),
    _("%(customer)s looked at %(quote)s"),
    why=_("You own this quote."),
    icon="eye",
    digest=True,
    position=40,
)
QUOTE_ANSWERED = kind(
    "quote_answered",
    _("Answers to my quotes"),
    _("%(by)s of %(customer)s: %(quote)s %(answer)s"),
    why=_("You own this quote."),
    icon="file-invoice",
    email=True,
    position=41,
)
CONTRACT_ENDS = kind(
    "contract_ends",
    _("Contracts that end"),
    _("%(number)s with %(customer)s ends on %(day)s"),
    prepare=_day,
    why=_("You own this contract, or lead its owner's team. Renew it, or let it end."),
    icon="hourglass",
    email=True,
    digest=True,
    position=42,
)
