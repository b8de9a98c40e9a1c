"""How periods read in both languages."""

from django.utils.translation import gettext as _

from crm.core import formats
from reports.rules.periods import MONTH, QUARTER, Period


def period_label(period: Period) -> str:
    """2026 年第四季度 / Q4 2026."""
    year = period.first.year
    if period.kind == MONTH:
        return _("%(month)s %(year)s") % {"month": short_label(period), "year": year}
    if period.kind == QUARTER:
        return _("Q%(quarter)d %(year)s") % {"quarter": (period.first.month + 2) // 3, "year": year}
    return _("Year %(year)s") % {"year": year}


def short_label(period: Period) -> str:
    """11 月 / Nov, Q4, 2026: under the bars of a chart."""
    if period.kind == MONTH:
        return formats.words().months[period.first.month - 1]
    return f"Q{(period.first.month + 2) // 3}" if period.kind == QUARTER else str(period.first.year)
