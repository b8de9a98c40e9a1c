"""Values as they are stored: tidied, normalised, and refused where they cannot be right."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.core.company import parse_company
from crm.core.email import EmailError, normalise_email
from crm.core.phone import PhoneError, read_phone
from crm.core.phone import normalise_phone as e164
from crm.core.text import tidy
from crm.core.uscc import UsccError, normalise_uscc
from crm.core.writes import RuleBroken


def cleaned(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a record's fields as they are stored; raises `RuleBroken` naming the first field that cannot be."""
    return {name: _clean(model._meta.get_field(name), value) for name, value in values.items()}


def match_keys(values: Mapping[str, Any]) -> dict[str, str]:
    """The columns duplicates are sought by that follow from the given values (`phone`, `name` with `kind`)."""
    keys = {}
    if "phone" in values:
        phone = read_phone(values["phone"])
        keys["phone_key"] = phone.number if phone and phone.is_match_key else ""
    if "kind" in values and "name" in values:
        parts = parse_company(values["name"]) if values["kind"] == "company" else None
        keys["company_core"] = parts.core[:200] if parts else ""
        keys["company_region"] = parts.region[:40] if parts else ""
    return keys


def _clean(field: models.Field, value: Any) -> Any:
    if not isinstance(field, models.CharField):
        return value
    text = tidy(value)
    if text and field.name in _READERS:
        text = _READERS[field.name](text)
    if field.max_length and len(text) > field.max_length:
        raise RuleBroken(
            ngettext("At most %(count)d character.", "At most %(count)d characters.", field.max_length)
            % {"count": field.max_length},
            field=field.name,
        )
    if text and field.choices and text not in dict(field.flatchoices):
        raise RuleBroken(_("Choose one of the values offered."), field=field.name)
    if not text and field.name == "name":
        raise RuleBroken(_("Enter a name."), field="name")
    if not text and field.choices and not field.null and not field.blank:
        raise RuleBroken(_("Choose one of the values offered."), field=field.name)
    return None if not text and field.null else text


def _phone(text: str) -> str:
    try:
        return e164(text)
    except PhoneError as error:
        raise RuleBroken(error.message, field="phone", code="phone") from error


def _email(text: str) -> str:
    try:
        return normalise_email(text)
    except EmailError as error:
        raise RuleBroken(error.message, field="email", code="email") from error


def _uscc(text: str) -> str:
    try:
        return normalise_uscc(text)
    except UsccError as error:
        raise RuleBroken(error.message, field="uscc", code="uscc") from error


def _website(text: str) -> str:
    """A web address; without a scheme it is taken for https."""
    address = text if "://" in text else f"https://{text}"
    scheme, _sep, rest = address.partition("://")
    host = rest.split("/")[0]
    if scheme.lower() not in ("http", "https") or "." not in host or set(rest) & set(" <>\"'"):
        raise RuleBroken(_("A web address looks like www.company.com."), field="website", code="website")
    return address


_READERS = {"phone": _phone, "email": _email, "uscc": _uscc, "website": _website}
