"""Credit codes, e-mail addresses and amounts."""

from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from crm.core.amounts import AmountError, parse_amount
from crm.core.email import EmailError, company_domain, mask_email, normalise_email
from crm.core.uscc import ALPHABET, UsccError, check_character, normalise_uscc, region_code, weighted_sum


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def test_the_example_of_the_standard():
    assert weighted_sum("91350100M000100Y4") == 1640
    assert check_character("91350100M000100Y4") == "3"
    assert normalise_uscc(" 91350100-m000100y4３ ") == "91350100M000100Y43"
    assert region_code("91350100M000100Y43") == "350100"


@pytest.mark.parametrize(
    ("written", "code"),
    [("91350100M000100Y4Z", "characters"), ("91350100M000100Y44", "check"), ("91350100M000100Y4", "length")],
)
def test_a_wrong_code_is_explained(written, code):
    with pytest.raises(UsccError) as error:
        normalise_uscc(written)
    assert error.value.code == code
    assert error.value.message


@given(st.text(alphabet=ALPHABET, min_size=17, max_size=17), st.integers(0, 16), st.sampled_from(ALPHABET))
def test_one_mistyped_character_is_always_noticed(first, place, other):
    code = first + check_character(first)
    assert normalise_uscc(code) == code
    wrong = code[:place] + other + code[place + 1 :]
    if wrong != code:
        with pytest.raises(UsccError):
            normalise_uscc(wrong)


def test_addresses():
    assert normalise_email(" Li.Na@Example.COM ") == "li.na@example.com"
    assert normalise_email("李娜 <li@example.com>") == "li@example.com"
    assert mask_email("anna@x.com") == "a***@x.com"
    assert company_domain("a@yunshan.cn") == "yunshan.cn"
    assert company_domain("a@qq.com") == ""


@pytest.mark.parametrize(
    ("written", "code"),
    [("", "empty"), ("a.b.com", "at"), ("a@@b.com", "at"), ("a@b", "invalid"), (".a@b.com", "invalid")],
)
def test_addresses_that_cannot_receive_mail(written, code):
    with pytest.raises(EmailError) as error:
        normalise_email(written)
    assert error.value.code == code and error.value.message


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("48万", "480000"),
        ("¥1,180,000.00", "1180000"),
        ("￥１２，０００", "12000"),
        ("二十万", "200000"),
        ("一亿二千万", "120000000"),
        ("壹拾万零伍佰元整", "100500"),
        ("1.2亿", "120000000"),
        ("RMB 5000", "5000"),
        ("5,000 元", "5000"),
        ("(500)", "-500"),
        ("\u2212500", "-500"),
        ("1.2M", "1200000"),
        ("480k", "480000"),
        (480000, "480000"),
        (1.5, "1.5"),
    ],
)
def test_amounts_as_people_type_them(written, amount):
    assert parse_amount(written) == Decimal(amount)


@pytest.mark.parametrize("written", ["", "abc", "12万5", "nan", "1,2", "--5", None, True, "9e99"])
def test_texts_that_are_no_amount(written):
    with pytest.raises(AmountError) as error:
        parse_amount(written)
    assert error.value.message


@given(st.decimals(-(10**12), 10**12, places=2))
def test_written_amounts_are_read_back(amount):
    assert parse_amount(f"¥{abs(amount):,}") == abs(amount)
    assert parse_amount(f"{amount:,}") == amount
