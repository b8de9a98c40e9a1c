from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from crm.core import formats, money

TODAY = date(2026, 6, 12)


@pytest.fixture(autouse=True)
def _shanghai():
    with timezone.override("Asia/Shanghai"):
        yield


@pytest.fixture
def zh():
    with translation.override("zh-hans"):
        yield


@pytest.fixture
def en():
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("amount", "chinese", "english"),
    [
        ("480000", "¥48 万", "¥480K"),
        ("120000000", "¥1.2 亿", "¥120M"),
        ("12000000", "¥1,200 万", "¥12M"),
        ("1180000", "¥118 万", "¥1.2M"),
        ("9800", "¥9,800", "¥9,800"),
        ("99999999", "¥1 亿", "¥100M"),
        ("999999", "¥100 万", "¥1M"),
        ("-480000", "−¥48 万", "−¥480K"),
        ("0", "¥0", "¥0"),
    ],
)
def test_money_in_lists(amount, chinese, english):
    assert money.write_short(Decimal(amount), chinese=True) == chinese
    assert money.write_short(Decimal(amount), chinese=False) == english


def test_money_in_forms():
    assert money.write_full(Decimal("1180000")) == "¥1,180,000.00"
    assert money.write_full(Decimal("-3.005"), "USD") == "−US$3.01"
    assert money.write_full(Decimal("5"), "XAF") == "XAF 5.00"


def test_totals_convert_only_mixed_currencies():
    cny, usd = money.Money(Decimal("100.00")), money.Money(Decimal("10.00"), "USD")
    same = money.total([usd, usd], rate=lambda *_: Decimal(7))
    assert same == money.Total(money.Money(Decimal("20.00"), "USD"))
    mixed = money.total([cny, usd], rate=lambda *_: Decimal("7.1"))
    assert mixed == money.Total(money.Money(Decimal("171.00")), approximate=True)
    with pytest.raises(ValueError):
        cny + usd


def test_dates_in_chinese(zh):
    assert formats.day(date(2026, 6, 15), TODAY) == "6/15 周一"
    assert formats.day(date(2027, 3, 31), TODAY) == "2027-03-31"
    assert formats.relative_day(date(2026, 6, 11), TODAY) == "昨天"
    assert formats.relative_day(date(2026, 6, 15), TODAY) == "3 天后"
    assert formats.due_day(date(2026, 6, 10), TODAY) == "逾期 2 天"
    assert formats.change_points(5) == "+5 点"


def test_dates_in_english(en):
    assert formats.day(date(2026, 6, 15), TODAY) == "Mon, Jun 15"
    assert formats.day(date(2027, 3, 31), TODAY) == "Mar 31, 2027"
    assert formats.relative_day(date(2026, 6, 11), TODAY) == "Yesterday"
    assert formats.relative_day(date(2026, 6, 30), TODAY) == "Tue, Jun 30"
    assert formats.due_day(date(2026, 6, 11), TODAY) == "1 day overdue"
    assert formats.due_day(date(2026, 6, 10), TODAY) == "2 days overdue"
    assert formats.change_percent(0.086) == "+8.6%"
    assert formats.change_percent(-0.05) == "−5%"
    assert formats.change_points(5) == "+5 pts"
    assert formats.percent(None) == "–"


def test_moments_are_read_in_the_active_zone(en):
    late = datetime(2026, 6, 11, 17, 30, tzinfo=UTC)  # 01:30 on the 12th in Shanghai
    assert formats.moment(late, TODAY) == "Today 01:30"
    assert formats.due_moment(late, all_day=True, today=TODAY) == "Today"
    assert formats.ago(late, datetime(2026, 6, 11, 17, 35, tzinfo=UTC)) == "5 minutes ago"


def test_filters_keep_the_exact_value_in_the_title(en):
    template = Template(
        "{% load formats %}{{ amount|money }} {{ day|day }} {{ phone|phone }}{{ none|money }}"
    )
    shown = template.render(
        Context(
            {"amount": Decimal("480000"), "day": date(2027, 3, 31), "phone": "+8613805762218", "none": None}
        )
    )
    assert '<span title="¥480,000.00">¥480K</span>' in shown
    assert '<time datetime="2027-03-31" title="Wed, Mar 31, 2027">Mar 31, 2027</time>' in shown
    assert "138 0576 2218" in shown
