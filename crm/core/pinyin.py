"""How Chinese is sorted and typed: pinyin keys.

The database collates by code point, which puts 张 before 阿; a stored key sorts as people expect.
"""

import re

from pypinyin import lazy_pinyin

from crm.core.text import CJK, fold, has_cjk

MAX_KEY = 200
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


def _syllables(text: str, *, person: bool) -> list[str]:
    """Pinyin syllables of the Chinese characters, other runs as they are."""
    head: list[str] = []
    if person:
        for length in (2, 1):
            reading = SURNAMES.get(text[:length])
            if reading is not None:
                head, text = reading.split(), text[length:]
                break
    return head + lazy_pinyin(text, v_to_u=False) if text else head


def sort_key(name: object, *, person: bool = False) -> str:
    """Key that sorts Chinese by pronunciation, syllable by syllable; Latin text sorts among it case-blind.

    ``person`` reads the first character as a family name (单 is shan, 曾 zeng).
    """
    text = fold(name)
    if not has_cjk(text):
        return text[:MAX_KEY]
    return " ".join(part.strip() for part in _syllables(text, person=person) if part.strip())[:MAX_KEY]


def initials(name: object, *, person: bool = False) -> str:
    """First letters as typed on a keyboard: 星河智能 → xhzn, 单小明 → sxm; Latin words and digits stay whole."""
    text = "".join(c for c in fold(name) if c.isalnum())
    if not has_cjk(text):
        return ""
    first = ""
    for run in _RUNS.findall(text):
        if has_cjk(run):
            syllables = " ".join(_syllables(run, person=person and not first)).split()
            first += "".join(syllable[0] for syllable in syllables)
        else:
            first += run
    return first


def spelled(name: object, *, person: bool = False) -> str:
    """The whole reading in one word, as typed without spaces: 张伟 → zhangwei; empty without Chinese."""
    text = "".join(c for c in fold(name) if c.isalnum())
    return "".join(_syllables(text, person=person)).replace(" ", "") if has_cjk(text) else ""
