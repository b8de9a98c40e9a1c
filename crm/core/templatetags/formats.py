"""Template filters for the formats of `crm.core.formats`; each shows the short form and keeps the exact one in ``title``."""

from datetime import date, datetime

from django import template
from django.utils.html import format_html

from crm.core import formats
from crm.core import phone as phones
from crm.core.masking import is_masked
from crm.core.money import BASE_CURRENCY

register = template.Library()


def _titled(shown: str, title: str) -> str:
    if not shown:
        return ""
    return format_html('<span title="{}">{}</span>', title, shown) if title and title != shown else shown


def _timed(shown: str, value: date | datetime | None) -> str:
    if not shown or value is None:
        return ""
    stamp = value.isoformat(timespec="minutes") if isinstance(value, datetime) else value.isoformat()
    return format_html('<time datetime="{}" title="{}">{}</time>', stamp, formats.exact(value), shown)


@register.filter
def money(amount, currency=BASE_CURRENCY):
    """``¥48 万`` with the exact amount in the title."""
    return _titled(formats.money_short(amount, currency), formats.money_full(amount, currency))


@register.filter
def money_full(amount, currency=BASE_CURRENCY):
    """``¥1,180,000.00``."""
    return formats.money_full(amount, currency)


@register.simple_tag
def total(value):
    """A Total: ``¥480K``, converted ones prefixed with ≈."""
    shown = formats.money_short(value.money.amount, value.money.currency)
    sign = "≈" if value.approximate else ""
    return _titled(f"{sign}{shown}", f"{sign}{formats.money_full(value.money.amount, value.money.currency)}")


@register.filter
def day(value):
    """``6/15 周一`` / ``Mon, Jun 15``, another year with the year."""
    return _timed(formats.day(value), value)


@register.filter
def full_day(value):
    """``2027-03-31`` / ``Mar 31, 2027``: always with its year."""
    return _timed(formats.full_day(value), value)


@register.filter
def relative_day(value):
    """``昨天`` / ``Yesterday`` within a week, further away as a date."""
    return _timed(formats.relative_day(value), value)


@register.filter
def due(value, all_day=True):
    """``逾期 2 天`` / ``2 days overdue``; with ``due:False`` also the time of day."""
    shown = (
        formats.due_moment(value, all_day=bool(all_day))
        if isinstance(value, datetime)
        else formats.due_day(value)
    )
    return _timed(shown, value)


@register.filter
def clock(value):
    """``14:00``."""
    return formats.clock(value)


@register.filter
def moment(value):
    """``今天 14:00`` / ``Today 14:00``."""
    return _timed(formats.moment(value), value)


@register.filter
def ago(value):
    """``5 分钟前`` / ``5 minutes ago``, older ones as a moment."""
    return _timed(formats.ago(value), value)


@register.filter
def phone(value):
    """``138 0576 2218``."""
    return phones.format_phone(value)


@register.filter
def change(value):
    """A ratio as change: ``+8.6%``."""
    return formats.change_percent(value)


@register.filter
def points(value):
    """A change in points: ``+5 点`` / ``+5 pts``."""
    return formats.change_points(value)


@register.filter
def percent(value, places=1):
    """A ratio as share: ``40%``; ``–`` without a denominator."""
    return formats.percent(value, places)


@register.filter
def number(value, places=1):
    """Thousands separators, at most ``places`` decimals."""
    return formats.number(value, places)


@register.filter
def whole(value: object) -> object:
    """A value that is not shown only in part, else nothing: what can be dialled, written to or copied."""
    return "" if is_masked(value) else value
