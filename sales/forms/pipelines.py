"""Forms of pipelines and stages, for administrators."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from crm.identity.models import Team
from crm.listing.forms import CrmForm
from crm.records.field_access import readable
from sales.models import ForecastCategory, Opportunity, Pipeline, Stage
from sales.services.stages import ASKABLE, field_label


class PipelineForm(CrmForm):
    """What a pipeline is called and who sells through it."""

    name = forms.CharField(label=_("Name"), max_length=100)
    name_en = forms.CharField(label=_("English name"), max_length=100, required=False)
    teams = forms.ModelMultipleChoiceField(
        label=_("Teams"),
        queryset=Team.objects.none(),
        required=False,
        help_text=_("Who sells this way; without a choice everybody."),
    )

    def __init__(self, *args: Any, teams: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["teams"].queryset = teams


class NewPipelineForm(PipelineForm):
    """A new pipeline, perhaps with the stages of another."""

    copy = forms.ModelChoiceField(
        label=_("Begin with the stages of"), queryset=Pipeline.objects.none(), required=False
    )

    def __init__(self, *args: Any, pipelines: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["copy"].queryset = pipelines


class EditPipelineForm(PipelineForm):
    """The same of a pipeline there is, and whether it is in use."""

    is_default = forms.BooleanField(label=_("The pipeline of whoever names none"), required=False)
    is_active = forms.BooleanField(label=_("In use"), required=False)


class StageForm(forms.Form):
    """A stage: how likely deals are there, what must be known to leave it, when they rot, who lets them in."""

    name = forms.CharField(label=_("Name"), max_length=100)
    name_en = forms.CharField(label=_("English name"), max_length=100, required=False)
    probability = forms.IntegerField(label=_("Probability in per cent"), min_value=0, max_value=100)
    forecast_category = forms.ChoiceField(label=_("Forecast"), choices=ForecastCategory.choices)
    asks = forms.MultipleChoiceField(label=_("Needed to go on"), required=False)
    rot_days = forms.IntegerField(
        label=_("Rots after days"), min_value=1, max_value=365, required=False, help_text=_("Empty: never.")
    )
    needs_approval = forms.BooleanField(
        label=_("Needs approval to enter"),
        required=False,
        help_text=_("A deal comes here only after the approval flow for stages has agreed."),
    )

    def __init__(self, *args: Any, user: Any, stage: Stage | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [*ASKABLE, *(one.name for one in readable(user, Opportunity).values())]
        closing = stage is not None and not stage.is_open
        if closing:
            names = ["reason", *names]
            for name in ("probability", "forecast_category", "rot_days", "needs_approval"):
                del self.fields[name]
            self.fields["asks"].label = _("Needed to close")
        else:
            kept = [one for one in ForecastCategory.choices if one[0] != ForecastCategory.CLOSED]
            self.fields["forecast_category"].choices = kept
        self.fields["asks"].choices = [(name, capfirst(field_label(name))) for name in names]
        self.fields["asks"].widget = forms.CheckboxSelectMultiple(choices=self.fields["asks"].choices)


class DeleteStageForm(forms.Form):
    """Where the deals of a stage go that is taken away."""

    to = forms.ModelChoiceField(label=_("Its deals go to"), queryset=Stage.objects.none(), empty_label=None)

    def __init__(self, *args: Any, others: Any, asks: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = others
        if not asks:
            del self.fields["to"]
