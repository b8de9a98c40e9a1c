import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.company import given_name, looks_like_person, parse_company
from crm.core.similarity import bigram_dice, trigram_similarity


def core(name):
    return parse_company(name).core


def test_region_before_or_in_brackets_is_the_same_company():
    one, other = parse_company("深圳市星河智能科技有限公司"), parse_company("星河智能科技（深圳）有限公司")
    assert one == other
    assert (one.core, one.region, one.place) == ("星河智能科技", "深圳", "440300")
    assert trigram_similarity("深圳市星河智能科技有限公司", "星河智能科技（深圳）有限公司") == pytest.approx(
        0.45
    )


def test_similar_cores_of_one_region():
    one, other = parse_company("杭州云杉网络科技股份有限公司"), parse_company("杭州云杉网络技术有限公司")
    assert one.region == other.region == "杭州"
    assert trigram_similarity(one.core, other.core) == pytest.approx(0.40)
    assert bigram_dice(one.core, other.core) == pytest.approx(0.60)


def test_equal_cores_of_different_regions():
    one, other = parse_company("北京云杉网络科技有限公司"), parse_company("杭州云杉网络科技有限公司")
    assert one.core == other.core
    assert (one.region, other.region) == ("北京", "杭州")
    assert trigram_similarity("北京云杉网络科技有限公司", "杭州云杉网络科技有限公司") == pytest.approx(
        0.529, abs=0.001
    )


@pytest.mark.parametrize(
    ("one", "other", "trigram", "dice"),
    [("华为技术", "华为终端", 0.25, 1 / 3), ("北京银行", "上海银行", 1 / 9, 1 / 3)],
)
def test_short_names_that_only_look_alike(one, other, trigram, dice):
    assert trigram_similarity(core(one), core(other)) == pytest.approx(trigram)
    assert bigram_dice(core(one), core(other)) == pytest.approx(dice)


def test_a_region_is_kept_where_too_little_would_remain():
    assert core("北京银行") == "北京银行"
    assert core("北京银行股份有限公司") == "北京银行"


@pytest.mark.parametrize(
    ("name", "parent", "branch"),
    [
        ("上海博远机械设备有限公司北京分公司", "上海博远机械设备有限公司", "北京分公司"),
        ("上海博远机械设备有限公司（北京分公司）", "上海博远机械设备有限公司", "北京分公司"),
        ("上海博远机械设备北京分公司", "上海博远机械设备有限公司", "北京分公司"),
        ("杭州云杉网络科技有限公司成都办事处", "杭州云杉网络科技有限公司", "成都办事处"),
    ],
)
def test_a_branch_has_the_core_of_its_parent(name, parent, branch):
    found = parse_company(name)
    assert found.branch == branch and found.is_branch
    assert found.core == parse_company(parent).core and not parse_company(parent).is_branch


@pytest.mark.parametrize(
    ("name", "expected", "region"),
    [
        ("Acme Trading Co., Ltd.", "acmetrading", ""),
        ("ACME Trading Limited", "acmetrading", ""),
        ("微软（中国）有限公司", "微软中国", ""),
        ("广东省深圳市南山区腾云计算机系统有限公司", "腾云计算机系统", "深圳"),
        ("昆山华科电子有限公司", "华科电子", "昆山"),
        ("东方财富信息股份有限公司", "东方财富信息", ""),
        ("朝阳区华美广告有限公司", "朝阳区华美广告", ""),
        ("浦东新区张江医药有限公司", "张江医药", "上海"),
        ("ＴＣＬ科技 集团股份有限公司", "tcl科技", ""),
        ("公司", "公司", ""),
    ],
)
def test_names_taken_apart(name, expected, region):
    found = parse_company(name)
    assert (found.core, found.region) == (expected, region)


def test_people_are_not_companies():
    for name in ("张伟", "李 娜", "王先生", "欧阳娜娜"):
        assert looks_like_person(name)
    for name in (
        "杭州云杉网络科技有限公司",
        "Acme Trading Limited",
        "Kan-code",
        "华为",
        "马会",
        "云杉网络",
        "",
    ):
        assert not looks_like_person(name)


@given(st.text(alphabet="深圳市星河智能科技（）有限公司集团分北京 abcltd.,", max_size=30))
def test_any_name_can_be_taken_apart_and_only_once(name):
    found = parse_company(name)
    assert found == parse_company(f" {name} ")
    if any(c.isalnum() for c in name):
        assert found.core


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("林晓雯", "晓雯"),
        ("欧阳娜娜", "娜娜"),
        ("欧阳锋", "欧阳锋"),
        ("李娜", "李娜"),
        ("Erik Halden", "Erik Halden"),
    ],
)
def test_colleagues_are_called_by_their_given_name(name, called):
    assert given_name(name) == called
