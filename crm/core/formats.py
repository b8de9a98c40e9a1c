"""How dates, times, amounts and changes are written in Chinese and English.

These are formats of a locale, like Django's own ``conf/locale/*/formats.py``, not sentences: the two languages
count in different units (万/亿 against K/M) and order dates differently, so they live here side by side. The
language is that of the active translation; "today" is the reader's, in the active time zone.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from django.utils import timezone, translation

from crm.core import money

NEAR_DAYS = 7


@dataclass(frozen=True)
class Words:
    """The words one language needs for dates; ``%d`` is a count of days."""

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    today: str
    yesterday: str
    tomorrow: str
    days_ago: str
    in_days: str
    overdue_one: str
    overdue: str
    points: str
    just_now: str
    minutes_ago: tuple[str, str]
    hours_ago: tuple[str, str]


CHINESE = Words(
    weekdays=("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    months=tuple(f"{month} 月" for month in range(1, 13)),
    today="今天",
    yesterday="昨天",
    tomorrow="明天",
    days_ago="%d 天前",
    in_days="%d 天后",
    overdue_one="逾期 %d 天",
    overdue="逾期 %d 天",
    points="点",
    just_now="刚刚",
    minutes_ago=("%d 分钟前", "%d 分钟前"),
    hours_ago=("%d 小时前", "%d 小时前"),
)
ENGLISH = Words(
    weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    today="Today",
    yesterday="Yesterday",
    tomorrow="Tomorrow",
    days_ago="%d days ago",
    in_days="In %d days",
    overdue_one="%d day overdue",
    overdue="%d days overdue",
    points="pts",
    just_now="Just now",
    minutes_ago=("%d minute ago", "%d minutes ago"),
    hours_ago=("%d hour ago", "%d hours ago"),
)


def is_chinese() -> bool:
    """Whether the active language is Chinese."""
    return (translation.get_language() or "").lower().startswith("zh")


def words() -> Words:
    """The words of the active language."""
    return CHINESE if is_chinese() else ENGLISH


def local_day(value: date | datetime) -> date:
    """The calendar day of a moment in the active time zone; a date stays itself."""
    if isinstance(value, datetime):
        return timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return value


def local_today() -> date:
    """Today in the active time zone."""
    return timezone.localdate()


def money_short(amount: Decimal | int | None, currency: str = money.BASE_CURRENCY) -> str:
    """An amount at a glance, for lists and tiles."""
    return money.write_short(amount, currency or money.BASE_CURRENCY, chinese=is_chinese())


def money_full(amount: Decimal | int | None, currency: str = money.BASE_CURRENCY) -> str:
    """An amount to the cent, for forms, contracts and titles."""
    return money.write_full(amount, currency or money.BASE_CURRENCY)


def weekday(value: date | datetime) -> str:
    """周一 / Mon."""
    return words().weekdays[local_day(value).weekday()]


def day(value: date | datetime | None, today: date | None = None) -> str:
    """A date: this year ``6/15 周一`` / ``Mon, Jun 15``, otherwise with the year and without the weekday."""
    if value is None:
        return ""
    value = local_day(value)
    today = today or local_today()
    if value.year != today.year:
        return full_day(value)
    if is_chinese():
        return f"{value.month}/{value.day} {CHINESE.weekdays[value.weekday()]}"
    return f"{ENGLISH.weekdays[value.weekday()]}, {ENGLISH.months[value.month - 1]} {value.day}"


def short_day(value: date | datetime | None, today: date | None = None) -> str:
    """A date where there is little room, without the weekday: ``6/15`` / ``Jun 15``; of another year in full."""
    if value is None:
        return ""
    value = local_day(value)
    if value.year != (today or local_today()).year:
        return full_day(value)
    return f"{value.month}/{value.day}" if is_chinese() else f"{ENGLISH.months[value.month - 1]} {value.day}"


def full_day(value: date | datetime | None) -> str:
    """A date with its year: ``2027-03-31`` / ``Mar 31, 2027``."""
    if value is None:
        return ""
    value = local_day(value)
    if is_chinese():
        return f"{value.year}-{value.month:02}-{value.day:02}"
    return f"{ENGLISH.months[value.month - 1]} {value.day}, {value.year}"


def relative_day(value: date | datetime | None, today: date | None = None) -> str:
    """A date within a week in words (昨天, 3 天后), further away as a date."""
    if value is None:
        return ""
    value, today = local_day(value), today or local_today()
    distance, language = (value - today).days, words()
    match distance:
        case 0:
            return language.today
        case -1:
            return language.yesterday
        case 1:
            return language.tomorrow
    if abs(distance) > NEAR_DAYS:
        return day(value, today)
    return (language.in_days if distance > 0 else language.days_ago) % abs(distance)


def due_day(value: date | datetime | None, today: date | None = None) -> str:
    """The date something is due: late ones say by how many days (逾期 2 天), others as relative days."""
    if value is None:
        return ""
    value, today = local_day(value), today or local_today()
    late = (today - value).days
    if late > 0:
        language = words()
        return (language.overdue_one if late == 1 else language.overdue) % late
    return relative_day(value, today)


def clock(value: datetime | None) -> str:
    """The time of day in 24 hours: ``14:00``."""
    return timezone.localtime(value).strftime("%H:%M") if value else ""


def moment(value: datetime | None, today: date | None = None) -> str:
    """A point in time: ``今天 14:00``, ``Mon, Jun 15 14:00``, ``2027-03-31 14:00``."""
    if value is None:
        return ""
    today = today or local_today()
    distance = (local_day(value) - today).days
    shown = relative_day(value, today) if -1 <= distance <= 1 else day(value, today)
    return f"{shown} {clock(value)}"


def due_moment(value: datetime | None, *, all_day: bool, today: date | None = None) -> str:
    """When something is due: a date for all-day items, otherwise with its time; late ones say how late."""
    if value is None:
        return ""
    shown = due_day(value, today)
    late = local_day(value) < (today or local_today())
    return shown if all_day or late else f"{shown} {clock(value)}"


def ago(value: datetime | None, now: datetime | None = None) -> str:
    """How long ago, for things of today (5 分钟前); older ones as a moment."""
    if value is None:
        return ""
    now = now or timezone.now()
    minutes = int((now - value).total_seconds() // 60)
    language = words()
    if minutes < 1:
        return language.just_now
    if minutes < 60:
        return language.minutes_ago[minutes > 1] % minutes
    hours = minutes // 60
    if hours < 24 and local_day(value) == local_day(now):
        return language.hours_ago[hours > 1] % hours
    return moment(value, local_day(now))


def exact(value: date | datetime | None) -> str:
    """The exact value for a ``title``: ``2026-06-15 14:00`` with weekday."""
    if value is None:
        return ""
    chinese = is_chinese()
    shown = f"{full_day(value)} {weekday(value)}" if chinese else f"{weekday(value)}, {full_day(value)}"
    return f"{shown} {clock(value)}" if isinstance(value, datetime) else shown


def signed(value: Decimal | int | float, places: int = 0) -> str:
    """A number with its sign, the minus a true one: ``+8.6``, ``−3``; zero has none."""
    number = Decimal(str(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    text = f"{abs(number):,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if not number:
        return text
    return f"{'+' if number > 0 else money.MINUS}{text}"


def change_percent(value: Decimal | float | None) -> str:
    """A relative change given as a ratio (0.086): ``+8.6%``; without a base ``–``."""
    return "–" if value is None else f"{signed(Decimal(str(value)) * 100, 1)}%"


def change_points(value: Decimal | float | None) -> str:
    """A change of a score or percentage: ``+5 点`` / ``+5 pts``."""
    if value is None:
        return "–"
    number = signed(value, 1)
    unit = "pt" if not is_chinese() and number.lstrip(f"+{money.MINUS}") == "1" else words().points
    return f"{number} {unit}"


def percent(value: Decimal | float | None, places: int = 1) -> str:
    """A share given as a ratio (0.4): ``40%``; without a denominator ``–``."""
    if value is None:
        return "–"
    return signed(Decimal(str(value)) * 100, places).removeprefix("+") + "%"


def number(value: Decimal | int | float | None, places: int = 1) -> str:
    """A plain number with thousands separators and at most ``places`` decimals."""
    return "" if value is None else signed(value, places).removeprefix("+")
