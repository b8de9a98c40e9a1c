"""Working time: which days are worked, and arithmetic in working days and business hours.

Weekly intervals, and dated exceptions that beat the weekday: holidays, and make-up days (调休上班) with hours.
Pure: a calendar is a value, moments are aware datetimes, nothing reads the clock.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HOLIDAY, MAKEUP = "holiday", "makeup"
MINUTES_A_DAY = 24 * 60
# A calendar without any working time would search for ever.
HORIZON_DAYS = 3660

_INTERVAL = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*[-–—~至到]\s*(\d{1,2})(?::(\d{2}))?")


class CalendarError(ValueError):
    """Hours that cannot be read, or a calendar in which nobody ever works."""


@dataclass(frozen=True, order=True)
class Interval:
    """Working time within one day, in minutes since local midnight; the end is not worked any more."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= MINUTES_A_DAY:
            raise CalendarError(f"{self.start}–{self.end} is no span within a day")


Hours = tuple[Interval, ...]


@dataclass(frozen=True)
class DatedException:
    """A dated exception: a holiday without hours, or a make-up day with its own or the usual hours."""

    kind: str
    hours: Hours = ()
    name: str = ""
    name_en: str = ""


@dataclass(frozen=True)
class Calendar:
    """When a company works: hours per weekday (0 = Monday), exceptions by date, and its time zone."""

    weekly: Mapping[int, Hours]
    exceptions: Mapping[date, DatedException] = field(default_factory=dict)
    time_zone: str = "Asia/Shanghai"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def usual_hours(self) -> Hours:
        """Hours of the first worked weekday: what a make-up day without own hours follows."""
        return next((self.weekly[day] for day in range(7) if self.weekly.get(day)), ())

    def hours_on(self, day: date) -> Hours:
        """Working intervals of a date; the exception beats the weekday."""
        exception = self.exceptions.get(day)
        if exception is None:
            return self.weekly.get(day.weekday(), ())
        if exception.kind == HOLIDAY:
            return ()
        return exception.hours or self.usual_hours

    def covers(self, year: int) -> bool:
        """Whether the official days of a year were entered."""
        return any(day.year == year for day in self.exceptions)

    def local_date(self, moment: datetime) -> date:
        """The date of a moment in the calendar's zone."""
        return moment.astimezone(self.zone).date()


def parse_hours(text: str) -> Hours:
    """Read ``09:00-12:00, 13:00-18:00``; intervals are sorted and must not overlap; empty means not worked."""
    rest = _INTERVAL.sub("", text)
    if re.sub(r"[\s,，;；、]", "", rest):
        raise CalendarError(text)
    found = []
    for start_hour, start_minute, end_hour, end_minute in _INTERVAL.findall(text):
        if int(start_minute or 0) > 59 or int(end_minute or 0) > 59:
            raise CalendarError(text)
        found.append(
            Interval(int(start_hour) * 60 + int(start_minute or 0), int(end_hour) * 60 + int(end_minute or 0))
        )
    hours = tuple(sorted(found))
    for earlier, later in itertools.pairwise(hours):
        if later.start < earlier.end:
            raise CalendarError(text)
    return hours


def write_hours(hours: Hours) -> str:
    """``09:00-12:00, 13:00-18:00``, the text parse_hours reads."""

    def clock(minutes: int) -> str:
        return f"{minutes // 60:02}:{minutes % 60:02}"

    return ", ".join(f"{clock(span.start)}-{clock(span.end)}" for span in hours)


def is_workday(calendar: Calendar, day: date) -> bool:
    """Whether anybody works on a date."""
    return bool(calendar.hours_on(day))


def workday_on_or_after(calendar: Calendar, day: date) -> date:
    """The date itself if it is worked, otherwise the next one that is."""
    for offset in range(HORIZON_DAYS):
        candidate = day + timedelta(days=offset)
        if is_workday(calendar, candidate):
            return candidate
    raise CalendarError("no working day")


def next_workday(calendar: Calendar, day: date) -> date:
    """The first working day after a date."""
    return workday_on_or_after(calendar, day + timedelta(days=1))


def add_working_days(calendar: Calendar, day: date, count: int) -> date:
    """The date ``count`` working days after (before, if negative) a date, the date itself not counted."""
    step = 1 if count >= 0 else -1
    left, candidate, searched = abs(count), day, 0
    while left:
        candidate += timedelta(days=step)
        searched += 1
        if is_workday(calendar, candidate):
            left, searched = left - 1, 0
        if searched > HORIZON_DAYS:
            raise CalendarError("no working day")
    return candidate


def working_days_between(calendar: Calendar, start: date, end: date) -> int:
    """Working days after ``start`` up to and including ``end``; negative if ``end`` is earlier."""
    if end < start:
        return -working_days_between(calendar, end, start)
    return sum(is_workday(calendar, start + timedelta(days=n)) for n in range(1, (end - start).days + 1))


def spans_from(calendar: Calendar, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Working spans in UTC from a moment on, the first one cut at the moment."""
    zone, first = calendar.zone, calendar.local_date(start)
    idle = 0
    for offset in range(10 * HORIZON_DAYS):
        day = first + timedelta(days=offset)
        hours = calendar.hours_on(day)
        idle = 0 if hours else idle + 1
        if idle > HORIZON_DAYS:
            return
        for span in hours:
            begin, end = _instant(day, span.start, zone), _instant(day, span.end, zone)
            if end > start:
                yield max(begin, start.astimezone(UTC)), end


def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    if minutes == MINUTES_A_DAY:
        return datetime.combine(day + timedelta(days=1), time(0), zone).astimezone(UTC)
    return datetime.combine(day, time(minutes // 60, minutes % 60), zone).astimezone(UTC)


Pause = tuple[datetime, datetime]


def add_business_time(
    calendar: Calendar, start: datetime, amount: timedelta, pauses: Iterable[Pause] = ()
) -> datetime:
    """The earliest moment at which the elapsed working time equals ``amount``: 18:00 stays 18:00.

    Time within ``pauses`` does not count. The result has the time zone of ``start``.
    """
    if amount < timedelta(0):
        raise ValueError("an amount of working time cannot be negative")
    if not amount:
        return start
    left, stopped = amount, sorted(pauses)
    for begin, end in spans_from(calendar, start):
        for piece_begin, piece_end in _without(begin, end, stopped):
            if piece_end - piece_begin >= left:
                return (piece_begin + left).astimezone(start.tzinfo)
            left -= piece_end - piece_begin
    raise CalendarError("no working time")


def business_time_between(
    calendar: Calendar, start: datetime, end: datetime, pauses: Iterable[Pause] = ()
) -> timedelta:
    """Working time from one moment to another, pauses left out; negative if ``end`` is earlier."""
    if end < start:
        return -business_time_between(calendar, end, start, pauses)
    total, stopped = timedelta(0), sorted(pauses)
    for begin, until in spans_from(calendar, start):
        if begin >= end:
            break
        for piece_begin, piece_end in _without(begin, min(until, end), stopped):
            total += piece_end - piece_begin
    return total


def _without(begin: datetime, end: datetime, pauses: list[Pause]) -> Iterator[Pause]:
    """The parts of a span outside the pauses."""
    for pause_begin, pause_end in pauses:
        if pause_end <= begin or pause_begin >= end:
            continue
        if pause_begin > begin:
            yield begin, pause_begin
        begin = max(begin, pause_end)
    if begin < end:
        yield begin, end


# Follow-ups that were not done: +1 working day the owner again, +3 the manager.
OWNER_AGAIN_DAYS, MANAGER_DAYS = 1, 3


@dataclass(frozen=True)
class Escalation:
    """When an overdue follow-up is brought up again: with its owner, then with the manager."""

    owner_again: date
    manager: date


def escalation(
    calendar: Calendar, due: date, *, owner_days: int = OWNER_AGAIN_DAYS, manager_days: int = MANAGER_DAYS
) -> Escalation:
    """Dates on which a follow-up due on a date and not done goes to the owner again and to the manager."""
    return Escalation(
        owner_again=add_working_days(calendar, due, owner_days),
        manager=add_working_days(calendar, due, manager_days),
    )
