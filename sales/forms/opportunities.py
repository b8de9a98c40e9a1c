"""Forms of opportunities: they validate, services save."""

from django import forms

from crm.listing.forms import CrmModelForm
from sales.models import Opportunity


class OpportunityForm(CrmModelForm):
    """The fields of an opportunity that its people edit; stage and outcome have verbs of their own."""

    class Meta:
        model = Opportunity
        fields = (
            "name", "amount", "currency", "expected_close_date", "probability", "probability_reason",
            "forecast_category", "contact", "need", "source", "campaign", "competitor", "external_id",
        )  # fmt: skip
        widgets = {
            "expected_close_date": forms.DateInput(attrs={"type": "date"}),
            "need": forms.Textarea(attrs={"rows": 3}),
        }

    def _post_clean(self) -> None:
        """The service checks the model's rules, and keeps the instance as it is."""
