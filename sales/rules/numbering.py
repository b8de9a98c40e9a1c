"""Numbers of quotes, orders and contracts: a pattern of the company's own becomes 合同-2026-0102.

A pattern is text with {YYYY} {YY} {MM} {DD} for the day and one counter of noughts such as {0000}.
"""

import datetime
import re

_TOKEN = re.compile(r"\{([^{}]*)\}")
_DATES = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d"}
# What a pattern must name so that a number given after a restart differs from those before it.
NEEDED = {
    "never": (),
    "year": (("YYYY", "YY"),),
    "month": (("YYYY", "YY"), ("MM",)),
    "day": (("YYYY", "YY"), ("MM",), ("DD",)),
}
LONGEST = 60


def flaw(pattern: str, restart: str) -> str:
    """What is wrong with a pattern: unknown, counter, restart or long; empty if it is fine."""
    tokens = _TOKEN.findall(pattern)
    counters = [token for token in tokens if set(token) == {"0"}]
    if any(token not in _DATES and set(token) != {"0"} for token in tokens):
        return "unknown"
    if _TOKEN.sub("", pattern).count("{") or _TOKEN.sub("", pattern).count("}"):
        return "unknown"
    if len(counters) != 1 or len(counters[0]) > 9:
        return "counter"
    if any(not set(choice) & set(tokens) for choice in NEEDED[restart]):
        return "restart"
    if len(write(pattern, datetime.date(2026, 12, 31), 10 ** len(counters[0]) - 1)) > LONGEST:
        return "long"
    return ""


def write(pattern: str, day: datetime.date, number: int) -> str:
    """The number as it is printed; a counter that outgrows its noughts becomes longer."""

    def put(found: re.Match[str]) -> str:
        token = found[1]
        if token in _DATES:
            return day.strftime(_DATES[token])
        return f"{number:0{len(token)}}"

    return _TOKEN.sub(put, pattern)


def period(restart: str, day: datetime.date) -> str:
    """The period a counter counts in: 2026, 2026-11, 2026-11-22, or always the same."""
    return {"never": "", "year": f"{day:%Y}", "month": f"{day:%Y-%m}", "day": f"{day:%Y-%m-%d}"}[restart]
