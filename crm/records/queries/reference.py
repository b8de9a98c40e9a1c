"""Reading reference data: the calendar as a value, regions and industries by any of their names, rates, tags."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q
from django.db.models.functions import JSONObject

from crm.core import divisions
from crm.core.clock import company_today
from crm.core.text import fold
from crm.records.models import (
    BusinessCalendar,
    CalendarDay,
    CalendarWeekday,
    ExchangeRate,
    Industry,
    Region,
)
from crm.records.rules.calendar import HOLIDAY, Calendar, DatedException, parse_hours

# The State Council announces the next year's days in November; six weeks before it begins is late enough to worry.
MISSING_YEAR_DAYS = 45


def business_calendar(slug: str = "") -> Calendar:
    """A business calendar as a value for `rules.calendar`, the company's without a key; one query."""
    weekdays = CalendarWeekday.objects.filter(calendar=OuterRef("pk")).values(
        row=JSONObject(weekday="weekday", hours="hours")
    )
    days = CalendarDay.objects.filter(calendar=OuterRef("pk")).values(
        row=JSONObject(date="date", kind="kind", hours="hours", name="name", name_en="name_en")
    )
    chosen = Q(slug=slug) if slug else Q(is_default=True)
    row = (
        BusinessCalendar.objects.filter(chosen)
        .annotate(weekday_rows=ArraySubquery(weekdays), day_rows=ArraySubquery(days))
        .values("time_zone", "weekday_rows", "day_rows")
        .first()
    )
    if row is None:
        raise BusinessCalendar.DoesNotExist(slug or "default")
    return Calendar(
        weekly={item["weekday"]: parse_hours(item["hours"]) for item in row["weekday_rows"]},
        exceptions={
            date.fromisoformat(item["date"]): DatedException(
                item["kind"], parse_hours(item["hours"]), item["name"], item["name_en"]
            )
            for item in row["day_rows"]
        },
        time_zone=row["time_zone"],
    )


@dataclass(frozen=True)
class MissingYear:
    """A year for which a calendar has no holidays although it is running or about to begin."""

    calendar: BusinessCalendar
    year: int


def missing_years(today: date | None = None) -> list[MissingYear]:
    """Calendars whose present or coming year has no holiday: the administrator's alarm."""
    today = today or company_today()
    years = sorted({today.year, (today + timedelta(days=MISSING_YEAR_DAYS)).year})
    known = set(
        CalendarDay.objects.filter(kind=HOLIDAY, date__year__in=years).values_list(
            "calendar_id", "date__year"
        )
    )
    return [
        MissingYear(calendar, year)
        for calendar in BusinessCalendar.objects.all()
        for year in years
        if (calendar.pk, year) not in known
    ]


def _index(rows: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    """Folded name → code; a name that several rows share is left out, because nobody could say which is meant."""
    found: dict[str, str] = {}
    ambiguous: set[str] = set()
    for code, names in rows:
        for name in {fold(name) for name in names if name}:
            if found.get(name, code) != code:
                ambiguous.add(name)
            found.setdefault(name, code)
    return {name: code for name, code in found.items() if name not in ambiguous}


@dataclass(frozen=True)
class Finder:
    """Finds codes by code or name without a query each: for imports and forms."""

    names: dict[str, str]
    reads_divisions: bool = False

    def code(self, text: object) -> str:
        """The code meant by a text, empty if none or more than one could be."""
        wanted = fold(text)
        if found := self.names.get(wanted):
            return found
        if self.reads_divisions:
            joined = "".join(c for c in wanted if c.isalnum())
            if (place := divisions.whole_place(joined)) and place.code in self.names:
                return place.code
        return ""


def region_finder() -> Finder:
    """Finds regions by code, name (杭州, 杭州市), path (浙江省/杭州市) or English name; provinces before cities."""
    rows = Region.objects.filter(is_active=True).values_list(
        "code", "name", "name_en", "full_name", "full_name_en", "level"
    )
    by_level: dict[str, list[tuple[str, Iterable[str]]]] = {}
    for code, name, name_en, full_name, full_name_en, level in rows:
        short = (
            divisions.short_name(code) if code in divisions.NAMES and level != Region.Level.DISTRICT else ""
        )
        codes = [code, code[:2]] if level == Region.Level.PROVINCE else [code]
        by_level.setdefault(level, []).append((code, [*codes, name, name_en, full_name, full_name_en, short]))
    names: dict[str, str] = {}
    for level in (Region.Level.DISTRICT, Region.Level.CITY, Region.Level.PROVINCE):
        names |= _index(by_level.get(level, []))
    return Finder(names, reads_divisions=True)


def industry_finder() -> Finder:
    """Finds industries by code, Chinese or English name or alias; a section before its class of the same name."""
    rows = Industry.objects.filter(is_active=True).values_list("code", "name", "name_en", "aliases", "parent")
    sections: list[tuple[str, list[str]]] = []
    classes: list[tuple[str, list[str]]] = []
    for code, name, name_en, aliases, parent in rows:
        (classes if parent else sections).append(
            (code, [code, name, name_en, *aliases.replace("，", ",").split(",")])
        )
    return Finder(_index(classes) | _index(sections))


def within(field: str, region: Region) -> Q:
    """The condition that a record's region is the given one or lies in it; `field` is the foreign key's name."""
    return Q(**{f"{field}__code__startswith": region.stem})


def currencies() -> list[str]:
    """The currencies amounts can be in: the base currency first, then those that have a rate."""
    others = ExchangeRate.objects.filter(base=settings.BASE_CURRENCY).order_by("currency")
    known = others.values_list("currency", flat=True).distinct()
    return list(dict.fromkeys([settings.BASE_CURRENCY, *known]))


def rate_on(currency: str, day: date, base: str = "") -> Decimal | None:
    """Units of the base currency per unit of a currency on a day: the latest rate not after it; None without one."""
    base = base or settings.BASE_CURRENCY
    if currency == base:
        return Decimal(1)
    return (
        ExchangeRate.objects.filter(currency=currency, base=base, valid_from_date__lte=day)
        .order_by("-valid_from_date")
        .values_list("rate", flat=True)
        .first()
    )
