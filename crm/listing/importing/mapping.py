"""Proposes which column of a file belongs to which field: by name, by synonym, by what the cells look like."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from crm.core.email import EmailError, normalise_email
from crm.core.phone import read_phone
from crm.core.text import fold, narrow
from crm.core.uscc import UsccError, normalise_uscc

from .tables import Column, header_key

SURE = 80  # below this a person should look at it
AGAIN = re.compile(r" \((\d)\)$")


@dataclass(slots=True)
class Target:
    """A field a column may be mapped to, with everything by which it can be recognised."""

    name: str
    synonyms: tuple[str, ...]
    content: Callable[[str], bool] | None = None
    speaks: bool = False  # the look of the cells alone is enough to propose the field
    required: bool = False
    strict: bool = False  # cells that do not look right rule the field out, whatever the header says
    keys: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.keys = frozenset(filter(None, (header_key(synonym) for synonym in self.synonyms)))


@dataclass(slots=True)
class Proposal:
    """One column and the field proposed for it; no field means that it stays out."""

    header: str
    field: str = ""
    confidence: int = 0


def propose(columns: Sequence[Column], targets: Sequence[Target]) -> list[Proposal]:
    """The best field for every column, each field at most once; a required field may take another's column."""
    scores = {
        (column.header, target.name): score
        for column in columns
        for target in targets
        if (score := _score(column, target))
    }
    proposals = {column.header: Proposal(column.header) for column in columns}
    order = {target.name: position for position, target in enumerate(targets)}
    used: set[str] = set()
    for (header, name), score in sorted(scores.items(), key=lambda item: (-item[1], order[item[0][1]])):
        if not proposals[header].field and name not in used:
            proposals[header] = Proposal(header, name, score)
            used.add(name)
    required = {target.name for target in targets if target.required}
    for name in required - used:
        rivals = [
            (score, header)
            for (header, target), score in scores.items()
            if target == name and proposals[header].field not in required
        ]
        if rivals:
            score, header = max(rivals)
            proposals[header] = Proposal(header, name, score)
    return list(proposals.values())


def _score(column: Column, target: Target) -> int:
    key = header_key(column.header)
    if (again := AGAIN.search(column.header)) and f"{key}{again[1]}" in target.keys:
        key = f"{key}{again[1]}"  # the second column of a name is that of the second person
    agreement = _agreement(column.samples, target.content)
    if target.strict and agreement is not None and agreement < 0.3:
        return 0
    if key in target.keys:
        return 98 if agreement is None or agreement >= 0.3 else 62
    inside = max(
        (len(known) / max(len(key), 1) for known in _contained(column.header, key, target)), default=0.0
    )
    if inside:
        base = 91 if inside >= 0.5 else 72
        return base if agreement is None or agreement >= 0.5 else 45 if agreement >= 0.3 else 0
    if target.speaks and agreement is not None and agreement >= 0.8 and len(column.samples) >= 2:
        return 62
    return 0


def _contained(header: str, key: str, target: Target) -> list[str]:
    """The known names a header contains: Chinese ones anywhere, Latin ones only as whole words."""
    words = re.findall(r"[a-z0-9]+", fold(header))
    runs = {"".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1)}
    return [
        known
        for known in target.keys
        if (known in runs if known.isascii() else len(known) >= 2 and known in key)
    ]


def _agreement(samples: Sequence[str], content: Callable[[str], bool] | None) -> float | None:
    """The share of cells that look like the field, None when nothing can be said."""
    if content is None or not samples:
        return None
    return sum(1 for sample in samples if content(sample)) / len(samples)


# --- What cells look like ------------------------------------------------------------------------


def looks_like_phone(text: str) -> bool:
    """A number that can be dialled, or one with a digit too many or too few."""
    return read_phone(text) is not None or bool(
        re.fullmatch(r"1[3-9]\d{8,10}", narrow(text).replace(" ", ""))
    )


def looks_like_email(text: str) -> bool:
    try:
        return bool(normalise_email(text))
    except EmailError:
        return "@" in text


def looks_like_uscc(text: str) -> bool:
    try:
        return bool(normalise_uscc(text))
    except UsccError:
        return bool(re.fullmatch(r"[0-9A-Z]{18}", narrow(text).upper()))


def looks_like_date(text: str) -> bool:
    return bool(re.match(r"^(\d{4}[-/.年]\d{1,2}|\d{1,2}[-/.月]\d{1,2}([-/.日]|$)|\d{8}$)", narrow(text)))


def looks_like_url(text: str) -> bool:
    return (
        bool(re.match(r"^(https?://|www\.)?[\w-]+(\.[\w-]+)+(/\S*)?$", narrow(text).lower()))
        and "@" not in text
    )


def one_of(values: Iterable[str]) -> Callable[[str], bool]:
    """A check whether a cell is one of the known values, however it is written."""
    known = frozenset(header_key(value) for value in values)
    return lambda text: header_key(text) in known
