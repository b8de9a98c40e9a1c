"""Company names taken apart, so that two spellings of the same company can be found.

A Chinese legal name is region + 字号 + industry + organisation form; region and industry may be absent.
"""

import re
import unicodedata
from typing import NamedTuple

from crm.core.divisions import leading_place, whole_place
from crm.core.text import CJK, has_cjk, visible_only

SUFFIXES = (
    "集团股份有限公司",
    "集团有限责任公司",
    "集团有限公司",
    "股份有限公司",
    "有限责任公司",
    "有限公司",
    "股份公司",
    "集团公司",
    "总公司",
    "公司",
)
LATIN_SUFFIXES = frozenset(
    {"co", "ltd", "limited", "inc", "incorporated", "corp", "corporation", "company", "llc", "gmbh"}
)
# 北京银行 must not become 银行: what is left after the region has to be a name.
SHORTEST_CORE = 3

_BRANCH = re.compile(
    r"^(?P<parent>.*(?:公司|集团|银行|事务所|研究院|厂))\(?(?P<branch>[^()]*?(?:分公司|办事处|代表处|营业部|分行|支行|分店|分部))\)?$"
)
_BRANCH_WORD = re.compile(r"(?:分公司|办事处)$")
_BRACKETS = str.maketrans("【】[]〔〕{}<>《》", "()()()()()()")
_BRACKETED = re.compile(r"\(([^()]*)\)")
_PUNCTUATION = re.compile(r"[^\w()]|_")


class CompanyName(NamedTuple):
    """A name taken apart: comparable ``core``, place it names, branch (…分公司), and whether it is Latin."""

    core: str
    region: str = ""
    branch: str = ""
    latin: bool = False
    place: str = ""

    @property
    def is_branch(self) -> bool:
        """Whether the name is that of a branch, whose parent has the same core."""
        return bool(self.branch)


def parse_company(name: object) -> CompanyName:
    """Take a company name apart; two names of one company yield the same ``core``."""
    text = unicodedata.normalize("NFKC", visible_only("" if name is None else str(name))).lower()
    if not has_cjk(text):
        return _parse_latin(text)
    text = _PUNCTUATION.sub("", text.translate(_BRACKETS))
    text, branch = _detach_branch(text)
    return _parse_chinese(text, branch)


def _parse_latin(text: str) -> CompanyName:
    words = re.findall(r"[^\W_]+", text.replace("&", " and ").replace("'", "").replace("’", ""))
    kept = list(words)
    while len(kept) > 1 and kept[-1] in LATIN_SUFFIXES:
        kept.pop()
    return CompanyName(core="".join(kept), latin=True)


def _detach_branch(text: str) -> tuple[str, str]:
    """Split 上海博远机械设备有限公司北京分公司 into the company and its branch."""
    if (found := _BRANCH.match(text)) and len(found["parent"]) >= SHORTEST_CORE:
        return found["parent"], found["branch"]
    if word := _BRANCH_WORD.search(text):
        # No 公司 before the branch word: the branch begins at the last place named before it.
        head = text[: word.start()].rstrip("(")
        for start in range(len(head) - 2, SHORTEST_CORE - 1, -1):
            if whole_place(head[start:]):
                while start > SHORTEST_CORE and whole_place(head[start - 1 :]):
                    start -= 1
                return head[:start].rstrip("("), text[start:].strip("()")
        if len(head) >= SHORTEST_CORE:
            return head, text[word.start() :]
    return text, ""


def _parse_chinese(text: str, branch: str) -> CompanyName:
    for inner in _BRACKETED.finditer(text):
        place = whole_place(inner[1])
        if place is None:
            continue
        rest = _strip_suffix(_plain(text[: inner.start()] + text[inner.end() :]))
        if len(rest) >= SHORTEST_CORE:
            return CompanyName(core=rest, region=place.region, branch=branch, place=place.code)
    plain = _plain(text)
    if place := leading_place(plain):
        rest = _strip_suffix(plain[place.length :])
        if len(rest) >= SHORTEST_CORE:
            return CompanyName(core=rest, region=place.region, branch=branch, place=place.code)
    return CompanyName(core=_strip_suffix(plain), branch=branch)


def _plain(text: str) -> str:
    return text.replace("(", "").replace(")", "")


def _strip_suffix(text: str) -> str:
    """Drop the organisation form, then 集团; a name that is nothing else stays."""
    for suffix in SUFFIXES:
        if text.endswith(suffix) and len(text) > len(suffix):
            text = text[: -len(suffix)]
            break
    if text.endswith("集团") and len(text) > 2:
        text = text[:-2]
    return text


# The hundred or so family names that cover nearly everybody, and the compound ones in use.
_SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜"
    "倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成"
    "游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫苟"
)
_COMPOUND_SURNAMES = (
    "欧阳",
    "上官",
    "司马",
    "诸葛",
    "司徒",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "长孙",
    "夏侯",
)
_ORGANISATION = re.compile(
    r"公司|集团|银行|事务所|研究院|学校|大学|医院|厂|店|中心|协会|合作社|[部局院社行所会馆网]$"
)


def looks_like_person(name: object) -> bool:
    """Whether a name is that of a person: two or three Chinese characters beginning with a family name.

    Anything else counts as an organisation; a Latin name does, because most that are typed here are.
    """
    text = visible_only(unicodedata.normalize("NFKC", "" if name is None else str(name)))
    text = re.sub(r"[\s·]", "", text)
    if not re.fullmatch(f"[{CJK}]{{2,4}}", text) or _ORGANISATION.search(text):
        return False
    if text.startswith(_COMPOUND_SURNAMES):
        return True
    return len(text) <= 3 and text[0] in _SURNAMES


def given_name(name: str) -> str:
    """What colleagues call somebody: 晓雯 of 林晓雯; of other names, and where one character would be left, all of it."""
    if not re.fullmatch(f"[{CJK}]{{3,4}}", name):
        return name
    family = 2 if name.startswith(_COMPOUND_SURNAMES) else 1
    return name[family:] if len(name) - family == 2 else name
