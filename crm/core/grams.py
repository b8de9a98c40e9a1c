"""Pieces of text for the search index: what a row is found by, and what a query asks for.

PostgreSQL's trigrams find nothing for two Chinese characters, the most usual query there is. So a row keeps an
array of grams (GIN index) that finds candidates, and its folded text, which confirms them:

* Chinese: every pair of neighbouring characters;
* digits: every three in a row (a phone number is found by any part of it);
* Latin: every three letters in a row, and the first two letters of each word, so that two letters find the
  beginning of a word and three or more any part of it;
* the first character and the first two of each value, marked as its beginning: what is too short for the others
  (one character, two digits) finds the values that begin with it, where anything in the middle would be half the table.
"""

import re
from collections.abc import Iterable, Iterator
from operator import add

from crm.core.text import CJK, fold

_RUNS = re.compile(rf"[{CJK}]+|[0-9]+|[^\W\d_{CJK}]+")
_LATIN = "\u2fff"  # no Chinese character comes before it
_is_cjk = re.compile(f"[{CJK}]").match
_PHONE_LIKE = re.compile(r"\+?[\d\-()./\s]{5,}")
BEGINNING = "^"
MAX_TERMS = 8
MAX_QUERY = 200
MAX_TEXT = 4000


def search_text(values: Iterable[object]) -> str:
    """The folded text a row is confirmed by: one line per value, numbers also without their punctuation."""
    lines: dict[str, None] = {}
    for value in values:
        line = fold(value)
        if not line:
            continue
        lines[line] = None
        if _PHONE_LIKE.fullmatch(line):
            lines[re.sub(r"\D", "", line)] = None
    return "\n".join(lines)[:MAX_TEXT]


def text_grams(text: str) -> list[str]:
    """Every gram of a search text, each once, for the index."""
    found: list[str] = []  # no generators: an import does this two hundred thousand times
    for line in text.split("\n"):
        if line:
            found += (BEGINNING + line[0], BEGINNING + line[:2])
    for word in _RUNS.findall(text):
        if word[0] > _LATIN and _is_cjk(word):
            found += map(add, word, word[1:])
        else:
            found += _triples(word)
            if len(word) >= 2 and word[0] > "9":
                found.append(word[:2])
    return list(dict.fromkeys(found))


def _pairs(word: str) -> list[str]:
    return [word[i : i + 2] for i in range(len(word) - 1)]


def _triples(word: str) -> list[str]:
    return [word[i : i + 3] for i in range(len(word) - 2)]


def query_terms(query: str) -> list[str]:
    """The words of a query, all of which must occur; numbers lose their punctuation and the country code."""
    terms: list[str] = []
    folded = fold(query[:MAX_QUERY])
    if _PHONE_LIKE.fullmatch(folded):
        folded = _number(folded)
    for word in folded.split():
        term = _number(word) if _PHONE_LIKE.fullmatch(word) else word
        if term and term not in terms:
            terms.append(term)
    return terms[:MAX_TERMS]


def _number(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    if len(digits) >= 13 and digits.startswith(("0086", "86")):
        digits = digits.removeprefix("00").removeprefix("86")
    return digits or text.strip()


def query_grams(terms: Iterable[str]) -> list[str]:
    """Grams a row must have to contain every term; fewer than all, so the text has to confirm.

    Beside longer words a short one is left to the text; short words alone have to begin a value.
    """
    terms = list(terms)
    found = {gram for term in terms for gram in _grams_of(term)}
    return sorted(found or {f"{BEGINNING}{term[:2]}" for term in terms})


def is_beginning(term: str) -> bool:
    """Whether a term alone is too short for anything but the beginnings of values."""
    return not any(_grams_of(term))


def _grams_of(term: str) -> Iterator[str]:
    for word in _RUNS.findall(term):
        if _is_cjk(word):
            yield from _pairs(word)
        elif len(word) >= 3:
            yield from _triples(word)
        elif len(word) == 2 and word == term and not word.isdecimal():
            yield word


def matches(text: str, query: str) -> bool:
    """Whether a search text is found by a query: the rule the database applies, for lists in memory and tests."""
    terms = query_terms(query)
    wanted = query_grams(terms)
    return bool(terms) and set(wanted) <= set(text_grams(text)) and all(term in text for term in terms)
