"""How Chinese is sorted and typed: pinyin keys.

The database collates by code point, which puts 张 before 阿; a stored key sorts as people expect. The dictionaries are
large: they are read when the first Chinese name is, or by `load` before a process divides itself.
"""

import re
import unicodedata
from functools import cache, lru_cache
from itertools import chain, islice, pairwise, product

from crm.core.text import CJK, fold, has_cjk

MAX_KEY = 200
CUTS = 2  # what typed pinyin may mean
_U_WITH_DOTS = str.maketrans("üǖǘǚǜ", "vvvvv")
_BETWEEN = re.compile(r"[\s'’]+")
_VOWELS = frozenset("aeiouv")
_RUNS = re.compile(f"[{CJK}]+|[^{CJK}]+")

# Family names that are read differently from the common word written with the same character.
SURNAMES = {
    "单": "shan",
    "曾": "zeng",
    "仇": "qiu",
    "解": "xie",
    "查": "zha",
    "区": "ou",
    "朴": "piao",
    "盖": "ge",
    "冼": "xian",
    "洗": "xian",
    "缪": "miao",
    "覃": "qin",
    "翟": "zhai",
    "尉": "wei",
    "乐": "yue",
    "员": "yun",
    "黑": "he",
    "重": "chong",
    "祭": "zhai",
    "种": "chong",
    "秘": "bi",
    "折": "she",
    "任": "ren",
    "华": "hua",
    "纪": "ji",
    "宓": "fu",
    "逄": "pang",
    "晁": "chao",
    "谌": "chen",
    "隗": "wei",
    "繁": "po",
    "洪": "hong",
    "石": "shi",
    "柏": "bai",
    "葛": "ge",
    "燕": "yan",
    "那": "na",
    "郗": "xi",
    "幺": "yao",
    "牟": "mu",
    "哈": "ha",
    "长孙": "zhang sun",
    "尉迟": "yu chi",
    "万俟": "mo qi",
    "澹台": "tan tai",
    "单于": "chan yu",
    "令狐": "ling hu",
    "宰父": "zai fu",
    "皇甫": "huang fu",
}


@cache
def _dictionaries() -> tuple[dict[str, list[list[str]]], dict[int, str]]:
    """How phrases and how single characters are read, with tones."""
    from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

    return PHRASES_DICT, PINYIN_DICT


def load() -> None:
    """Read the dictionaries now, so that the processes forked from this one share them."""
    _phrase_lengths()


def _syllables(text: str, *, person: bool) -> list[str]:
    """Pinyin syllables of the Chinese characters, other runs as they are."""
    head: list[str] = []
    if person:
        for length in (2, 1):
            reading = SURNAMES.get(text[:length])
            if reading is not None:
                head, text = reading.split(), text[length:]
                break
    for run in _RUNS.findall(text):
        head += (run,) if run.isascii() else _read(run)
    return head


@lru_cache(
    maxsize=10_000
)  # a name is asked for its sort key and its initials, many names have words in common
def _read(text: str) -> tuple[str, ...]:
    """What `pypinyin.lazy_pinyin` gives, at a tenth of its cost: imports read hundreds of thousands of names.

    The longest known phrase decides how a character with several readings is read, otherwise its usual reading.
    """
    (phrases, _single), longest = _dictionaries(), _phrase_lengths()
    syllables, other = [], ""
    position, end = 0, len(text)
    while position < end:
        found, length = _CHARACTERS[text[position]], 1
        if most := longest.get(text[position : position + 2]):
            for longer in range(min(most, end - position), 1, -1):
                if (phrase := text[position : position + longer]) in phrases:
                    found, length = _phrase(phrase), longer
                    break
        if not found:
            other += text[position]
        else:
            if other:
                syllables.append(other)
                other = ""
            syllables += found
        position += length
    return (*syllables, other) if other else tuple(syllables)


@lru_cache(maxsize=1)
def _phrase_lengths() -> dict[str, int]:
    """How long the longest phrase is that begins with two characters: most pairs begin none."""
    longest: dict[str, int] = {}
    for phrase in _dictionaries()[0]:
        longest[phrase[:2]] = max(longest.get(phrase[:2], 1), len(phrase))
    return longest


@lru_cache(maxsize=20_000)
def _phrase(phrase: str) -> tuple[str, ...]:
    return tuple(_toneless(readings[0]) for readings in _dictionaries()[0][phrase])


class _Characters(dict[str, tuple[str, ...]]):
    """The usual reading of each Chinese character met so far; nothing for any other character."""

    def __missing__(self, character: str) -> tuple[str, ...]:
        readings = _dictionaries()[1].get(ord(character))
        self[character] = (_toneless(readings.split(",")[0]),) if readings else ()
        return self[character]


_CHARACTERS = _Characters()


def _toneless(syllable: str) -> str:
    """The syllable without its tone, ü written as v: lǜ is lv."""
    plain = unicodedata.normalize("NFD", syllable.translate(_U_WITH_DOTS))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def sort_key(name: object, *, person: bool = False) -> str:
    """Key that sorts Chinese by pronunciation, syllable by syllable; Latin text sorts among it case-blind.

    ``person`` reads the first character as a family name (单 is shan, 曾 zeng).
    """
    text = fold(name)
    if not has_cjk(text):
        return text[:MAX_KEY]
    return " ".join(" ".join(_syllables(text, person=person)).split())[:MAX_KEY]


def reading(character: str) -> str:
    """The usual reading of one Chinese character, without its tone; empty for any other."""
    return next(iter(_CHARACTERS[character]), "")


def initials(name: object, *, person: bool = False) -> str:
    """First letters as typed on a keyboard: 星河智能 → xhzn, 单小明 → sxm; Latin words and digits stay whole."""
    text = _letters(name)
    if not has_cjk(text):
        return ""
    first = ""
    for run in _RUNS.findall(text):
        if has_cjk(run):
            syllables = " ".join(_syllables(run, person=person and not first)).split()
            first += "".join([syllable[0] for syllable in syllables])
        else:
            first += run
    return first


def _letters(name: object) -> str:
    text = fold(name)
    return text if text.isalnum() else "".join([c for c in text if c.isalnum()])


def spelled(name: object, *, person: bool = False) -> str:
    """The whole reading in one word, as typed without spaces: 张伟 → zhangwei; empty without Chinese."""
    text = _letters(name)
    return "".join(_syllables(text, person=person)).replace(" ", "") if has_cjk(text) else ""


@lru_cache(maxsize=1)
def _all_syllables() -> frozenset[str]:
    """Every syllable a character can be read as, without tones; not those of mere consonants (嗯 is ng)."""
    found = {_toneless(one) for readings in _dictionaries()[1].values() for one in readings.split(",")}
    return frozenset(one for one in found if one.isascii() and one.isalpha() and not _VOWELS.isdisjoint(one))


@lru_cache(maxsize=1)
def _begun_syllables() -> frozenset[str]:
    """Everything that a syllable begins with."""
    return frozenset(one[:length] for one in _all_syllables() for length in range(1, len(one) + 1))


@lru_cache(maxsize=1_000)
def heard(typed: str) -> tuple[str, ...]:
    """Typed pinyin cut into syllables as sort keys have them: yunqi → yun qi; the last may be begun (yunq → yun q).

    What it may mean, the likeliest first and at most two (xian → xian, xi an); nothing for what is no pinyin, or shorter
    than two letters. A space or apostrophe ends a syllable (xi'an → xi an).
    """
    words = [word for word in _BETWEEN.split(typed.lower()) if word]
    text = "".join(words)
    if not text.isascii() or not text.isalpha() or not 2 <= len(text) <= 60:
        return ()
    ways = [_cuts(word, _all_syllables()) for word in words]
    if not ways[-1] and len(text) > 2:  # zh alone is two initials
        ways[-1] = _cuts(words[-1], _begun_syllables())
    return tuple(" ".join(chain(*cuts)) for cuts in islice(product(*map(_likely, ways)), CUTS))


def _likely(cuts: list[list[str]]) -> list[list[str]]:
    """Without a lone vowel inside a word, where there is another way."""
    return [cut for cut in cuts if cut is cuts[0] or not {"a", "o"} & set(cut[1:])]


def _cuts(text: str, last: frozenset[str]) -> list[list[str]]:
    """The ways to cut a text into syllables, the likeliest first; the last piece is one of `last`."""
    known = _all_syllables()
    ways: dict[int, list[list[str]]] = {}
    for start in range(len(text) - 1, -1, -1):
        rest = text[start:]
        found = [[rest]] if rest in last else []
        for length in range(min(6, len(rest) - 1), 0, -1):
            if rest[:length] in known:
                found += [[rest[:length], *after] for after in ways[start + length]]
        ways[start] = sorted(found, key=_oddity)[: 2 * CUTS]
    return ways[0]


def _oddity(cut: list[str]) -> tuple[int, int]:
    """Inside a word few syllables begin with a vowel: xian is rather 先 than 西安. Then fewer syllables are likelier."""
    return sum(one[0] in _VOWELS for one in cut[1:]), len(cut)


def sound_pairs(cut: str) -> list[str]:
    """Each syllable with the first letter of the next: what `sound_pairs` of the database makes of a reading."""
    syllables = cut.split(" ")
    return [f"{one} {after[0]}" for one, after in pairwise(syllables)]


def sounds(reading: str, typed: str) -> bool:
    """Whether a sort key sounds as typed: the rule the database applies, for tests.

    Several syllables may stand anywhere; one alone has to be the first of the name, as one character has to: li finds 李
    and not 林, where it is not only begun (zho).
    """
    return any(_sounds(reading, cut) for cut in heard(typed))


def _sounds(reading: str, cut: str) -> bool:
    if " " in cut:
        return cut in reading and set(sound_pairs(reading)).issuperset(sound_pairs(cut))
    first = reading.split(" ", 1)[0]
    return first == cut if is_syllable(cut) else first.startswith(cut)


def is_syllable(text: str) -> bool:
    """Whether a text is a whole syllable rather than one begun."""
    return text in _all_syllables()
