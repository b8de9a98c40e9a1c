"""What a statement of account is asked."""

import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.core.clock import company_today
from sales.forms.payments import DATE

LANGUAGES = (("zh-hans", "中文"), ("en", "English"))


class StatementForm(forms.Form):
    """From which day to which, and in which language it is printed."""

    first = forms.DateField(
        label=pgettext_lazy("date", "From"), widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label=pgettext_lazy("date", "To"), widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d")
    )
    language = forms.ChoiceField(label=_("Language of the PDF"), choices=LANGUAGES)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("first") and data.get("last") and data["first"] > data["last"]:
            self.add_error("last", _("The last day lies before the first."))
        return data


def this_year(language: str) -> dict[str, Any]:
    """What stands there where nobody asked for anything: this year, in one's own language."""
    today = company_today()
    own = "en" if language.startswith("en") else "zh-hans"
    return {"first": datetime.date(today.year, 1, 1).isoformat(), "last": today.isoformat(), "language": own}
