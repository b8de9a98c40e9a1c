"""How a call to a group chat went, and the parts all of them read alike."""

from enum import StrEnum

from crm.core.egress import Answer


class Outcome(StrEnum):
    """What follows from an answer."""

    DELIVERED = "delivered"
    BUSY = "busy"  # too many messages: later, and it does not count as an attempt
    LATER = "later"  # the service has trouble of its own
    REFUSED = "refused"  # it would say the same again: people have to look at it


def by_code(answer: Answer, name: str, busy: frozenset[int]) -> Outcome:
    """The outcome by the number that the body carries under a name; 0 is success everywhere."""
    if answer.status == 429:
        return Outcome.BUSY
    if answer.status >= 500:
        return Outcome.LATER
    body = answer.json
    code = body.get(name) if isinstance(body, dict) else None
    if answer.status != 200 or not isinstance(code, int):
        return Outcome.REFUSED
    if code == 0:
        return Outcome.DELIVERED
    return Outcome.BUSY if code in busy else Outcome.REFUSED


def shortened(text: str, most_bytes: int) -> str:
    """The text within a number of bytes of UTF-8, cut between characters."""
    if len(text.encode()) <= most_bytes:
        return text
    return text.encode()[: most_bytes - 3].decode(errors="ignore") + "…"
