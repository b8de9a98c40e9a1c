"""Cells of customers that need a reading of their own."""

import re
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Highlight
from crm.core.text import tidy
from crm.listing.importing.widgets import CellError, ChoiceWidget, NumberWidget, TextWidget


class SourceWidget(ChoiceWidget):
    """Where a customer came from; a source nobody declared is kept in words as the detail of “other”."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        try:
            return super().clean(value, row=row, **kwargs)
        except ValueError:
            return f"other:{TextWidget(100).clean(value)}"


class SizeWidget(NumberWidget):
    """A number of employees; of a range such as 50-99人 the lower end."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> int:
        if found := re.match(r"^\D{0,6}?(\d[\d,]*)\s*(?:[-~–—至到]\s*[\d,]+)?\s*\+?\s*(?:人|名|员工|people|employees)?\s*(?:以上|以下|左右)?$", value):  # fmt: skip
            value = found[1]
        return super().clean(value, row=row, **kwargs)


class FactsWidget(TextWidget):
    """Key facts of a customer, each as “label: text”; one without a label is called a remark."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> list[str]:
        found = []
        for piece in re.split(r"[;；\n]+", str(value)):
            label, colon, text = (
                part.strip() for part in re.sub("：", ":", tidy(piece), count=1).partition(":")
            )
            if not (text if colon else label):
                continue
            if not colon or not label or len(label) > 20:
                label, text = _("Key fact"), tidy(piece)
            if len(text) > 200:
                raise CellError(
                    "too_long", _("A key fact has at most %(count)s characters.") % {"count": 200}
                )
            found.append(f"{label}: {text}")
        found = list(dict.fromkeys(found))
        if len(found) > Highlight.MOST:
            raise CellError(
                "too_many",
                _("At most %(count)d facts: the rest is no longer key.") % {"count": Highlight.MOST},
            )
        return found
