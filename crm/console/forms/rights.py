"""How far a role reaches into single fields, and the reason for looking at a masked one."""

from typing import Any

from django import forms
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from crm.identity.fields import guarded_fields, maskable
from crm.identity.models import FieldLevel


class FieldRightsForm(forms.Form):
    """One choice for each field of a kind of record that can be restricted."""

    def __init__(self, *args: Any, model: type[models.Model], held: dict[str, str], **kwargs: Any) -> None:
        self.label = model._meta.label_lower
        super().__init__(*args, prefix=f"fields-{self.label}", **kwargs)
        self.name = model._meta.verbose_name_plural
        for name in guarded_fields(model):
            choices = [
                (value, words)
                for value, words in FieldLevel.choices
                if value != FieldLevel.MASKED or maskable(model, name)
            ]
            self.fields[name] = forms.ChoiceField(
                label=capfirst(str(model._meta.get_field(name).verbose_name)),
                choices=choices,
                initial=held.get(name, FieldLevel.EDIT),
                required=False,
            )

    @property
    def restricted(self) -> int:
        """How many fields are not simply edited."""
        return sum(1 for field in self if field.value() not in ("", None, FieldLevel.EDIT))

    def levels(self) -> dict[tuple[str, str], str]:
        """What was changed, as the service takes it."""
        return {
            (self.label, name): self.cleaned_data[name] or FieldLevel.EDIT.value for name in self.changed_data
        }


class RevealForm(forms.Form):
    """Why somebody needs to see a masked value."""

    reason = forms.CharField(label=_("Reason"), max_length=200)
