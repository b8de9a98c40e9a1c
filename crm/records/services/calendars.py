"""Business calendars: working hours, holidays and make-up days, one by one or a year at a time."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date

from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook

from crm.core.writes import RuleBroken, lock
from crm.events.actor import Actor, system
from crm.events.models import Event
from crm.events.recording import record_event
from crm.records.events import CALENDAR_DAYS_IMPORTED, CALENDAR_UPDATED, CALENDAR_YEAR_MISSING
from crm.records.models import BusinessCalendar, CalendarDay, CalendarWeekday
from crm.records.queries import missing_years
from crm.records.rules.calendar import HOLIDAY, MAKEUP, CalendarError, parse_hours, write_hours
from crm.records.rules.calendar_file import DayRow, RowError, read_rows

MAX_FILE_BYTES = 1024 * 1024


def _hours(text: str) -> str:
    try:
        return write_hours(parse_hours(text))
    except CalendarError as error:
        raise RuleBroken(
            _("Write hours as 09:00-12:00, 13:00-18:00."), code="hours", field="hours"
        ) from error


@transaction.atomic
def set_weekdays(calendar: BusinessCalendar, hours: Mapping[int, str], *, actor: Actor) -> BusinessCalendar:
    """Set the working hours of all weekdays (0 = Monday); weekdays with empty hours are not worked."""
    calendar = lock(calendar)
    wanted = {weekday: _hours(text) for weekday, text in hours.items() if text.strip()}
    if not wanted:
        raise RuleBroken(_("At least one weekday has to be worked."), code="no_weekday")
    before = {str(row.weekday): row.hours for row in calendar.weekdays.all()}
    CalendarWeekday.objects.filter(calendar=calendar).exclude(weekday__in=wanted).delete()
    for weekday, text in wanted.items():
        CalendarWeekday.objects.update_or_create(calendar=calendar, weekday=weekday, defaults={"hours": text})
    after = {str(weekday): text for weekday, text in sorted(wanted.items())}
    if before != after:
        record_event(CALENDAR_UPDATED, calendar, actor=actor, changes={"hours": [before, after]})
    return calendar


@transaction.atomic
def set_day(
    calendar: BusinessCalendar,
    day: date,
    *,
    kind: str,
    name: str = "",
    name_en: str = "",
    hours: str = "",
    actor: Actor,
) -> CalendarDay:
    """Make one date a holiday or a make-up day, whatever it was before."""
    calendar = lock(calendar)
    if kind not in (HOLIDAY, MAKEUP):
        raise RuleBroken(_("A day is either a holiday or a make-up day."), code="kind", field="kind")
    values = {
        "kind": kind,
        "name": name,
        "name_en": name_en,
        "hours": _hours(hours) if kind == MAKEUP else "",
    }
    row, _created = CalendarDay.objects.update_or_create(calendar=calendar, date=day, defaults=values)
    record_event(CALENDAR_UPDATED, calendar, actor=actor, payload={"date": day.isoformat(), **values})
    return row


@transaction.atomic
def remove_day(calendar: BusinessCalendar, day: date, *, actor: Actor) -> None:
    """Let a date follow its weekday again."""
    calendar = lock(calendar)
    removed, _models = CalendarDay.objects.filter(calendar=calendar, date=day).delete()
    if removed:
        record_event(CALENDAR_UPDATED, calendar, actor=actor, payload={"date": day.isoformat(), "kind": ""})


@transaction.atomic
def import_days(calendar: BusinessCalendar, rows: Iterable[DayRow], *, actor: Actor) -> int:
    """Replace the exceptions of every year the rows lie in; returns how many days there are now for these years."""
    calendar = lock(calendar)
    days = list(rows)
    years = {row.date.year for row in days}
    CalendarDay.objects.filter(calendar=calendar, date__year__in=years).delete()
    CalendarDay.objects.bulk_create(
        [
            CalendarDay(
                calendar=calendar,
                date=row.date,
                kind=row.kind,
                name=row.name,
                name_en=row.name_en,
                hours=row.hours,
            )
            for row in days
        ]
    )
    holidays = sum(row.kind == HOLIDAY for row in days)
    record_event(
        CALENDAR_DAYS_IMPORTED,
        calendar,
        actor=actor,
        payload={"years": sorted(years), "holidays": holidays, "makeups": len(days) - holidays},
    )
    return len(days)


def read_days(file: File, name: str) -> list[DayRow]:
    """Days from a CSV or Excel table with the columns from, to, kind, name; RuleBroken says which line is wrong."""
    content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise RuleBroken(_("A list of holidays is smaller than 1 MB."), code="large", field="file")
    try:
        return read_rows(_table(content, name))
    except RowError as error:
        raise RuleBroken(_explain(error), code=error.code, field="file") from error


def _table(content: bytes, name: str) -> list[list[object]]:
    if name.lower().endswith((".csv", ".txt")):
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                return [list(row) for row in csv.reader(io.StringIO(content.decode(encoding)))]
            except (UnicodeDecodeError, csv.Error):
                continue
        raise RuleBroken(_("This file is not a table of text."), code="unreadable", field="file")
    try:
        return [
            list(row)
            for row in CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
        ]
    except (CalamineError, ValueError, IndexError, OSError) as error:
        raise RuleBroken(
            _("This file is not a workbook we can read."), code="unreadable", field="file"
        ) from error


def _explain(error: RowError) -> str:
    values = {"line": error.line, "column": error.column}
    texts = {
        "empty": _("The table has no days."),
        "column_missing": _("The column “%(column)s” is missing."),
        "twice": _("Line %(line)s: this date occurs twice."),
        "span": _("Line %(line)s: the last day has to follow the first within a month."),
        "kind": _("Line %(line)s: the kind is either holiday or makeup."),
        "hours": _("Line %(line)s: write hours as 09:00-12:00, 13:00-18:00."),
        "date": _("Line %(line)s: write dates as 2026-10-01."),
    }
    return texts[error.code] % values


@transaction.atomic
def report_missing_years(today: date | None = None) -> int:
    """Record an event for every calendar year without holidays, once per year; administrators are told through it."""
    reported = 0
    for missing in missing_years(today):
        calendar = lock(missing.calendar)
        known = Event._base_manager.filter(
            name=CALENDAR_YEAR_MISSING.name,
            subject_type=BusinessCalendar._meta.label_lower,
            subject_id=str(calendar.pk),
            payload__year=missing.year,
        )
        if not known.exists():
            record_event(
                CALENDAR_YEAR_MISSING,
                calendar,
                actor=system("calendar"),
                payload={"year": missing.year, "calendar": calendar.name},
            )
            reported += 1
    return reported
