"""What one says when one decides otherwise than by a tap: a reason, somebody else, a step."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.approvals.models import ApprovalRequest
from crm.approvals.queries import PathStep
from crm.approvals.services.deciding import LONGEST_COMMENT
from crm.approvals.services.handling import AFTER, BEFORE
from crm.listing.forms import CrmForm, people


def _comment(label: Any, *, required: bool) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=LONGEST_COMMENT,
        required=required,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ReasonForm(CrmForm):
    """Why something is refused."""

    comment = _comment(_("Reason"), required=True)


class CommentForm(CrmForm):
    """A word about a request."""

    comment = _comment(_("Comment"), required=True)


class ReturnForm(CrmForm):
    """To whom a request goes back, and why."""

    step = forms.ChoiceField(label=_("Back to"), required=False, widget=forms.RadioSelect)
    comment = _comment(_("Reason"), required=True)

    def __init__(self, *args: Any, earlier: list[PathStep], approval: ApprovalRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        submitter = _("%(name)s, who submitted it") % {"name": approval.submitter}
        self.fields["step"].choices = [("", submitter), *((str(s.step.pk), s.label) for s in earlier)]
        self.initial.setdefault("step", "")

    @property
    def chosen(self) -> int | None:
        """The step's id; None for who submitted it."""
        return int(self.cleaned_data["step"]) if self.cleaned_data["step"] else None


class OtherForm(CrmForm):
    """Somebody else who decides instead."""

    to = forms.ModelChoiceField(label=_("Decides instead"), queryset=None)
    comment = _comment(_("Note"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = people(self.user)


class SignerForm(OtherForm):
    """Somebody who is asked as well."""

    place = forms.ChoiceField(
        label=pgettext_lazy("approval", "When"),
        choices=[(BEFORE, _("Before I decide")), (AFTER, _("After this step"))],
        widget=forms.RadioSelect,
        initial=BEFORE,
    )
    field_order = ["to", "place", "comment"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].label = _("Also ask")


class CopyForm(CrmForm):
    """Who is kept informed."""

    people = forms.ModelMultipleChoiceField(label=_("Keep informed"), queryset=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].queryset = people(self.user)


class DelegationForm(CrmForm):
    """Who decides instead, and in which days."""

    to = forms.ModelChoiceField(label=_("Decides instead"), queryset=None)
    first_date = forms.DateField(
        label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last_date = forms.DateField(
        label=_("To"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = people(self.user)
