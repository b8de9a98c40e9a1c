"""How administrators say what the score of leads adds up."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.writes import RuleBroken
from sales.models import LeadScoring
from sales.pages.leads import PARTS
from sales.queries.webforms import widest
from sales.rules.scoring import BEHAVIOUR, FIT, NEGATIVE
from sales.services.scoring import MOST_HALF_LIFE, MOST_POINTS, MOST_SIZE

PLACES = ("industries", "regions")


class ScoringForm(forms.Form):
    """Points of facts, of what leads do, and against them; whom one sells to; how fast what leads did fades."""

    industries = forms.MultipleChoiceField(
        label=gettext_lazy("Industries you sell to"), required=False, widget=forms.CheckboxSelectMultiple
    )
    regions = forms.MultipleChoiceField(
        label=gettext_lazy("Regions you sell to"), required=False, widget=forms.CheckboxSelectMultiple
    )
    size_from = forms.IntegerField(
        label=gettext_lazy("Employees from"), required=False, min_value=0, max_value=MOST_SIZE
    )
    size_to = forms.IntegerField(
        label=gettext_lazy("Employees up to"), required=False, min_value=0, max_value=MOST_SIZE
    )
    half_life_days = forms.IntegerField(
        label=gettext_lazy("Days after which what they did counts half"),
        min_value=1,
        max_value=MOST_HALF_LIFE,
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, held: LeadScoring, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, default in (FIT | BEHAVIOUR | NEGATIVE).items():
            self.fields[key] = forms.IntegerField(
                label=PARTS[key], min_value=0, max_value=MOST_POINTS, initial=held.points.get(key, default)
            )
        for name, kind in zip(PLACES, ("industry", "region"), strict=True):
            self.fields[name].choices = [(one.pk, one.label) for one in widest(kind)]
        for name in (*PLACES, "size_from", "size_to", "half_life_days", "version"):
            self.fields[name].initial = getattr(held, name)

    def add_rule(self, error: RuleBroken) -> None:
        """Show a broken rule at its field, or above the form."""
        self.add_error(error.field if error.field in self.fields else None, str(error))

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The points in parts: what they are, what they do, what speaks against them."""
        parts = ((_("Fit"), FIT), (_("What they do"), BEHAVIOUR), (_("Against them"), NEGATIVE))
        return [(title, [self[key] for key in points]) for title, points in parts]

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        data = self.cleaned_data
        found = {name: data[name] for name in (*PLACES, "size_from", "size_to", "half_life_days")}
        return found | {
            "points": {key: data[key] for key in FIT | BEHAVIOUR | NEGATIVE},
            "expected": data["version"],
        }
