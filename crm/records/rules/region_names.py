"""English names of Chinese divisions: pinyin, with the spellings in use where they differ from it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pypinyin import lazy_pinyin

from crm.core.divisions import CITY, DISTRICT, NAMES, PROVINCE, level_of, parent_of, short_name
from crm.core.pinyin import sort_key

# Names with an established spelling, and readings the dictionary gets wrong.
ESTABLISHED = {
    "陕西": "Shaanxi",
    "内蒙古": "Inner Mongolia",
    "西藏": "Tibet",
    "香港": "Hong Kong",
    "澳门": "Macao",
    "哈尔滨": "Harbin",
    "齐齐哈尔": "Qiqihar",
    "呼和浩特": "Hohhot",
    "鄂尔多斯": "Ordos",
    "呼伦贝尔": "Hulunbuir",
    "巴彦淖尔": "Bayannur",
    "乌兰察布": "Ulanqab",
    "锡林郭勒": "Xilingol",
    "阿拉善": "Alxa",
    "兴安": "Hinggan",
    "乌鲁木齐": "Urumqi",
    "克拉玛依": "Karamay",
    "吐鲁番": "Turpan",
    "哈密": "Hami",
    "喀什": "Kashgar",
    "和田": "Hotan",
    "伊犁": "Ili",
    "塔城": "Tacheng",
    "阿勒泰": "Altay",
    "阿克苏": "Aksu",
    "克孜勒苏": "Kizilsu",
    "博尔塔拉": "Bortala",
    "巴音郭楞": "Bayingolin",
    "昌吉": "Changji",
    "库尔勒": "Korla",
    "拉萨": "Lhasa",
    "日喀则": "Shigatse",
    "昌都": "Qamdo",
    "林芝": "Nyingchi",
    "那曲": "Nagqu",
    "阿里": "Ngari",
    "阿坝": "Aba",
    "甘孜": "Garzê",
    "六安": "Lu'an",
    "台州": "Taizhou",
    "丽水": "Lishui",
    "亳州": "Bozhou",
    "蚌埠": "Bengbu",
    "儋州": "Danzhou",
    "番禺": "Panyu",
    "乐清": "Yueqing",
    "乐亭": "Laoting",
    "东阿": "Dong'e",
    "单县": "Shanxian",
    "莘县": "Shenxian",
    "蔚县": "Yuxian",
    "歙县": "Shexian",
    "浚县": "Xunxian",
    "大埔": "Dabu",
    "大城": "Daicheng",
    "洪洞": "Hongtong",
    "铅山": "Yanshan",
    "尉犁": "Yuli",
    "黄陂": "Huangpi",
    "长子": "Zhangzi",
    "长治": "Changzhi",
    "朝阳": "Chaoyang",
    "漯河": "Luohe",
    "牟平": "Muping",
    "中牟": "Zhongmu",
    "阿城": "Acheng",
    "闵行": "Minhang",
    "郫都": "Pidu",
    "犍为": "Qianwei",
}
LEVELS = (PROVINCE, CITY, DISTRICT)
_SUFFIXES = (
    ("特别行政区", ""),
    ("自治区", ""),
    ("自治州", " Prefecture"),
    ("自治县", " Autonomous County"),
    ("自治旗", " Autonomous Banner"),
    ("地区", " Prefecture"),
    ("新区", " New Area"),
    ("林区", " Forestry District"),
    ("矿区", " Mining District"),
    ("省", ""),
    ("市", ""),
    ("盟", " League"),
    ("区", " District"),
    ("县", " County"),
    ("旗", " Banner"),
)


def romanise(name: str) -> str:
    """One word: 杭州 → Hangzhou, 西安 → Xi'an (an apostrophe before a syllable that begins with a vowel)."""
    if name in ESTABLISHED:
        return ESTABLISHED[name]
    word = ""
    for syllable in lazy_pinyin(name, v_to_u=False):
        word += f"'{syllable}" if word and syllable[0] in "aeo" else syllable
    return word.replace("lv", "lü").replace("nv", "nü").capitalize()


def english_name(code: str) -> str:
    """A division as English texts call it: Zhejiang, Hangzhou, Yuhang District, Pudong New Area."""
    name = NAMES[code]
    short = short_name(code)
    kind = next((english for suffix, english in _SUFFIXES if name.endswith(suffix)), "")
    if len(short) == 1 or short == name:  # 单县 is said whole
        return romanise(name)
    return f"{romanise(re.sub('(矿|林)$', '', short) if len(short) > 2 else short)}{kind}"


@dataclass(frozen=True)
class RegionRow:
    """One division ready to be stored."""

    code: str
    parent: str
    level: str
    name: str
    name_en: str
    full_name: str
    full_name_en: str
    name_sort: str


def region_rows() -> Iterator[RegionRow]:
    """Every division, parents before children."""
    for code in sorted(NAMES, key=lambda code: (LEVELS.index(level_of(code)), code)):
        chain = [code]
        while parent := parent_of(chain[-1]):
            chain.append(parent)
        yield RegionRow(
            code=code,
            parent=parent_of(code),
            level=level_of(code),
            name=NAMES[code],
            name_en=english_name(code),
            full_name="".join(NAMES[part] for part in reversed(chain)),
            full_name_en=", ".join(english_name(part) for part in chain),
            name_sort=sort_key(NAMES[code]),
        )
