"""Forms of cadences: they validate, services save."""

from typing import Any

from django import forms
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from crm.listing.forms import CrmForm, CrmModelForm
from sales.models import Cadence, CadenceStep, StepKind
from sales.models.cadence import MOST_DELAY
from sales.queries.cadences import usable_cadences
from sales.rules.cadences import FIELDS

TIME = {"type": "time"}


def offered_fields() -> list[str]:
    """What a template may name, in the reader's language, as it is written."""
    which = 1 if (get_language() or "").startswith("zh") else 0
    return ["{{" + words[which] + "}}" for words in FIELDS.values()]


class CadenceForm(CrmModelForm):
    """What a cadence is for, when its steps are carried out, and what ends it."""

    class Meta:
        model = Cadence
        fields = (
            "name", "description", "is_active", "language", "send_from", "send_until", "stops_on_meeting",
            "stops_on_stage", "stops_on_owner", "stops_with_company",
        )  # fmt: skip
        widgets = {
            "send_from": forms.TimeInput(attrs=TIME, format="%H:%M"),
            "send_until": forms.TimeInput(attrs=TIME, format="%H:%M"),
        }

    def _post_clean(self) -> None:
        """The service checks the model's rules, and keeps the instance as it is."""


class WordsForm(CrmForm):
    """Subject and text of a mail, with fields in double braces."""

    subject = forms.CharField(label=_("Subject"), max_length=200)
    body = forms.CharField(
        label=_("Text"), max_length=5000, widget=forms.Textarea(attrs={"rows": 10}), required=False
    )

    @property
    def offered(self) -> list[str]:
        """The fields the words may name."""
        return offered_fields()

    @property
    def example(self) -> str:
        """A field with what stands there where nothing is known."""
        return offered_fields()[0].removesuffix("}}") + "|" + gettext("there") + "}}"


class StepForm(WordsForm):
    """One step: what is done, how many working days after the one before, and its words."""

    kind = forms.ChoiceField(label=_("What happens"), choices=StepKind.choices)
    delay_days = forms.IntegerField(
        label=_("Working days after the step before"),
        min_value=0,
        max_value=MOST_DELAY,
        initial=0,
        help_text=_("0: on the same day. A task has to be done before the days of the next step begin."),
    )

    field_order = ("kind", "delay_days", "subject", "body")

    def __init__(self, *args: Any, step: CadenceStep | None = None, **kwargs: Any) -> None:
        if step is not None:
            names = ("kind", "delay_days", "subject", "body")
            kwargs["initial"] = {name: getattr(step, name) for name in names} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)


class EnrolForm(CrmForm):
    """Which cadence is begun."""

    cadence = forms.ModelChoiceField(label=_("Cadence"), queryset=Cadence.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cadence"].queryset = usable_cadences()
        self._narrow(None)
