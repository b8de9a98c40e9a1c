"""Cells of customers that need a reading of their own."""

import re
from typing import Any

from crm.listing.importing.widgets import ChoiceWidget, NumberWidget, TextWidget


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
