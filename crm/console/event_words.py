"""How the audit log says what it holds: which record, by which way, what changed, in the reader's language."""

from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from crm.core import formats
from crm.events.models import Event
from crm.listing.custom.columns import text_of
from crm.records.models.custom_field import PREFIX, CustomField
from crm.records.queries.custom_fields import field_named

ORIGINS = {
    "web": _("Web pages"),
    "api": _("API"),
    "import": _("Import"),
    "task": _("Background work"),
    "admin": _("Administration"),
    "cli": _("Command line"),
}
# What an event tells beside the fields of its record.
TOLD = {
    "file": _("File"),
    "row": _("Row"),
    "reason": _("Reason"),
    "import": _("Import"),
    "name": _("Name"),
    "type": _("Kind"),
}
# Values of a payload that are kept by their key.
SPOKEN = {
    "totp": _("Authenticator app"),
    "webauthn": _("Security key"),
    "recovery_codes": _("Recovery codes"),
}
LONGEST = 400


def origin_words(event: Event) -> str:
    """By which way it happened."""
    return str(ORIGINS.get(event.origin, event.origin))


def subject_words(event: Event) -> str:
    """The record an event is about, as people call its kind, with its number."""
    model = _model(event)
    kind = model._meta.verbose_name if model else event.subject_type.rsplit(".", 1)[-1].replace("_", " ")
    return f"{capfirst(str(kind))} {event.subject_id}"


def change_words(event: Event) -> str:
    """What changed, in one line: field, old and new value; personal values are named but not shown."""
    model = _model(event)
    parts = [_said(model, name, _pair(model, name, pair)) for name, pair in event.changes.items()]
    parts += [
        gettext("%(field)s changed") % {"field": _label(model, name)}
        for name in event.private
        if _field(model, name)
    ]
    if not parts:
        parts = [
            _said(model, name, _value(_field(model, name), value))
            for name, value in event.payload.items()
            if not isinstance(value, dict | list)
        ]
    return pgettext("list", "; ").join(parts)[:LONGEST]


def _said(model: type[models.Model] | None, name: str, value: str) -> str:
    return f"{_label(model, name)}{pgettext('before a value', ': ')}{value}"


def _model(event: Event) -> type[models.Model] | None:
    try:
        return apps.get_model(event.subject_type)
    except (LookupError, ValueError):
        return None


def _field(model: type[models.Model] | None, name: str) -> Any:
    """The field of a name, built in or custom."""
    if model is not None and name.startswith(PREFIX):
        return field_named(model, name)
    try:
        return model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None


def _label(model: type[models.Model] | None, name: str) -> str:
    field = _field(model, name)
    if isinstance(field, CustomField):
        return field.label
    known = getattr(field, "verbose_name", "") or TOLD.get(name) or name.replace("_", " ")
    return str(capfirst(str(known)))


def _pair(model: type[models.Model] | None, name: str, pair: Any) -> str:
    field = _field(model, name)
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        return _value(field, pair)
    return " → ".join(_value(field, value) for value in pair)


def _value(field: Any, value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("label", value))
    if isinstance(field, CustomField):
        return text_of(field, value) or "–"
    if isinstance(value, list):
        return ", ".join(_value(field, one) for one in value) or "–"
    if value in (None, ""):
        return "–"
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if (choices := dict(getattr(field, "flatchoices", ()))) and value in choices:
        return str(choices[value])
    if isinstance(field, models.DateTimeField) and (moment := parse_datetime(str(value))):
        return formats.moment(moment)
    if isinstance(field, models.DateField) and (day := parse_date(str(value))):
        return formats.day(day)
    return str(value if field else SPOKEN.get(value, value))
