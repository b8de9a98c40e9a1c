from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.rules import matching
from accounts.rules.matching import (
    BLOCK,
    LINK,
    WARN,
    compare,
    is_similar,
    keys_of,
    name_marks,
    narrow_marks,
    stored_keys,
)
from accounts.services.cleaning import match_keys

USCC_A, USCC_B = "91350100M000100Y43", "91310000MA1FL5DN2R"


def verdict(one, other, **attended):
    left, right = (keys_of(name=x) if isinstance(x, str) else keys_of(**x) for x in (one, other))
    found = compare(left, right, **attended)
    assert (found is None) == (compare(right, left, **attended) is None), "both ways alike"
    return (found.outcome, float(found.score)) if found else None


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("深圳市星河智能科技有限公司", "星河智能科技（深圳）有限公司", (BLOCK, 0.90)),
        ("杭州云杉网络科技股份有限公司", "杭州云杉网络技术有限公司", (WARN, 0.60)),
        ("北京云杉网络科技有限公司", "杭州云杉网络科技有限公司", (WARN, 0.70)),
        ("云杉网络科技有限公司", "杭州云杉网络科技有限公司", (WARN, 0.80)),
        ("华为技术有限公司", "华为终端有限公司", None),
        ("北京银行", "上海银行", None),
        ("上海博远机械设备有限公司", "上海博远机械设备有限公司北京分公司", (LINK, 0.0)),
        ("上海博远机械设备有限公司广州分公司", "上海博远机械设备有限公司北京分公司", None),
        ("上海博远机械设备有限公司北京分公司", "上海市博远机械设备有限公司（北京分公司）", (BLOCK, 0.90)),
        ("Acme Trading Co., Ltd.", "ACME Trading Limited", (BLOCK, 0.90)),
        ("上海博远精密机械有限公司", "上海博源精密机械有限公司", (WARN, 0.60)),
        ("张伟", "张伟", None),
        ("", "", None),
    ],
)
def test_names(one, other, expected):
    assert verdict(one, other) == expected


@pytest.mark.parametrize(
    ("one", "other", "attended", "elsewhere"),
    [
        ({"uscc": USCC_A.lower()}, {"uscc": USCC_A}, (BLOCK, 1.0), (BLOCK, 1.0)),
        ({"uscc": "91350100M000100Y4Z"}, {"uscc": "91350100M000100Y4Z"}, None, None),
        ({"phones": ["＋８６ 138-1234-5678"]}, {"phones": ["0086 13812345678"]}, (BLOCK, 0.95), (WARN, 0.95)),
        ({"phones": ["13812345678 转 8"]}, {"phones": ["13812345678"]}, (BLOCK, 0.95), (WARN, 0.95)),
        ({"phones": ["400 800 1234"]}, {"phones": ["4008001234"]}, None, None),
        ({"phones": ["12812345678"]}, {"phones": ["12812345678"]}, None, None),
        ({"phones": ["010-8888 6666"]}, {"phones": ["(010)88886666"]}, None, None),
        ({"emails": [" Li@Star.CN "]}, {"emails": ["li@star.cn"]}, (BLOCK, 0.95), (WARN, 0.95)),
        ({"emails": ["a@star.cn"]}, {"emails": ["b@star.cn"]}, None, None),
    ],
)
def test_numbers_and_addresses(one, other, attended, elsewhere):
    assert verdict(one, other) == attended
    assert verdict(one, other, attended=False) == elsewhere


def test_a_shared_landline_or_mail_domain_supports_a_name():
    near = {"name": "杭州云杉网络科技有限公司", "phones": ["0571-88001234"], "emails": ["a@yunshan.cn"]}
    far = {"name": "杭州云杉网络技术有限公司"}
    assert verdict(near, far | {"phones": ["057188001234"]}) == (WARN, 0.80)
    assert verdict(near, far | {"emails": ["b@yunshan.cn"]}) == (WARN, 0.80)
    assert verdict(near, far | {"emails": ["b@yunshan.cn"], "phones": ["057188001234"]}) == (WARN, 0.80)
    free = near | {"emails": ["a@qq.com"], "phones": []}
    assert verdict(free, far | {"emails": ["b@qq.com"]}) == (WARN, 0.60)
    same = {"name": "云杉网络科技有限公司", "emails": ["c@yunshan.cn"]}
    assert verdict(near, same) == (WARN, 1.0), "a higher score does not turn a warning into a refusal"


def test_the_strongest_reason_comes_first():
    one = keys_of(name="杭州云杉网络科技有限公司", uscc=USCC_A, phones=["13812345678"])
    assert compare(one, one).reasons == ("uscc", "phone", "name") and compare(one, one).score == Decimal(1)


@pytest.mark.parametrize(
    "values",
    [
        {"name": "上海博远机械设备有限公司北京分公司", "uscc": USCC_A},
        {"name": "Acme Trading Ltd", "phones": ["010-8888 6666 转 801", "13812345678", "+44 20 7946 0958"]},
        {"name": "张伟", "phones": ["400 800 1234"], "emails": ["A@star.cn", "b@qq.com"]},
    ],
)
def test_what_is_stored_gives_the_same_keys_as_what_was_typed(values):
    keys = keys_of(**values)
    phones = [match_keys({"phone": phone})["phone_key"] for phone in values.get("phones", ())]
    emails = [email.lower() for email in values.get("emails", ())]
    stored = {"core": keys.core, "region": keys.region, "uscc": keys.uscc}
    assert stored_keys(name=values["name"], phones=phones, emails=emails, **stored) == keys


def test_a_confirmation_holds_for_these_keys_only():
    one, other = keys_of(name="甲乙丙丁"), keys_of(name="甲乙丙戊")
    assert one.token == keys_of(name="甲乙丙丁").token != other.token
    assert keys_of(phones=["13812345678"], emails=["a@b.cn"]).locks == [
        "email:a@b.cn",
        "phone:+8613812345678",
    ]


NAMES = st.text("云杉网络科技星河智能上海博远精密机械设备", min_size=4, max_size=10)


@given(NAMES, st.integers(0, 9), st.sampled_from("云杉网络甲"))
def test_one_mistyped_character_leaves_a_mark_in_common(name, place, character):
    place %= len(name)
    mistyped = name[:place] + character + name[place + 1 :]
    assert set(name_marks(name)) & set(name_marks(mistyped))


@given(NAMES, NAMES)
def test_likeness_has_no_direction(one, other):
    assert is_similar(one, other) == is_similar(other, one)
    assert is_similar(one, one)


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_typed_gives_keys(one, other):
    keys = keys_of(name=one, uscc=other, phones=[one, other], emails=[one, other])
    assert compare(keys, keys) is None or compare(keys, keys).outcome in (BLOCK, WARN)
    assert len(keys.core) >= 4 or matching.name_marks(keys.core) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("星河智能装备", "星河智慧装备"),
        ("星河智能装备", "星河智能科技"),
        ("星合智能装备", "星河智能装备"),
        ("acme trading", "acme tradings"),
    ],
)
def test_narrow_marks_lose_nothing_of_what_marks_and_ends_find(one, other):
    alike = one[-2:] == other[-2:] or one[:3] == other[:3]
    assert bool(set(name_marks(one)) & set(name_marks(other)) and alike) == bool(
        set(narrow_marks(one)) & set(narrow_marks(other))
    )
