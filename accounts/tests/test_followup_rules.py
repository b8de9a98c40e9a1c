"""The pure rules of follow-ups: what counts, when it is due, what a pasted chat says, who is mentioned."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.rules import chat, due, followup, mentions
from crm.records.rules.calendar import HOLIDAY, MAKEUP, Calendar, DatedException, parse_hours

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURS = parse_hours("09:00-12:00, 13:00-18:00")
CALENDAR = Calendar(
    weekly=dict.fromkeys(range(5), HOURS),
    exceptions={
        date(2026, 9, 20): DatedException(MAKEUP),
        **{date(2026, 9, day): DatedException(HOLIDAY) for day in (25, 26, 27)},
        **{date(2026, 10, day): DatedException(HOLIDAY) for day in range(1, 8)},
        date(2026, 10, 10): DatedException(MAKEUP),
    },
)


def at(*parts):
    return datetime(*parts, tzinfo=SHANGHAI)


class TestValidFollowUp:
    @pytest.mark.parametrize("text", ["已电话沟通", "Sent the offer", "报价 12 万", "a b c d"])
    def test_content_of_its_own_counts(self, text):
        assert followup.is_valid(text)

    @pytest.mark.parametrize("text", ["", "ok", "已联系", "。。。。。", "1111", "a  b", "哈哈哈哈哈"])
    def test_too_little_does_not(self, text):
        assert not followup.is_valid(text)

    def test_repeating_the_last_one_does_not(self):
        assert not followup.is_valid("已 电话 沟通。", "已电话沟通")
        assert followup.is_valid("已电话沟通，下周报价", "已电话沟通")

    def test_a_file_or_a_call_counts(self):
        assert followup.is_valid("", has_file=True)
        assert followup.is_valid("", call_id="c-1")

    @given(st.text())
    def test_no_text_counts_twice_in_a_row(self, text):
        assert not followup.is_valid(text, text)


class TestNeglect:
    @pytest.mark.parametrize(
        ("grade", "days"), [("A", 14), ("B", 30), ("C", 60), ("D", 90), (None, 90), ("", 90)]
    )
    def test_cadence(self, grade, days):
        assert followup.cadence_days(grade) == days


class TestDue:
    def test_a_date_is_late_when_the_day_is_over(self):
        day = due.at_day(date(2026, 6, 15), SHANGHAI)
        assert not due.is_overdue(day, True, at(2026, 6, 15, 23, 59), SHANGHAI)
        assert due.is_overdue(day, True, at(2026, 6, 16, 0, 0), SHANGHAI)

    def test_a_time_is_late_when_it_has_passed(self):
        assert due.is_overdue(at(2026, 6, 15, 14), False, at(2026, 6, 15, 14, 1), SHANGHAI)

    def test_half_an_hour_before_a_time(self):
        found = due.occasions(at(2026, 9, 16, 14), False, at(2026, 9, 15, 9), CALENDAR)
        assert found.due == at(2026, 9, 16, 13, 30)

    def test_less_than_half_an_hour_ahead_at_the_time_itself(self):
        assert due.occasions(at(2026, 9, 16, 14), False, at(2026, 9, 16, 13, 45), CALENDAR).due == at(
            2026, 9, 16, 14
        )

    def test_nine_oclock_on_a_date(self):
        found = due.occasions(due.at_day(date(2026, 9, 16), SHANGHAI), True, at(2026, 9, 15, 9), CALENDAR)
        assert found.due == at(2026, 9, 16, 9)

    def test_again_one_working_day_later_also_over_make_up_days_and_holidays(self):
        friday = due.at_day(date(2026, 9, 18), SHANGHAI)
        assert due.occasions(friday, True, at(2026, 9, 1), CALENDAR).overdue == at(2026, 9, 20, 9)
        eve = due.at_day(date(2026, 9, 30), SHANGHAI)
        assert due.occasions(eve, True, at(2026, 9, 1), CALENDAR).overdue == at(2026, 10, 8, 9)

    def test_moments_behind_us_are_not_made_up_for(self):
        found = due.occasions(due.at_day(date(2026, 9, 16), SHANGHAI), True, at(2026, 11, 1), CALENDAR)
        assert (found.due, found.overdue) == (None, None)

    def test_putting_off(self):
        now = at(2026, 6, 11, 10)  # a Thursday
        assert due.put_off("today", now) == at(2026, 6, 11, 15)
        assert due.put_off("tomorrow", now) == at(2026, 6, 12, 9)
        assert due.put_off("monday", now) == at(2026, 6, 15, 9)
        assert due.put_off("today", at(2026, 6, 11, 16, 10)) == at(2026, 6, 11, 17, 30)
        with pytest.raises(ValueError, match="x"):
            due.put_off("x", now)

    def test_putting_off_leaves_out_the_days_nobody_works(self):
        eve = at(2026, 9, 30, 10)  # before the week of the national holiday
        assert due.later(eve, CALENDAR) == [("today", at(2026, 9, 30, 15)), ("monday", at(2026, 10, 8, 9))]
        saturday = at(2026, 9, 19, 10)  # a Saturday before a Sunday that is worked
        assert due.put_off("tomorrow", saturday, CALENDAR) == at(2026, 9, 20, 9)

    def test_the_manager_hears_of_it_on_the_third_working_day(self):
        friday = due.at_day(date(2026, 9, 18), SHANGHAI)  # Sunday the 20th is worked
        assert due.occasions(friday, True, at(2026, 9, 1), CALENDAR).manager == at(2026, 9, 22, 9)
        eve = due.at_day(date(2026, 9, 30), SHANGHAI)
        assert due.occasions(eve, True, at(2026, 9, 1), CALENDAR).manager == at(2026, 10, 10, 9)
        assert due.occasions(eve, True, at(2026, 10, 11), CALENDAR).manager is None


class TestChat:
    def test_desktop_shape(self):
        pasted = "王工 2026/6/10 17:42\n节拍能到 0.8 秒吗？\n\n林晓雯 17:50\n可以，周四给实测数据"
        assert (
            chat.readable(pasted)
            == "王工 2026/6/10 17:42：节拍能到 0.8 秒吗？\n林晓雯 17:50：可以，周四给实测数据"
        )

    def test_phone_shape(self):
        pasted = "周海:\n维保备件能不能放一套？\n林晓雯:\n我问一下仓库\n第二行"
        assert [m.text for m in chat.parse(pasted)] == ["维保备件能不能放一套？", "我问一下仓库\n第二行"]

    def test_one_line_shape(self):
        assert chat.readable("李工: IQ/OQ 文件由谁出？\n我: 我方出") == "李工：IQ/OQ 文件由谁出？\n我：我方出"

    @pytest.mark.parametrize(
        "text", ["", "今天去了现场。\n地址：北仑区 388 号", "见 https://example.com 的说明", "一句话"]
    )
    def test_other_text_stays(self, text):
        assert chat.readable(text) == text

    @given(st.text())
    def test_never_fails(self, text):
        assert isinstance(chat.readable(text), str)


class TestMentions:
    PEOPLE = [(1, "林晓雯", "sales1"), (2, "林晓", "sales2"), (3, "Erik Halden", "erik"), (4, "Eri", "eri")]

    def test_longest_name_wins(self):
        assert list(mentions.mentioned("@林晓雯 请看", self.PEOPLE)) == [1]
        assert list(mentions.mentioned("请 @林晓看一下 @erik halden", self.PEOPLE)) == [2, 3]

    def test_user_names_and_full_width_marks(self):
        assert list(mentions.mentioned("＠SALES2, @erik", self.PEOPLE)) == [2, 3]

    def test_addresses_and_longer_words_are_none(self):
        assert mentions.mentioned("a@erik.com and @eriksson", self.PEOPLE) == {}

    def test_the_pieces_of_a_text(self):
        text = "请 @林晓雯看, a@erik.com, ＠ERIK"
        assert mentions.pieces(text, ["林晓雯", "erik"]) == [
            ("请 ", False),
            ("@林晓雯", True),
            ("看, a@erik.com, ", False),
            ("＠ERIK", True),
        ]
        assert mentions.pieces(text, []) == [(text, False)]


def test_nine_oclock_is_when_a_day_begins():
    assert due.DAY_BEGINS.hour == 9
