"""Amounts as people type them: ``48万``, ``¥1,180,000.00``, ``二十万``, ``1.2M``, ``(500)``."""

import re
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from crm.core.text import narrow

_UNITS = {
    "百": 100,
    "千": 1000,
    "k": 1000,
    "万": 10_000,
    "w": 10_000,
    "百万": 1_000_000,
    "m": 1_000_000,
    "千万": 10_000_000,
    "亿": 100_000_000,
    "b": 1_000_000_000,
    "万亿": 1_000_000_000_000,
}
_NUMBER = re.compile(
    r"(?P<sign>[-\u2212\u2013+]?)(?P<number>\d+(?:,\d{3})*(?:\.\d+)?|\d*\.\d+)\s*(?P<unit>百万|千万|万亿|百|千|万|亿|[kwmb])?"
)
_CURRENCY = re.compile(
    r"(?:人民币|rmb|cny|usd|eur|hkd|us\$|hk\$|[¥$€£])|(?:元整|元|圆|块钱|块)$|整$", re.IGNORECASE
)
_DIGITS = dict(zip("零一二三四五六七八九", range(10), strict=True))
_DIGITS |= dict(zip("〇壹贰叁肆伍陆柒捌玖", range(10), strict=True)) | {"两": 2}
_SMALL = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_BIG = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}
_CHINESE = re.compile(f"[{''.join((*_DIGITS, *_SMALL, *_BIG))}]+")
LIMIT = Decimal(10) ** 16


class AmountError(ValueError):
    """A text that is no amount; ``code`` is empty, invalid or large."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code

    @property
    def message(self) -> str:
        """What is wrong, in the language of the reader."""
        if self.code == "large":
            return _("This amount is too large.")
        return _("This is not an amount. Write it as 480,000 or 48万.")

    def __str__(self) -> str:
        return self.code


def parse_amount(value: object) -> Decimal:
    """The amount a text means, unrounded and without currency; raises AmountError."""
    if isinstance(value, bool):
        raise AmountError("invalid")
    text = str(value) if isinstance(value, int | float | Decimal) else narrow(value).lower()
    if not text:
        raise AmountError("empty")
    negative = text.startswith("(") and text.endswith(")")
    if negative:
        text = text[1:-1].strip()
    text = _CURRENCY.sub("", text).strip()
    text = _CURRENCY.sub("", text).strip()
    result = _plain(text)
    if abs(result) >= LIMIT:
        raise AmountError("large")
    return -result if negative else result


def _plain(text: str) -> Decimal:
    if found := _NUMBER.fullmatch(text):
        number = Decimal(found["number"].replace(",", "")) * _UNITS.get(found["unit"] or "", 1)
        return -number if found["sign"] in ("-", "\u2212", "\u2013") else number
    if _CHINESE.fullmatch(text):
        return Decimal(_chinese_number(text))
    if not re.search(r"\d", text):
        raise AmountError("invalid")
    try:
        number = Decimal(text.replace(" ", "").replace("\u2212", "-"))
    except InvalidOperation as error:
        raise AmountError("invalid") from error
    if not number.is_finite():
        raise AmountError("invalid")
    return number


def _chinese_number(text: str) -> int:
    """二十万 → 200000, 一亿二千万 → 120000000, 壹拾万零伍佰 → 100500."""
    total = section = digit = 0
    for character in text:
        if character in _DIGITS:
            digit = digit * 10 + _DIGITS[character] if digit and not section else _DIGITS[character]
        elif character in _SMALL:
            section += (digit or 1) * _SMALL[character]
            digit = 0
        else:
            section = (section + digit) or 1
            if _BIG[character] > 10_000:
                total = (total + section) * _BIG[character]
            else:
                total += section * _BIG[character]
            section = digit = 0
    return total + section + digit
