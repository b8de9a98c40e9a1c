"""Dated notes in one cell, taken apart."""

from datetime import date, time

import pytest

from accounts.rules.history import Note, split_history

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (
            "2026-06-11 电话沟通，要样本\n2026/6/15 14:30 上门拜访，看了产线；6月20日：微信发了报价",
            [
                Note("电话沟通，要样本", date(2026, 6, 11), None, "call"),
                Note("上门拜访，看了产线", date(2026, 6, 15), time(14, 30), "visit"),
                Note("微信发了报价", date(2026, 6, 20), None, "wechat"),
            ],
        ),
        ("【2025.3.4】客户考虑中", [Note("客户考虑中", date(2025, 3, 4))]),
        ("12-20 去年年底的事", [Note("去年年底的事", date(2025, 12, 20))]),
        ("老客户介绍\n6/11 已签约", [Note("老客户介绍"), Note("已签约", date(2026, 6, 11))]),
        ("报价 6.5 万，预算 7.2万", [Note("报价 6.5 万，预算 7.2万")]),
        ("6.5万的预算", [Note("6.5万的预算")]),
        ("2026-06-11 说 2026-12-01 再联系", [Note("说 2026-12-01 再联系", date(2026, 6, 11))]),
        ("2027-01-05 再联系", [Note("2027-01-05 再联系")]),
        ("2026-02-30 没有这一天", [Note("2026-02-30 没有这一天")]),
        ("  ", []),
    ],
)
def test_a_cell_is_taken_apart_by_its_dates(cell, expected):
    assert split_history(cell, TODAY) == expected
