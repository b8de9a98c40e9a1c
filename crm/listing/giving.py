"""To whom records are given and with whom they are shared: the forms every kind of record asks with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.core.clock import company_midnight
from crm.identity.access import visible
from crm.identity.models import Team, User
from crm.identity.shares import grant_models
from crm.listing.forms import CrmForm, people


class GiveForm(CrmForm):
    """Who has records from now on; where their kind can be shared, whether the previous owner keeps reading them."""

    model: type[models.Model]
    owner = forms.ModelChoiceField(label=_("New owner"), queryset=User.objects.none())
    keep_reader = forms.BooleanField(label=_("The previous owner may go on reading"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = people(self.user)
        if grant_models(self.model) is None:
            del self.fields["keep_reader"]


def give_form(model: type[models.Model]) -> type[GiveForm]:
    """The form that asks to whom records of this kind go."""
    return type("GiveForm", (GiveForm,), {"model": model})


class ShareForm(CrmForm):
    """With whom a record is shared, how far and until when."""

    user = forms.ModelChoiceField(label=_("Colleague"), queryset=User.objects.none(), required=False)
    team = forms.ModelChoiceField(label=_("or team"), queryset=Team.objects.none(), required=False)
    level = forms.ChoiceField(
        label=_("May"), choices=[("read", _("read")), ("edit", _("read and edit"))], initial="read"
    )
    until = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Without a date until you withdraw it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = people(self.user).exclude(pk=self.user.pk)
        self.fields["team"].queryset = visible(Team, self.user).filter(
            is_active=True, kind=Team.Kind.DEPARTMENT
        )

    def clean(self) -> dict[str, Any]:
        super().clean()
        if not self.errors and (self.cleaned_data.get("user") is None) == (
            self.cleaned_data.get("team") is None
        ):
            self.add_error("user", _("Choose a colleague or a team."))
        return self.cleaned_data

    @property
    def holder(self) -> User | Team:
        """The colleague or the team."""
        return self.cleaned_data["user"] or self.cleaned_data["team"]

    def values(self) -> dict[str, Any]:
        """What the service takes: the chosen day counts to its end."""
        found = dict(self.cleaned_data)
        until = found.pop("until")
        return found | {"expires_at": company_midnight(until + timedelta(1)) if until else None}
