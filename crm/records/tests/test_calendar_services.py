import io
from datetime import date
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.utils import translation
from openpyxl import Workbook

from crm.core.writes import RuleBroken
from crm.events.models import Event
from crm.identity.tests.factories import SYSTEM
from crm.records import queries, services
from crm.records.models import BusinessCalendar
from crm.records.rules import calendar as rules
from crm.records.rules.calendar_file import DayRow
from crm.records.tests.test_calendar_rules import COMPANY

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def calendar():
    return BusinessCalendar.objects.get(is_default=True)


def file(text, encoding="utf-8"):
    return ContentFile(text.encode(encoding))


def test_the_seeded_calendar_is_the_official_one(django_assert_num_queries):
    with django_assert_num_queries(1):
        seeded = queries.business_calendar()
    assert seeded.exceptions == COMPANY.exceptions
    assert dict(seeded.weekly) == dict(COMPANY.weekly)
    assert seeded.time_zone == "Asia/Shanghai"


def test_a_missing_year_is_reported_once(calendar):
    assert queries.missing_years(date(2026, 11, 1)) == []
    assert [missing.year for missing in queries.missing_years(date(2026, 11, 22))] == [2027]
    assert services.report_missing_years(date(2026, 11, 22)) == 1
    assert services.report_missing_years(date(2026, 11, 23)) == 0
    assert Event._base_manager.get(name="calendar.year_missing").payload["year"] == 2027


def test_the_next_year_is_entered_from_a_chinese_table_in_any_encoding(calendar):
    table = "日期,结束,类型,名称\n2027年1月1日,2027/1/3,放假,元旦\n20270104,,补班,\n"
    rows = services.read_days(file(table, "gb18030"), "2027.csv")
    assert services.import_days(calendar, rows, actor=SYSTEM) == 4
    changed = queries.business_calendar()
    assert changed.covers(2027) and changed.covers(2026)
    assert not rules.is_workday(changed, date(2027, 1, 1))
    assert queries.missing_years(date(2026, 12, 31)) == []
    services.import_days(calendar, [DayRow(date(2027, 1, 1), "holiday", "元旦")], actor=SYSTEM)
    assert calendar.days.filter(date__year=2027).count() == 1


def test_the_table_may_be_a_workbook(calendar):
    book = Workbook()
    for row in (["from", "to", "kind", "name"], [date(2027, 5, 1), date(2027, 5, 5), "holiday", "劳动节"]):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    rows = services.read_days(ContentFile(content.getvalue()), "2027.XLSX")
    assert len(rows) == 5 and rows[0].name == "劳动节"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "The table has no days."),
        ("from,kind\n", "The table has no days."),
        ("from,name\n2027-01-01,x", "The column “kind” is missing."),
        ("from,kind\n2027-13-01,holiday", "Line 2: write dates as 2026-10-01."),
        ("from,kind\nsoon,holiday", "Line 2: write dates as 2026-10-01."),
        ("from,kind\n2027-01-01,maybe", "Line 2: the kind is either holiday or makeup."),
        ("from,kind\n2027-01-01,holiday\n2027-01-01,makeup", "Line 3: this date occurs twice."),
        (
            "from,to,kind\n2027-01-03,2027-01-01,holiday",
            "Line 2: the last day has to follow the first within a month.",
        ),
        ("from,kind,hours\n2027-01-03,makeup,late", "Line 2: write hours as 09:00-12:00, 13:00-18:00."),
    ],
)
def test_a_wrong_table_says_where(table, message):
    with pytest.raises(RuleBroken) as error:
        services.read_days(file(table), "days.csv")
    assert str(error.value) == message


def test_a_file_that_is_no_workbook():
    with pytest.raises(RuleBroken, match="not a workbook"):
        services.read_days(ContentFile(b"PK\x03\x04nonsense"), "days.xlsx")
    with pytest.raises(RuleBroken, match="1 MB"):
        services.read_days(ContentFile(b"x" * (1024 * 1024 + 1)), "days.csv")


def test_the_command(tmp_path, capsys):
    path = tmp_path / "2027.csv"
    path.write_text("from,kind,name\n2027-01-01,holiday,元旦\n", encoding="utf-8")
    call_command("import_calendar", str(path))
    assert "1 days entered" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no calendar"):
        call_command("import_calendar", str(path), calendar="nowhere")


def test_hours_and_single_days_can_be_changed(calendar):
    services.set_weekdays(calendar, {0: "10-16", 1: "", 5: "9:00-12:00"}, actor=SYSTEM)
    services.set_day(calendar, date(2026, 11, 23), kind="holiday", name="公司日", actor=SYSTEM)
    changed = queries.business_calendar()
    assert set(changed.weekly) == {0, 5}
    assert not rules.is_workday(changed, date(2026, 11, 23))
    services.remove_day(calendar, date(2026, 11, 23), actor=SYSTEM)
    assert rules.is_workday(queries.business_calendar(), date(2026, 11, 23))
    with pytest.raises(RuleBroken):
        services.set_weekdays(calendar, {0: ""}, actor=SYSTEM)
    with pytest.raises(RuleBroken):
        services.set_weekdays(calendar, {0: "soon"}, actor=SYSTEM)


def test_rates_hold_from_their_date_on():
    services.set_rate("USD", date(2026, 1, 1), Decimal("7.0"), actor=SYSTEM)
    services.set_rate("usd", date(2026, 6, 1), Decimal("7.2"), actor=SYSTEM)
    assert queries.rate_on("USD", date(2025, 12, 31)) is None
    assert queries.rate_on("USD", date(2026, 5, 31)) == 7
    assert queries.rate_on("USD", date(2026, 6, 1)) == Decimal("7.2")
    assert queries.rate_on("CNY", date(2026, 1, 1)) == 1
    with pytest.raises(RuleBroken):
        services.set_rate("CNY", date(2026, 1, 1), Decimal(1), actor=SYSTEM)
    with pytest.raises(RuleBroken):
        services.set_rate("USD", date(2026, 1, 1), Decimal(0), actor=SYSTEM)
