"""How the value of a custom field is read, whatever door it came through, and in which one form it is kept.

Kept values are plain JSON: text, decimal numbers as text (`"1180.00"`), dates as `2026-06-11`, times of day as `14:30`,
moments in UTC as `2026-06-11T06:30:00Z`, keys of options, lists of keys, true or false, ids of people and records.
Each form sorts as its text does, except numbers, which are cast.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.core.amounts import parse_amount
from crm.core.email import EmailError, normalise_email
from crm.core.phone import PhoneError, normalise_phone
from crm.core.text import fold, tidy, tidy_lines

LONGEST = {"text": 200, "link": 300, "long_text": 5000}
MOST_DIGITS = 16
ANSWERS = {"true": True, "yes": True, "y": True, "1": True, "是": True, "有": True, "对": True, "√": True} | {
    "false": False, "no": False, "n": False, "0": False, "否": False, "无": False, "没有": False, "×": False,
}  # fmt: skip
_BIGGEST_ID = 2**63


class BadValue(ValueError):
    """The value cannot be what the field holds; the message says why and what would be right."""


@dataclass(frozen=True)
class Spec:
    """What must be known of a field to read its values."""

    kind: str
    options: Mapping[str, frozenset[str]] = field(default_factory=dict)  # key → every name it goes by, folded
    retired: frozenset[str] = frozenset()
    decimals: int = 2
    zone: datetime.tzinfo = datetime.UTC  # in which a moment without a zone is meant


def stored(spec: Spec, value: Any) -> Any:
    """The value in the form it is kept in, None for nothing; raises `BadValue`."""
    if value is None or (isinstance(value, str) and not value.strip()) or value in ([], ()):
        return None
    if isinstance(value, str) and "\x00" in value:
        raise BadValue(_("This text holds a character that cannot be kept."))
    return _READERS[spec.kind](spec, value)


def _text(spec: Spec, value: Any) -> str | None:
    if not isinstance(value, str | int | float | Decimal) or isinstance(value, bool):
        raise BadValue(_("This should be a text."))
    text = tidy_lines(value) if spec.kind == "long_text" else tidy(value)
    longest = LONGEST[spec.kind]
    if len(text) > longest:
        raise BadValue(
            ngettext("At most %(count)d character.", "At most %(count)d characters.", longest)
            % {"count": longest}
        )
    return text or None


def _link(spec: Spec, value: Any) -> str | None:
    text = _text(spec, value)
    if text is None:
        return None
    address = (
        text
        if re.match(r"^[a-z][a-z0-9+.-]*:", text, re.IGNORECASE) and "." not in text.split(":")[0]
        else f"https://{text}"
    )
    if not re.fullmatch(
        r"https?://[^\s/.<>\"'@]+(\.[^\s/.<>\"'@]+)+([/?#][^\s<>\"']*)?", address, re.IGNORECASE
    ):
        raise BadValue(_("A web address looks like www.company.com."))
    if len(address) > LONGEST["link"]:
        raise BadValue(_("A web address looks like www.company.com."))
    return address


def _number(spec: Spec, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise BadValue(_("This should be a number."))
    try:
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(str(value).strip())
    except InvalidOperation:
        try:
            number = parse_amount(value)
        except ValueError as error:
            raise BadValue(_("This should be a number.")) from error
    if not number.is_finite() or abs(number) >= Decimal(10) ** MOST_DIGITS:
        raise BadValue(_("This number is too large."))
    places = 2 if spec.kind == "money" else spec.decimals
    return str(number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) + 0)


def _date(spec: Spec, value: Any) -> str:
    if isinstance(value, datetime.datetime):
        value = value.date()
    if not isinstance(value, datetime.date):
        try:
            value = datetime.date.fromisoformat(str(value).strip())
        except ValueError as error:
            raise BadValue(_("This is not a date. Write it as 2026-06-11.")) from error
    if not 1900 <= value.year <= 2200:
        raise BadValue(_("The year %(year)s cannot be right.") % {"year": value.year})
    return value.isoformat()


def _time(spec: Spec, value: Any) -> str:
    if not isinstance(value, datetime.time):
        try:
            value = datetime.time.fromisoformat(str(value).strip().replace("：", ":").zfill(5))
        except ValueError as error:
            raise BadValue(_("This is not a time of day. Write it as 14:30.")) from error
    return value.strftime("%H:%M")


def _moment(spec: Spec, value: Any) -> str:
    if not isinstance(value, datetime.datetime):
        try:
            value = datetime.datetime.fromisoformat(str(value).strip())
        except ValueError as error:
            raise BadValue(_("This is not a date with a time. Write it as 2026-06-11 14:30.")) from error
    if not 1900 <= value.year <= 2200:
        raise BadValue(_("The year %(year)s cannot be right.") % {"year": value.year})
    if value.tzinfo is None:
        value = value.replace(tzinfo=spec.zone)
    return value.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _choice(spec: Spec, value: Any) -> str:
    text = str(value).strip()
    if isinstance(value, str | int) and not isinstance(value, bool):
        if text in spec.options:
            return text
        wanted = fold(text)
        for key, names in spec.options.items():
            if wanted in names and key not in spec.retired:
                return key
    raise BadValue(_("There is no option “%(value)s”.") % {"value": text[:60]})


def _choices(spec: Spec, value: Any) -> list[str] | None:
    if isinstance(value, str):
        value = [part for part in re.split(r"[,，;；、|\n]+", value) if part.strip()]
    if not isinstance(value, list | tuple | set):
        raise BadValue(_("Give a list of options."))
    chosen = {_choice(spec, one) for one in value}
    return [key for key in spec.options if key in chosen] or None


def _boolean(spec: Spec, value: Any) -> bool:
    found = value if isinstance(value, bool) else ANSWERS.get(fold(str(value)))
    if found is None:
        raise BadValue(_("This should be yes or no."))
    return found


def _phone(spec: Spec, value: Any) -> str:
    try:
        return normalise_phone(value)
    except PhoneError as error:
        raise BadValue(str(error.message)) from error


def _email(spec: Spec, value: Any) -> str:
    try:
        return normalise_email(value)
    except EmailError as error:
        raise BadValue(str(error.message)) from error


def _id(spec: Spec, value: Any) -> int:
    value = getattr(value, "pk", value)
    text = str(value).strip()
    if isinstance(value, bool) or not text.isdecimal() or not 0 < int(text[:20]) < _BIGGEST_ID:
        raise BadValue(_("Give the record's id."))
    return int(text)


_READERS: dict[str, Callable[[Spec, Any], Any]] = {
    "text": _text,
    "long_text": _text,
    "number": _number,
    "money": _number,
    "date": _date,
    "time": _time,
    "datetime": _moment,
    "choice": _choice,
    "multi_choice": _choices,
    "boolean": _boolean,
    "link": _link,
    "phone": _phone,
    "email": _email,
    "user": _id,
    "record": _id,
}
