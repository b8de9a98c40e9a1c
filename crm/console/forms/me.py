"""What people change about themselves."""

import zoneinfo
from datetime import timedelta
from functools import lru_cache
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.identity.access import is_administrator
from crm.identity.models import User
from crm.listing.forms import CrmForm, people

COMMON_ZONES = (
    "Asia/Shanghai",
    "Asia/Urumqi",
    "Asia/Hong_Kong",
    "Asia/Taipei",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Asia/Kolkata",
    "Asia/Dubai",
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
    "Australia/Sydney",
    "UTC",
)


@lru_cache(maxsize=1)
def _zones() -> list[tuple[str, str]]:
    known = zoneinfo.available_timezones()
    common = [zone for zone in COMMON_ZONES if zone in known]
    rest = sorted(zone for zone in known - set(common) if "/" in zone and not zone.startswith("Etc/"))
    return [(zone, zone.replace("_", " ")) for zone in [*common, *rest]]


class ProfileForm(forms.ModelForm):
    """Name and contact data."""

    class Meta:
        model = User
        fields = ["name", "email", "phone"]
        help_texts = {
            "email": _("For reminders and to reset a forgotten password."),
        }
        widgets = {
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
            "phone": forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
        }

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()


class DisplayForm(forms.Form):
    """How the pages look for this person."""

    language = forms.ChoiceField(label=_("Language"), required=False)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        help_text=_("For what you see. Due dates and working days follow the company's zone."),
    )
    theme = forms.ChoiceField(label=_("Theme"), choices=User.Theme.choices)
    shortcuts = forms.BooleanField(
        label=_("Single-letter keyboard shortcuts"), required=False, help_text=_("Press ? to see them all.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [
            ("", _("As the browser asks")),
            ("zh-hans", "简体中文"),
            ("en", "English"),
        ]
        company = _("The company's (%(zone)s)") % {"zone": settings.TIME_ZONE}
        self.fields["time_zone"].choices = [("", company), *_zones()]


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(
        label=_("What it is for"),
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": _("ERP, report sheet…")}),
    )
    read_only = forms.BooleanField(
        label=_("Read only"),
        required=False,
        initial=True,
        help_text=_("It can look but not change anything."),
    )
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        coerce=int,
        initial=365,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("One year")), (0, _("Until revoked"))],
    )

    @property
    def expires_at(self) -> Any:
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=days) if days else None


class CoverForm(CrmForm):
    """Who is covered by whom, from when to when."""

    away = forms.ModelChoiceField(User._base_manager.none(), label=_("Who is away"))
    by = forms.ModelChoiceField(User._base_manager.none(), label=_("Covered by"))
    first_date = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    last_date = forms.DateField(label=_("To"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everybody = people(self.user)
        self.fields["away"].queryset = everybody
        self.fields["by"].queryset = everybody
        if not is_administrator(self.user):
            del self.fields["away"]
