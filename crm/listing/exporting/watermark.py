"""What every exported file says about itself: who took it out, when, why, and the number that leads to its entry in the log."""

from __future__ import annotations

import datetime
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core import formats

if TYPE_CHECKING:
    from crm.identity.models import User


def new_number() -> str:
    """A number nobody guesses and everybody can read out."""
    return (
        f"X{secrets.token_hex(4).upper()}"  # the letter keeps a spreadsheet from reading 1E234567 as a number
    )


def key_of(number: str) -> str:
    """Under which key the log knows an export."""
    return f"export:{number.strip().lower()}"


@dataclass(frozen=True)
class Watermark:
    """The mark of one file."""

    person: str
    reason: str = ""
    number: str = field(default_factory=new_number)
    at: datetime.datetime = field(default_factory=timezone.now)

    @classmethod
    def of(cls, user: User, reason: str = "") -> Watermark:
        """The mark of a file somebody takes out now."""
        return cls(str(user), reason)

    @property
    def heading(self) -> str:
        """The heading of the column that repeats the number in every row."""
        return _("Export number")

    @property
    def line(self) -> str:
        """The mark as people read it, in one line."""
        parts = [self.person, formats.exact(self.at), f"{self.heading} {self.number}", self.reason]
        return " · ".join(part for part in parts if part)
