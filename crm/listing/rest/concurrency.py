"""No lost update: a change names the version it was made against, in `If-Match` or in the body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from crm.core.writes import Versioned
from crm.listing.rest.errors import Problem


@dataclass(frozen=True)
class Expectation:
    """The version a caller has seen; `number` None accepts any (`If-Match: *`)."""

    number: int | None
    by_header: bool

    def stale(self, current: models.Model, describe: Callable[[models.Model], Any]) -> Problem:
        """412 for the header, 409 for the body, both with the values as they are now."""
        return Problem(
            412 if self.by_header else 409,
            "stale_version",
            _("Somebody else has changed this record meanwhile."),
            current=describe(current),
        )


def expectation_of(request: Request, record: models.Model) -> Expectation:
    """What the caller expects; 428 when a versioned record is to be changed without saying so."""
    if not isinstance(record, Versioned):
        return Expectation(None, True)
    header = request.headers.get("If-Match", "").strip()
    if header:
        text = header.removeprefix("W/").strip('"')
        return Expectation(int(text) if text.isdecimal() else None if text == "*" else -1, True)
    version = request.data.get("version") if hasattr(request.data, "get") else None
    if version is None:
        raise Problem(428, "version_required", _("Send If-Match, or the version in the body."))
    if isinstance(version, bool) or not str(version).isdecimal():
        raise ValidationError({"version": [_("A version is a whole number.")]})
    return Expectation(int(version), False)


def check(expected: Expectation, record: models.Model, describe: Callable[[models.Model], Any]) -> None:
    if expected.number is not None and getattr(record, "version", None) != expected.number:
        raise expected.stale(record, describe)


def etag(record: models.Model) -> str:
    return f'"{record.version}"' if isinstance(record, Versioned) else ""
