import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from crm.core.phone import PhoneError, format_phone, mask_phone, normalise_phone, parse_phone, search_forms


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("＋８６ 138-1234-5678", "+8613812345678"),
        ("0086 13812345678", "+8613812345678"),
        ("86-13812345678", "+8613812345678"),
        ("13812345678.0", "+8613812345678"),
        ("1.3812345678E+10", "+8613812345678"),
        ("\u200b138 1234 5678\u202c", "+8613812345678"),
        ("010-8888 6666 转 801", "+861088886666 ext 801"),
        ("010-88886666-801", "+861088886666 ext 801"),
        ("+86 10 8888 6666 ext. 801", "+861088886666 ext 801"),
        ("(0755)26001234", "+8675526001234"),
        ("0573-8266123", "+865738266123"),
        ("400-123-4567", "+864001234567"),
        ("+1 (415) 555-0100", "+14155550100"),
        ("0044 20 7946 0958", "+442079460958"),
    ],
)
def test_many_spellings_have_one_stored_form(written, stored):
    assert normalise_phone(written) == stored
    assert normalise_phone(stored) == stored


@pytest.mark.parametrize(
    ("written", "code", "count"),
    [
        ("88886666", "area_code", 0),
        ("12812345678", "prefix", 0),
        ("1381234567", "short", 1),
        ("138123456", "short", 2),
        ("138123456789", "long", 1),
        ("1.38E+10", "scientific", 0),
        ("010-888866", "landline_short", 1),
        ("010-888866667", "landline_long", 1),
        ("", "empty", 0),
        (None, "empty", 0),
        ("暂无", "characters", 0),
        ("1381234567O", "characters", 0),
        ("+0123", "unknown", 0),
    ],
)
def test_what_is_wrong_is_said(written, code, count):
    with pytest.raises(PhoneError) as error:
        parse_phone(written)
    assert (error.value.code, error.value.count) == (code, count)


def test_messages_count_the_missing_digits():
    with pytest.raises(PhoneError) as error:
        parse_phone("1381234567")
    assert error.value.message == "One digit short. Mobile numbers have 11."


def test_service_numbers_are_no_match_key():
    assert not parse_phone("400 123 4567").is_match_key
    assert parse_phone("13812345678").is_match_key


@pytest.mark.parametrize(
    ("stored", "shown", "masked"),
    [
        ("+8613805762218", "138 0576 2218", "138****2218"),
        ("+8675526001234", "0755 2600 1234", "0755****1234"),
        ("+861088886666 ext 801", "010 8888 6666 ext. 801", "010****6666"),
        ("+864001234567", "400 123 4567", "400****4567"),
        ("+14155550100", "+14155550100", "+14****0100"),
        ("", "", ""),
        ("see card", "see card", "****"),
    ],
)
def test_shown_and_masked(stored, shown, masked):
    assert format_phone(stored) == shown
    assert mask_phone(stored) == masked


def test_found_by_the_digits_people_dial():
    assert search_forms("+861088886666 ext 801") == ["01088886666"]
    assert search_forms("+8613805762218") == ["13805762218"]
    assert search_forms("") == []


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    try:
        phone = parse_phone(text)
    except PhoneError as error:
        assert error.message
    else:
        assert parse_phone(phone.stored) == phone
        assert parse_phone(format_phone(phone.stored)) == phone


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_a_mask_never_shows_the_middle(digits):
    assert mask_phone(digits) == f"{digits[:3]}****{digits[7:]}"
