"""Telephone numbers: one stored form (E.164 plus extension), one shown form, one masked form.

The rules: mobile ``1[3-9]`` + 9 digits, landline with its area code, 400/800 stored but never
a match key; a landline without area code is invalid because it cannot be dialled from elsewhere.
"""

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.core.text import visible_only

MOBILE, LANDLINE, SERVICE, FOREIGN = "mobile", "landline", "service", "foreign"

_USUAL = re.compile(
    r"(?:\+86)?(1[3-9][0-9]{9})"
)  # nothing to undo: most cells of a sheet, and what is stored
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0?(10|2\d|[3-9]\d{2})(\d{7,8})")
_SERVICE = re.compile(r"[48]00\d{7}")
_EXTENSION = re.compile(
    r"[\s,;(（]*(?:转|轉|分机|ext(?:ension)?\.?|#|x)\s*[:=.]?\s*(\d{1,6})\s*\)?\s*$", re.IGNORECASE
)
# 010-88886666-801: the way extensions are usually written on Chinese cards.
_THIRD_GROUP = re.compile(r"^(.*?0\d{2,3}[-\s]\d{7,8})-(\d{1,6})$")
_EXPONENT = re.compile(r"\d(?:\.\d+)?e\+?\d{1,2}", re.IGNORECASE)
_DECIMAL_ZERO = re.compile(r"(\d{7,})\.0+")
_ALLOWED = re.compile(r"[\d\s+().\-/·~*]*")


class PhoneError(ValueError):
    """A number that cannot be dialled; ``code`` says why, ``count`` how many digits are missing or too many."""

    def __init__(self, code: str, count: int = 0, expected: int = 11):
        super().__init__(code)
        self.code, self.count, self.expected = code, count, expected

    @property
    def message(self) -> str:
        """What is wrong and what it should look like, in the language of the reader."""
        return _message(self)

    def __str__(self) -> str:
        return self.code


def _message(error: PhoneError) -> str:
    values = {"count": error.count, "expected": error.expected}
    match error.code:
        case "short":
            text = ngettext(
                "One digit short. Mobile numbers have %(expected)s.",
                "%(count)s digits short. Mobile numbers have %(expected)s.",
                error.count,
            )
        case "long":
            text = ngettext(
                "One digit too many. Mobile numbers have %(expected)s.",
                "%(count)s digits too many. Mobile numbers have %(expected)s.",
                error.count,
            )
        case "landline_short":
            text = ngettext(
                "One digit short. Landline numbers have 7 or 8 digits after the area code.",
                "%(count)s digits short. Landline numbers have 7 or 8 digits after the area code.",
                error.count,
            )
        case "landline_long":
            text = ngettext(
                "One digit too many. Landline numbers have 7 or 8 digits after the area code.",
                "%(count)s digits too many. Landline numbers have 7 or 8 digits after the area code.",
                error.count,
            )
        case "area_code":
            text = _("The area code is missing, for example 010 or 0755.")
        case "prefix":
            text = _("Mobile numbers start with 13 to 19.")
        case "scientific":
            text = _(
                "The spreadsheet has shortened this number and its last digits are lost. Type it again as text."
            )
        case "empty":
            text = _("Enter a phone number.")
        case "characters":
            text = _("A phone number has only digits, spaces and + - ( ).")
        case _:
            text = _("This is not a phone number we can dial. Include the area code or the country code.")
    return text % values


class Phone(NamedTuple):
    """A number that can be dialled: ``number`` in E.164, ``extension`` digits or empty, and its kind."""

    number: str
    extension: str
    kind: str

    @property
    def stored(self) -> str:
        """The one text that is stored and compared: ``+861088886666 ext 801``."""
        return f"{self.number} ext {self.extension}" if self.extension else self.number

    @property
    def is_match_key(self) -> bool:
        """Whether two records with this number are likely the same: 400/800 numbers are shared by everyone."""
        return self.kind != SERVICE

    @property
    def national(self) -> str:
        """The digits as dialled inside China, with the area code's zero; foreign numbers keep the plus."""
        if self.kind == FOREIGN:
            return self.number
        local = self.number[3:]
        return f"0{local}" if self.kind == LANDLINE else local

    @property
    def area_code(self) -> str:
        """Area code of a landline with its zero (``0755``), otherwise empty."""
        if self.kind != LANDLINE:
            return ""
        found = _LANDLINE.fullmatch(self.number[3:])
        return f"0{found[1]}" if found else ""


def parse_phone(value: object) -> Phone:
    """Read a number as people write it; raises PhoneError with a code that a person can act on."""
    text = "" if value is None else str(value)
    if found := _USUAL.fullmatch(text):
        return Phone(f"+86{found[1]}", "", MOBILE)
    if text.startswith("+86") and text.isascii() and text[3:].isdigit():
        return _domestic(text[3:], "", True)
    text = visible_only(unicodedata.normalize("NFKC", text)).strip()
    if not text:
        raise PhoneError("empty")
    text = _undo_spreadsheet(text)
    text, extension = _split_extension(text)
    if not _ALLOWED.fullmatch(text):
        raise PhoneError("characters")
    digits = re.sub(r"\D", "", text)
    if not digits:
        raise PhoneError("empty")
    international = text.lstrip(" (").startswith("+") or digits.startswith("00")
    if digits.startswith("00"):
        digits = digits[2:]
    with_country = False
    if international and not digits.startswith("86"):
        if 8 <= len(digits) <= 15 and digits[0] != "0":
            return Phone(f"+{digits}", extension, FOREIGN)
        raise PhoneError("unknown")
    if digits.startswith("86") and (international or len(digits) >= 12):
        digits, with_country = digits[2:], True
    return _domestic(digits, extension, with_country)


def _domestic(digits: str, extension: str, with_country: bool) -> Phone:
    if _MOBILE.fullmatch(digits):
        return Phone(f"+86{digits}", extension, MOBILE)
    if _SERVICE.fullmatch(digits):
        return Phone(f"+86{digits}", extension, SERVICE)
    if (digits.startswith("0") or with_country) and _LANDLINE.fullmatch(digits):
        return Phone(f"+86{digits.removeprefix('0')}", extension, LANDLINE)
    raise _explain(digits)


def _explain(digits: str) -> PhoneError:
    """The most helpful reason why these domestic digits cannot be dialled."""
    length = len(digits)
    if digits.startswith("0"):
        area = 3 if digits[1:2] in ("1", "2") else 4
        if length < area + 7:
            return PhoneError("landline_short", area + 7 - length, area + 7)
        if length > area + 8:
            return PhoneError("landline_long", length - area - 8, area + 8)
        return PhoneError("unknown")
    if re.match(r"1[3-9]", digits) and length >= 7:
        return PhoneError("short", 11 - length) if length < 11 else PhoneError("long", length - 11)
    if digits.startswith("1") and length == 11:
        return PhoneError("prefix")
    if length in (7, 8):
        return PhoneError("area_code")
    return PhoneError("unknown")


def _undo_spreadsheet(text: str) -> str:
    """``13812345678.0`` and ``1.3812345678E+10`` are numbers a spreadsheet rewrote; the latter may have lost digits."""
    if found := _DECIMAL_ZERO.fullmatch(text):
        return found[1]
    if _EXPONENT.fullmatch(text):
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise PhoneError("scientific") from None
        shown = len(re.sub(r"\D", "", re.split("[eE]", text)[0]))
        whole = str(int(number))
        if shown < len(whole):
            raise PhoneError("scientific")
        return whole
    return text


def _split_extension(text: str) -> tuple[str, str]:
    if found := _EXTENSION.search(text):
        return text[: found.start()].strip(), found[1]
    if found := _THIRD_GROUP.match(text):
        return found[1], found[2]
    return text, ""


def normalise_phone(value: object) -> str:
    """The stored form of a number, or PhoneError."""
    return parse_phone(value).stored


def read_phone(value: object) -> Phone | None:
    """The number if it is one, otherwise None; for display and comparison of text that was never checked."""
    return _read("" if value is None else str(value))


@lru_cache(maxsize=10_000)  # a number is asked for its match key, its search forms and its look
def _read(text: str) -> Phone | None:
    try:
        return parse_phone(text)
    except PhoneError:
        return None


def format_phone(value: object) -> str:
    """A number for reading: ``138 0576 2218``, ``0755 2600 1234``; text that is no number is shown as it is."""
    phone = read_phone(value)
    if phone is None:
        return "" if value is None else str(value)
    shown = _grouped(phone)
    if phone.extension:
        return _("%(number)s ext. %(extension)s") % {"number": shown, "extension": phone.extension}
    return shown


def _grouped(phone: Phone) -> str:
    digits = phone.national
    if phone.kind == MOBILE:
        return f"{digits[:3]} {digits[3:7]} {digits[7:]}"
    if phone.kind == SERVICE:
        return f"{digits[:3]} {digits[3:6]} {digits[6:]}"
    if phone.kind == LANDLINE:
        area, local = phone.area_code, digits[len(phone.area_code) :]
        return f"{area} {local[:-4]} {local[-4:]}"
    return digits


def mask_phone(value: object) -> str:
    """A number that can be recognised but not dialled: ``138****1234``; landlines keep area code and last four."""
    text = "" if value is None else str(value).strip()
    if not text:
        return ""
    phone = read_phone(text)
    if phone is None:
        digits = re.sub(r"\D", "", text)
        return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 9 else "****"
    digits = phone.national
    keep = len(phone.area_code) if phone.kind == LANDLINE else 3
    return f"{digits[:keep]}****{digits[-4:]}"


def search_forms(value: object) -> list[str]:
    """What one may type to find this number: the national digits, or the text itself if it is no number."""
    phone = read_phone(value)
    if phone is None:
        return [str(value)] if value else []
    return [phone.national.removeprefix("+")]
