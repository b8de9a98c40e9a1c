"""How likely two customers are the same one: normalised keys, a score, and what follows from it (查重).

Pure arithmetic. The search for candidates by these keys stands in `accounts.queries.duplicates`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from crm.core.company import looks_like_person, parse_company
from crm.core.email import EmailError, company_domain, normalise_email
from crm.core.phone import LANDLINE, SERVICE, Phone, read_phone
from crm.core.similarity import bigram_dice, bigrams, trigram_similarity
from crm.core.uscc import UsccError, normalise_uscc

BLOCK, WARN, LINK = "block", "warn", "link"
USCC, PHONE, EMAIL = "uscc", "phone", "email"
SAME_NAME, NAME_OPEN, NAME_ELSEWHERE, SIMILAR = "name", "name_open", "name_elsewhere", "similar"
BRANCH, LANDLINE_TOO, DOMAIN_TOO = "branch", "landline", "domain"

SCORES = {
    USCC: Decimal("1.00"),
    PHONE: Decimal("0.95"),
    EMAIL: Decimal("0.95"),
    SAME_NAME: Decimal("0.90"),
    NAME_OPEN: Decimal("0.80"),
    NAME_ELSEWHERE: Decimal("0.70"),
    SIMILAR: Decimal("0.60"),
}
BONUS = Decimal("0.20")  # for the same landline or mail domain of a company, on top of alike names
TRIGRAM, DICE = 0.40, 0.60  # Chinese cores are short: 0.6 as for Latin text would find next to nothing
SHORTEST = 4
FIRST_IDEOGRAPH = "\u2e80"
ROUNDING = 1e-9
BLOCKING = frozenset({USCC, PHONE, EMAIL, SAME_NAME})
PROPOSING = BLOCKING - {PHONE, EMAIL}  # where nobody stands by (import, scan) people may share a number
_LANDLINE = re.compile(r"\+86(?!1[3-9])")
BRANCH_WORDS = "分公司|办事处|代表处|营业部|分行|支行|分店|分部"
_MAY_BE_BRANCH = re.compile(BRANCH_WORDS)


@dataclass(frozen=True)
class Keys:
    """What two customers are compared by, normalised; `numbers` are mobiles, `landlines` belong to a whole house."""

    core: str = ""
    region: str = ""
    branch: str = ""
    uscc: str = ""
    numbers: frozenset[str] = frozenset()
    landlines: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()  # mail domains that belong to a company

    @property
    def locks(self) -> list[str]:
        """What two saves may not claim at the same time, in one order for everybody."""
        found = [f"phone:{one}" for one in self.numbers] + [f"email:{one}" for one in self.emails]
        found += [f"uscc:{self.uscc}"] if self.uscc else []
        found += [f"core:{self.core}"] if self.core else []
        return sorted(found)

    @property
    def token(self) -> str:
        """Names this set of keys, so that a confirmation holds for what was shown and for nothing else."""
        text = "\n".join([*self.locks, self.region, self.branch, *sorted(self.landlines)])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Verdict:
    """How alike two customers are: score, what to do about it, and why (the strongest reason first)."""

    score: Decimal
    outcome: str
    reasons: tuple[str, ...]


def keys_of(
    *,
    name: object = "",
    kind: str = "",
    uscc: object = "",
    phones: Iterable[object] = (),
    emails: Iterable[object] = (),
) -> Keys:
    """The keys of a customer as somebody typed it; what cannot be right gives no key."""
    text = "" if name is None else str(name)
    person = kind == "person" or (not kind and looks_like_person(text))
    company = parse_company("" if person else text)
    read = [number for number in map(read_phone, phones) if number is not None and number.kind != SERVICE]
    addresses = frozenset(filter(None, map(_email, emails)))
    return Keys(
        core=company.core[:200],
        region=company.region[:40],
        branch=company.branch,
        uscc=_uscc(uscc),
        numbers=frozenset(number.number for number in read if is_personal(number)),
        landlines=frozenset(number.number for number in read if not is_personal(number)),
        emails=addresses,
        domains=frozenset(filter(None, map(company_domain, addresses))),
    )


def stored_keys(
    *,
    name: str,
    core: str,
    region: str,
    uscc: str = "",
    phones: Iterable[str] = (),
    emails: Iterable[str] = (),
) -> Keys:
    """The keys of a customer as its columns hold them, normalised when it was saved: nothing is parsed again.

    `phones` are match keys (E.164 without extension, nothing that everybody shares).
    """
    numbers = frozenset(filter(None, phones))
    landlines = frozenset(number for number in numbers if _LANDLINE.match(number))
    addresses = frozenset(filter(None, emails))
    return Keys(
        core=core,
        region=region,
        branch=parse_company(name).branch if core and _MAY_BE_BRANCH.search(name) else "",
        uscc=uscc,
        numbers=numbers - landlines,
        landlines=landlines,
        emails=addresses,
        domains=frozenset(filter(None, map(company_domain, addresses))) if addresses else frozenset(),
    )


def compare(new: Keys, known: Keys, *, attended: bool = True) -> Verdict | None:
    """How alike two customers are, or None; `attended` where somebody can act on the answer at once."""
    reasons = [reason for reason, same in _identities(new, known) if same]
    named = _by_name(new, known)
    if named == BRANCH and not reasons:
        return Verdict(Decimal("0.00"), LINK, (BRANCH,))
    bonus = Decimal(0)
    if named and named != BRANCH:
        reasons.append(named)
        if new.landlines & known.landlines:
            bonus = BONUS
            reasons.append(LANDLINE_TOO)
        if new.domains & known.domains:
            bonus = BONUS
            reasons.append(DOMAIN_TOO)
    if not reasons:
        return None
    score = max(SCORES[one] + (bonus if one == named else 0) for one in reasons if one in SCORES)
    blocking = BLOCKING if attended else PROPOSING
    return Verdict(min(score, Decimal(1)), BLOCK if blocking & set(reasons) else WARN, tuple(reasons))


def name_marks(core: str) -> list[str]:
    """The pieces of a core by which alike ones are found: two of the three first characters; of Latin more letters.

    One mistyped, missing or added character among them leaves at least one piece in common.
    """
    if len(core) < SHORTEST:
        return []
    if core[0] < FIRST_IDEOGRAPH:
        return [core[:5]]
    return list(dict.fromkeys([core[:2], core[1:3], core[0] + core[2]]))


def narrow_marks(core: str) -> list[str]:
    """The marks of a core with its end, and its beginning: of names that share a mark, those that are told apart by both
    are not alike. Many names share a mark and few share one of these.
    """
    marks = name_marks(core)
    if not marks or core[0] < FIRST_IDEOGRAPH:
        return marks
    return [*(f"{mark}|{core[-2:]}" for mark in marks), f"{core[:3]}="]


class Shape(NamedTuple):
    """What a core is compared by first: its pairs of characters, and whether it is one word without a pair twice."""

    core: str
    pairs: frozenset[str]
    is_plain: bool


@lru_cache(maxsize=10_000)  # a name is compared with many others one after the other
def shape_of(core: str) -> Shape:
    """The shape of a core; imports make it once and compare it with every likely customer."""
    pairs = frozenset(bigrams(core))
    return Shape(core, pairs, len(pairs) == len(core) - 1 and core.isalnum())


def resemble(one: Shape, other: Shape) -> bool:
    """Whether two cores look like spellings of one name: by the Dice share of their pairs or by their trigrams."""
    if len(one.core) < SHORTEST or len(other.core) < SHORTEST:
        return False
    if not (one.is_plain and other.is_plain):
        return (
            bigram_dice(one.core, other.core) >= DICE - ROUNDING
            or trigram_similarity(one.core, other.core) >= TRIGRAM - ROUNDING
        )
    pairs = len(one.pairs & other.pairs)
    if 2 * pairs / (len(one.pairs) + len(other.pairs)) >= DICE - ROUNDING:
        return True
    # A plain core has a trigram more than characters, and a common one needs a common pair or stands at an edge:
    # most names are told apart without making theirs.
    most, all_of_both = pairs + 3, len(one.core) + len(other.core) + 2
    if most < (TRIGRAM - ROUNDING) * (all_of_both - most):
        return False
    return trigram_similarity(one.core, other.core) >= TRIGRAM - ROUNDING


def is_similar(one: str, other: str) -> bool:
    """Whether two cores look like spellings of one name."""
    return resemble(shape_of(one), shape_of(other))


def is_personal(number: Phone) -> bool:
    """Whether a number reaches one person: mobiles do, and abroad one cannot tell."""
    return number.kind != LANDLINE


def _identities(new: Keys, known: Keys) -> list[tuple[str, bool]]:
    return [
        (USCC, bool(new.uscc) and new.uscc == known.uscc),
        (PHONE, bool(new.numbers & known.numbers)),
        (EMAIL, bool(new.emails & known.emails)),
    ]


def _by_name(new: Keys, known: Keys) -> str:
    if not new.core or not known.core:
        return ""
    if new.core != known.core:
        alike = new.region == known.region and new.branch == known.branch and is_similar(new.core, known.core)
        return SIMILAR if alike else ""
    if new.branch != known.branch:
        # Two branches of one company are neither the same nor parent and child.
        return BRANCH if not (new.branch and known.branch) else ""
    if new.region == known.region:
        return SAME_NAME
    return NAME_ELSEWHERE if new.region and known.region else NAME_OPEN


def _uscc(value: object) -> str:
    try:
        return normalise_uscc(value) if value else ""
    except UsccError:
        return ""


def _email(value: object) -> str:
    try:
        return normalise_email(value) if value else ""
    except EmailError:
        return ""
