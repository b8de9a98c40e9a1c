"""How alike two texts are: trigrams as PostgreSQL's pg_trgm counts them, and the Dice share of bigrams.

The database does the same for large sets; this is the reference, and the fallback where its locale has no
Chinese word characters (pg_trgm then finds no trigram at all).
"""

import re
from functools import lru_cache

_REMEMBERED = 10_000  # a name is compared with many others one after the other
_WORD = re.compile(r"[^\W_]+")


@lru_cache(maxsize=_REMEMBERED)
def trigrams(text: str) -> frozenset[str]:
    """Every three-character piece of each word, padded with two leading and one trailing space."""
    found: set[str] = set()
    for word in _WORD.findall(text.lower()):
        padded = f"  {word} "
        found.update(padded[i : i + 3] for i in range(len(padded) - 2))
    return frozenset(found)


def trigram_similarity(one: str, other: str) -> float:
    """|A∩B| / |A∪B| of the trigrams, 0 to 1; two texts without words are unlike (0)."""
    a, b = trigrams(one), trigrams(other)
    union = len(a | b)
    return len(a & b) / union if union else 0.0


def bigrams(text: str) -> list[str]:
    """Neighbouring pairs of characters, repeats kept."""
    return [text[i : i + 2] for i in range(len(text) - 1)]


def bigram_dice(one: str, other: str) -> float:
    """2·|common pairs| / (|pairs of one| + |pairs of other|), 0 to 1; repeats count once each."""
    a, b = _pairs(one), _pairs(other)
    if not a or not b:
        return 1.0 if one and one == other else 0.0
    distinct = _distinct(one), _distinct(other)
    if len(distinct[0]) == len(a) and len(distinct[1]) == len(b):  # nearly always: no pair occurs twice
        return 2 * len(distinct[0] & distinct[1]) / (len(a) + len(b))
    rest = list(b)
    common = 0
    for pair in a:
        if pair in rest:
            rest.remove(pair)
            common += 1
    return 2 * common / (len(a) + len(b))


@lru_cache(maxsize=_REMEMBERED)
def _pairs(text: str) -> tuple[str, ...]:
    return tuple(bigrams(text))


@lru_cache(maxsize=_REMEMBERED)
def _distinct(text: str) -> frozenset[str]:
    return frozenset(bigrams(text))
