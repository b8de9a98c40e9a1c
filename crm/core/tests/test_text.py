"""Folding, search grams, similarity and pinyin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core import grams, pinyin, text
from crm.core.similarity import bigram_dice, trigram_similarity


def test_pasted_text_is_tidied():
    assert text.tidy("\ufeff 杭州\u200b云杉 \t 网络 ") == "杭州云杉 网络"
    assert text.tidy_lines("a  b \r\n\r\n\r\n\r\nc ") == "a b\n\nc"
    assert text.fold("ＡＢＣ公司（杭州）") == "abc公司(杭州)"


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(value):
    assert text.fold(text.fold(value)) == text.fold(value)


@pytest.fixture
def row():
    return grams.search_text(
        ["深圳市星河智能科技有限公司", "13805762218", "0755-26001234", "li@xinghe.cn", "xhzn"]
    )


@pytest.mark.parametrize(
    "query",
    [
        "星河",
        "智能科技",
        "深圳 星河",
        "138 0576 2218",
        "+86 138-0576-2218",
        "05762",
        "0755-2600",
        "2600",
        "xinghe",
        "xh",
        "XHZ",
    ],
)
def test_found(row, query):
    assert grams.matches(row, query)


@pytest.mark.parametrize("query", ["星月", "河星", "上海 星河", "2601", "inghf", "in", ""])
def test_not_found(row, query):
    assert not grams.matches(row, query)


def test_what_is_too_short_for_a_gram_finds_beginnings():
    assert grams.query_grams(grams.query_terms("星 13")) == ["^13", "^星"]
    assert grams.matches("星河科技\n13805762218", "星 13")
    assert not grams.matches("星河科技\n13805762218", "河")
    assert grams.matches("星河科技\n13805762218", "星河 技")


@given(st.text(max_size=40), st.integers(0, 39), st.integers(3, 12))
def test_any_part_of_a_text_is_found(value, start, length):
    found = grams.search_text([value])
    part = found[start : start + length]
    if "\n" in part or part != part.strip() or len(part) < 3 or " " in part:
        return
    wanted = set(grams.query_grams([part]))
    if grams.query_terms(part) == [part] and wanted != {f"^{part[:2]}"}:  # no run of it is long enough
        assert wanted <= set(grams.text_grams(found))


@given(st.text(max_size=20), st.text(max_size=20))
def test_similarity_is_symmetric_and_bounded(one, other):
    for measure in (trigram_similarity, bigram_dice):
        assert 0 <= measure(one, other) <= 1
        assert measure(one, other) == pytest.approx(measure(other, one))


def test_chinese_sorts_by_sound():
    names = ["张伟", "阿里", "李娜", "单小明", "Bob"]
    assert sorted(names, key=lambda n: pinyin.sort_key(n, person=True)) == [
        "阿里",
        "Bob",
        "李娜",
        "单小明",
        "张伟",
    ]


def test_readings():
    assert pinyin.sort_key("重庆长安银行") == "chong qing chang an yin hang"
    assert pinyin.sort_key("曾志伟", person=True).startswith("zeng")
    assert pinyin.initials("星河智能") == "xhzn"
    assert pinyin.initials("TCL科技2号") == "tclkj2h"
    assert pinyin.initials("尉迟恭", person=True) == "ycg"
    assert pinyin.spelled("张伟") == "zhangwei"
    assert pinyin.initials("Acme") == "" == pinyin.spelled("Acme")


@pytest.mark.parametrize(
    ("typed", "cuts"),
    [
        ("yunqi", ["yun qi"]),
        ("yunq", ["yun q"]),
        ("Xian", ["xian", "xi an"]),
        ("xi'an", ["xi an"]),
        ("xi'an gaox", ["xi an gao x"]),
        ("xi'a!n", []),
        ("xi'", ["xi"]),
        ("'", []),
        ("hua zx", []),
        ("hang zhou", ["hang zhou"]),
        ("fangan", ["fan gan", "fang an"]),
        ("li", ["li"]),
        ("zho", ["zho"]),
        ("zh", []),
        ("n", []),
        ("zxqv", []),
        ("acme", []),
        ("云", []),
        ("yunqi2", []),
        ("x" * 80, []),
    ],
)
def test_typed_pinyin_is_cut_into_syllables(typed, cuts):
    assert pinyin.heard(typed) == tuple(cuts)


@pytest.mark.parametrize(
    ("name", "typed", "heard"),
    [
        ("上海华星精密", "huaxing", True),
        ("上海华星精密", "huaxi", True),
        ("上海华星精密", "shang", True),
        ("上海华星精密", "hua", False),  # one syllable has to begin the name
        ("上海华星精密", "sha", False),  # another syllable than shang
        ("中国", "zho", True),
        ("李", "li", True),
        ("林立", "li", False),
        ("上海华星精密", "xinghua", False),
        ("天旗软件", "anqi", False),  # half a syllable is none
        ("西安高新", "xian", True),
        ("张伟", "zhang wei", True),
    ],
)
def test_a_name_sounds_as_typed(name, typed, heard):
    assert pinyin.sounds(pinyin.sort_key(name, person=True), typed) is heard
