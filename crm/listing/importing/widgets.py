"""django-import-export widgets that read cells as people fill them in, and say what is wrong with one.

Each `clean` returns a plain value that JSON can keep (text, number as text, ISO date, id), because cleaned rows wait
in the database until somebody commits them. Nothing here queries: lookups are loaded once per run.
"""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from import_export import widgets

from crm.core.amounts import parse_amount
from crm.core.email import EmailError, normalise_email
from crm.core.phone import parse_phone
from crm.core.text import narrow, tidy, tidy_lines
from crm.core.uscc import normalise_uscc

from .tables import header_key

if TYPE_CHECKING:
    from .resource import Run

EXCEL_EPOCH = datetime.date(1899, 12, 30)
LATER_BY = 1462  # days from that to the first day of workbooks that count from 1904
SERIALS = range(18_264, 80_000)  # 1950 to 2118: what a plausible date looks like as Excel's day number
DATE_PARTS = re.compile(
    r"^(?P<a>\d{1,4})(?P<sep>[-/.年])(?P<b>\d{1,2})(?:[-/.月](?P<c>\d{1,4})日?)?月?(?P<rest>[T ].*)?$",
    re.IGNORECASE,
)
MONTH_DAY = re.compile(r"^(?P<month>\d{1,2})月(?P<day>\d{1,2})[日号]?(?P<rest>[T ].*)?$")
CLOCK = re.compile(r"^[T ]*(?P<part>上午|下午|晚上|中午|早上)?\s*(?P<h>\d{1,2})[:：时](?P<m>\d{1,2})?分?(?:[:：](?P<s>\d{1,2})(?:\.\d+)?)?\s*(?P<ampm>am|pm)?$", re.IGNORECASE)  # fmt: skip
ENGLISH_MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)}  # fmt: skip


class CellError(ValueError):
    """What is wrong with a cell: a stable code, a message for people, and what it probably should be."""

    def __init__(self, code: str, message: str, suggestion: str = ""):
        super().__init__(message)
        self.code = code
        self.message = message
        self.suggestion = suggestion


class TextWidget(widgets.Widget):
    """Text in one line, or in several where `lines` says so."""

    def __init__(self, max_length: int = 255, lines: bool = False):
        super().__init__()
        self.max_length = max_length
        self.lines = lines

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        text = tidy_lines(value) if self.lines else tidy(value)
        if len(text) > self.max_length:
            raise CellError(
                "too_long",
                _("%(count)s characters, at most %(limit)s fit.")
                % {"count": len(text), "limit": self.max_length},
            )
        return text


class PhoneWidget(widgets.Widget):
    """A phone number in its stored form, mobile or landline with area code."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        return parse_phone(value).stored


class EmailWidget(widgets.Widget):
    """An e-mail address, trimmed and in lower case."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        try:
            return normalise_email(value)
        except EmailError as error:
            raise CellError(error.code, error.message, self._suggestion(value)) from error

    @staticmethod
    def _suggestion(value: str) -> str:
        """The address with the slips of a hand mended: a comma for the dot, spaces, a second @."""
        mended = re.sub(r"@+", "@", re.sub(r"[,，。;；]+", ".", re.sub(r"\s+", "", narrow(value)))).strip(".")
        try:
            return normalise_email(mended) if mended != value else ""
        except EmailError:
            return ""


class UsccWidget(widgets.Widget):
    """A unified social credit code whose check digit is right."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        return normalise_uscc(value)


class UrlWidget(widgets.Widget):
    """The address of a web site; a missing scheme is added, any other than http is refused."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        text = narrow(value)
        if not re.match(r"^https?://", text, re.IGNORECASE):
            if re.match(r"^[a-z][a-z0-9+.-]*:(//|(?!\d))", text, re.IGNORECASE):
                raise CellError("url", _("Only addresses that begin with http:// or https:// can be kept."))
            text = f"https://{text}"
        if (
            not re.fullmatch(r"https?://[^\s/.<>\"']+(\.[^\s/.<>\"']+)+(/[^\s<>\"']*)?", text, re.IGNORECASE)
            or len(text) > 300
        ):
            raise CellError("url", _("This is not a web address, it should look like www.company.com."))
        return text


class AmountWidget(widgets.Widget):
    """An amount of money: 480,000 or 48万; a unit in the header (万元) counts for cells without one."""

    places = Decimal("0.01")

    def clean(
        self, value: str, row: Any = None, *, run: Run | None = None, field: str = "", **kwargs: Any
    ) -> str:
        amount = parse_amount(value)
        factor = run.units.get(field) if run else None
        if factor and not re.search(r"[万亿千wkm]", narrow(value).lower()):
            amount *= factor
        return str(amount.quantize(self.places, ROUND_HALF_UP))


class NumberWidget(widgets.Widget):
    """A whole number of 0 or more."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> int:
        number = parse_amount(value)
        if number != number.to_integral_value() or not 0 <= number < 2**31:
            raise CellError("number", _("This should be a whole number."))
        return int(number)


class DateWidget(widgets.Widget):
    """A day, however it is written; an Excel day number counts, a missing year means the nearest one."""

    def clean(
        self, value: str, row: Any = None, *, run: Run | None = None, field: str = "", **kwargs: Any
    ) -> str:
        moment = read_moment(
            value,
            day_first=bool(run and field in run.day_first),
            today=run.today if run else None,
            from_1904=bool(run and run.job.dates_from_1904),
        )
        return moment.date().isoformat()


class MomentWidget(widgets.Widget):
    """A point in time in the company's zone; a bare date stays a date."""

    def clean(
        self, value: str, row: Any = None, *, run: Run | None = None, field: str = "", **kwargs: Any
    ) -> str:
        moment = read_moment(
            value,
            day_first=bool(run and field in run.day_first),
            today=run.today if run else None,
            from_1904=bool(run and run.job.dates_from_1904),
        )
        return (
            moment.isoformat(sep=" ")
            if (moment.hour or moment.minute or moment.second)
            else moment.date().isoformat()
        )


class ChoiceWidget(widgets.Widget):
    """One of a fixed set of values, by code, label or any of its usual names.

    `near` are words that probably mean one of them: not taken for granted, but suggested.
    """

    def __init__(self, names: Mapping[str, Iterable[str | Promise]], near: Mapping[str, str] | None = None):
        super().__init__()
        self.names = {code: tuple(spellings) for code, spellings in names.items()}
        self.near = {header_key(word): code for word, code in (near or {}).items()}

    @cached_property
    def known(self) -> dict[str, str]:
        return {
            header_key(text): code
            for code, spellings in self.names.items()
            for spelling in (code, *spellings)
            for text in in_every_language(spelling)
            if header_key(text)
        }

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        found = self.known.get(header_key(value))
        if found is None:
            accepted = _(", ").join(
                str(spellings[0] if spellings else code) for code, spellings in self.names.items()
            )
            message = _("Not one of: %(accepted)s.") % {"accepted": accepted}
            raise CellError("choice", message, self._suggestion(header_key(value)))
        return found

    def _suggestion(self, key: str) -> str:
        """The label of the value that was probably meant."""
        code = self.near.get(key)
        if code is None and (close := difflib.get_close_matches(key, self.known, n=1, cutoff=0.75)):
            code = self.known[close[0]]
        return str(next(iter(self.names[code]), code)) if code is not None else ""


class LookupWidget(widgets.Widget):
    """A record that is named rather than typed (a person, a region): found in what the run has loaded."""

    def __init__(self, find: Callable[[Run, str], Any]):
        super().__init__()
        self.find = find

    def clean(self, value: str, row: Any = None, *, run: Run, **kwargs: Any) -> Any:
        return self.find(run, tidy(value))


class TagsWidget(widgets.Widget):
    """Several tags in one cell, divided by any comma, semicolon, slash or line break."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> list[str]:
        names = [tidy(name).lstrip("#") for name in re.split(r"[,，;；、|/\n]+", str(value))]
        names = list(dict.fromkeys(name for name in names if name))
        if any(len(name) > 50 for name in names):
            raise CellError("too_long", _("A tag has at most 50 characters."))
        if len(names) > 20:
            raise CellError("too_many", _("At most 20 tags fit on one record."))
        return names


def in_every_language(text: str | Promise) -> set[str]:
    """A label in each language of the system: sheets are written in any of them, whatever the reader's is."""
    if isinstance(text, str):
        return {text}
    found = set()
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found.add(str(text))
    return found


# --- Dates ---------------------------------------------------------------------------------------


def read_moment(
    value: str, *, day_first: bool = False, today: datetime.date | None = None, from_1904: bool = False
) -> datetime.datetime:
    """A date with or without time, as Excel stores it or people type it; raises CellError.

    `from_1904` says that the workbook numbers its days from 1904 on.
    """
    text = narrow(value)
    moment = _read_moment(text, day_first, today.year if today else 0, today.month if today else 0, from_1904)
    if moment is None:
        raise CellError("date", _("This is not a date. Write it as 2026-06-11."))
    if not 1900 <= moment.year <= 2200:
        raise CellError("date", _("The year %(year)s cannot be right.") % {"year": moment.year})
    return moment


@lru_cache(maxsize=20_000)  # a column of dates repeats itself
def _read_moment(
    text: str, day_first: bool, year: int, month: int, from_1904: bool = False
) -> datetime.datetime | None:
    try:
        if re.search(
            r"\dT\d.*(Z|[+-]\d\d:?\d\d)$", text
        ):  # a machine's time with its zone becomes company time
            zoned = datetime.datetime.fromisoformat(text)
            return timezone.localtime(zoned, timezone.get_default_timezone()).replace(tzinfo=None)
        if re.fullmatch(r"\d{5}(\.\d+)?", text):
            serial = float(text) + (LATER_BY if from_1904 else 0)
            if int(serial) in SERIALS:
                return _from_serial(serial)
        if re.fullmatch(r"(19|20)\d{6}", text):
            return datetime.datetime(int(text[:4]), int(text[4:6]), int(text[6:]))  # noqa: DTZ001 - wall clock
        if found := MONTH_DAY.match(text):
            return _without_year(int(found["month"]), int(found["day"]), found["rest"], year, month)
        if found := DATE_PARTS.match(text):
            parts = _order(found["a"], found["b"], found["c"], day_first, year)
            return _with_clock(datetime.date(*parts), found["rest"]) if parts else None
        return _english(text)
    except (ValueError, OverflowError):
        return None


def _from_serial(serial: float) -> datetime.datetime:
    day = EXCEL_EPOCH + datetime.timedelta(days=int(serial))
    seconds = round((serial - int(serial)) * 86_400)
    return datetime.datetime.combine(day, datetime.time()) + datetime.timedelta(seconds=seconds)


def _order(a: str, b: str, c: str | None, day_first: bool, year: int) -> tuple[int, int, int] | None:
    """Year, month, day out of three numbers; 3/4/2026 is March unless the column shows that days come first."""
    if len(a) == 4:
        return int(a), int(b), int(c or 1)
    if c is None:
        return (year, int(a), int(b)) if year else None
    if len(c) == 4 or len(a) <= 2:
        full = int(c) if len(c) == 4 else 2000 + int(c) if int(c) < 70 else 1900 + int(c)
        first, second = int(a), int(b)
        if first > 12 or (day_first and second <= 12):
            first, second = second, first
        return full, first, second
    return None


def _without_year(
    month: int, day: int, rest: str | None, year: int, this_month: int
) -> datetime.datetime | None:
    """6月11日 is in this year; one that is more than half a year ahead was last year's."""
    if not year:
        return None
    return _with_clock(datetime.date(year - 1 if month - this_month > 6 else year, month, day), rest)


def _with_clock(day: datetime.date, rest: str | None) -> datetime.datetime | None:
    start = datetime.datetime.combine(day, datetime.time())
    if not rest or not rest.strip():
        return start
    if found := CLOCK.match(re.sub(r"^[T ]*(星期|周)[一二三四五六日天]\s*", "", rest).lower()):
        hour = int(found["h"])
        if (found["part"] in ("下午", "晚上") or found["ampm"] == "pm") and hour < 12:
            hour += 12
        elif found["ampm"] == "am" and hour == 12:
            hour = 0
        return start + datetime.timedelta(
            hours=hour, minutes=int(found["m"] or 0), seconds=int(found["s"] or 0)
        )
    return start if re.fullmatch(r"[T ]*(星期|周)[一二三四五六日天]", rest) else None


def _english(text: str) -> datetime.datetime | None:
    """11 Jun 2026, Jun 11, 2026, Dec-27 2020."""
    words = [word for word in re.split(r"[\s,/-]+", text.lower()) if word]
    month = next(
        (ENGLISH_MONTHS[word[:3]] for word in words if word[:3] in ENGLISH_MONTHS and word.isalpha()), None
    )
    numbers = [int(re.sub(r"\D", "", word)) for word in words if re.fullmatch(r"\d{1,4}(st|nd|rd|th)?", word)]
    year = next((number for number in numbers if number > 31), None)
    day = next((number for number in numbers if number <= 31), None)
    if month is None or year is None or len(numbers) > 2:
        return None
    return datetime.datetime(year if year > 99 else 2000 + year, month, day or 1)  # noqa: DTZ001 - wall clock


def days_come_first(samples: Iterable[str]) -> bool:
    """Whether a column writes 31/12/2026 rather than 12/31/2026: some first number is above 12, no second one."""
    first, second = 0, 0
    for sample in samples:
        if found := re.match(r"^(\d{1,2})[-/.](\d{1,2})[-/.]\d{2,4}\b", narrow(sample)):
            first, second = max(first, int(found[1])), max(second, int(found[2]))
    return first > 12 >= second
