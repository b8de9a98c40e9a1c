from datetime import date, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from accounts.rules import next_dates
from accounts.rules.derive import derive
from crm.records.rules.calendar import is_workday
from crm.records.tests.test_calendar_rules import COMPANY


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def test_chips_before_a_holiday_move_behind_it_and_say_why():
    chips = {chip.key: chip for chip in next_dates.suggestions(COMPANY, date(2026, 9, 30))}
    tomorrow = chips["tomorrow"]
    assert tomorrow.date == date(2026, 10, 8)
    assert tomorrow.reason == "Oct 1 is National Day, moved to Oct 8"
    assert chips["in_two_weeks"].date == date(2026, 10, 14)
    assert not chips["in_two_weeks"].is_moved and chips["in_two_weeks"].reason == ""
    assert tomorrow.text(date(2026, 9, 30)) == "Next working day Thu, Oct 8"


def test_on_friday_tomorrow_gives_way_to_next_monday():
    keys = [chip.key for chip in next_dates.suggestions(COMPANY, date(2026, 6, 12))]
    assert "next_monday" in keys and "tomorrow" not in keys


def test_three_working_days_are_counted_over_make_up_days_and_holidays():
    def third(today):
        return next(c for c in next_dates.suggestions(COMPANY, today) if c.key == "in_three_days")

    assert third(date(2026, 6, 11)).text(date(2026, 6, 11)) == "In 3 working days Tue, Jun 16"
    assert third(date(2026, 9, 16)).date == date(2026, 9, 20)  # Thursday, Friday, the Sunday that is worked
    assert third(date(2026, 9, 29)).date == date(
        2026, 10, 9
    )  # the 30th, then after the holiday the 8th and 9th


def test_chips_say_the_day_where_the_words_leave_it_open():
    today = date(2026, 6, 10)
    texts = [chip.text(today) for chip in next_dates.suggestions(COMPANY, today)]
    assert texts[:2] == ["Tomorrow", "Next Monday Jun 15"]  # three working days on is that Monday, too


def test_a_make_up_day_is_a_day_like_any_other():
    moved = next_dates.on_working_day(COMPANY, date(2026, 9, 20))
    assert not moved.is_moved


def test_a_weekend_says_so():
    moved = next_dates.on_working_day(COMPANY, date(2026, 6, 13))
    assert moved.reason == "Jun 13 is not a working day, moved to Jun 15"


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_chips_are_working_days_in_order_and_in_the_future(today):
    chips = next_dates.suggestions(COMPANY, today)
    assert [chip.date for chip in chips] == sorted({chip.date for chip in chips})
    assert all(chip.date > today and is_workday(COMPANY, chip.date) and chip.label for chip in chips)
    assert chips[-1].date <= today + timedelta(days=45)


def test_region_from_the_name_the_code_or_the_area_code():
    assert derive(name="深圳市星河智能科技有限公司").get("region") == "440300"
    by_code = derive(name="星河智能科技有限公司", uscc="91350100M000100Y43").values["region"]
    assert (by_code.value, by_code.source) == ("350100", "uscc")
    by_area = derive(name="星河智能科技有限公司", phone="0755-26001234").values["region"]
    assert (by_area.value, by_area.explanation) == ("440300", "From the area code")
    assert derive(name="广东星河智能科技有限公司", phone="0755-26001234").get("region") == "440300"
    assert derive(name="上海星河智能科技有限公司", phone="0755-26001234").get("region") == "310000"


def test_a_branch_looks_for_its_parent_and_lies_where_it_says():
    found = derive(name="上海博远机械设备有限公司北京分公司")
    assert found.seeks_parent and found.core == "博远机械设备"
    assert found.get("region") == "110000"


def test_kind_and_website():
    assert derive(name="张伟").get("kind") == "person"
    assert derive(name="云杉网络").get("kind") == "company"
    assert derive(name="云杉网络", email="li@mail.yunshan.cn").get("website") == "https://yunshan.cn"
    assert derive(name="云杉网络", email="li@qq.com").get("website") == ""
    assert derive(name="", uscc="nonsense", phone="1", email="@").values == {}
