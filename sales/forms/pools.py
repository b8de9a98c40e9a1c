"""Forms of pools: they validate, services save."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer
from crm.identity.access import has_verb, visible
from crm.identity.models import Team, User
from crm.listing.forms import CrmForm, people
from sales.models import Lead, Pool, PoolGround, PoolKind
from sales.models.choices import RETURN_REASONS


class ReturnForm(CrmForm):
    """Why a record goes back to the pool."""

    reason = forms.ChoiceField(label=_("Reason"), choices=[("", _("Choose…")), *RETURN_REASONS])
    note = forms.CharField(
        label=_("Note"), max_length=200, required=False, help_text=_("Helps whoever tries next.")
    )


class ExtendForm(CrmForm):
    """Until when a record stays with its owner."""

    until = forms.DateField(label=_("Protected until"), widget=forms.DateInput(attrs={"type": "date"}))
    note = forms.CharField(label=_("Note"), max_length=200, required=False)


class PoolForm(CrmForm):
    """A pool: what it takes, whom it serves, who claims from it and how much."""

    name = forms.CharField(label=_("Name"), max_length=100)
    serves = forms.ModelChoiceField(
        label=_("Serves"),
        queryset=Team.objects.none(),
        required=False,
        empty_label=_("The whole company"),
        help_text=_("This team and those below it; the nearest pool takes a record."),
    )
    takes_leads = forms.BooleanField(label=_("Takes leads"), required=False, initial=True)
    takes_customers = forms.BooleanField(label=_("Takes customers"), required=False, initial=True)
    everyone = forms.BooleanField(
        label=_("All salespeople it serves are members"),
        required=False,
        initial=True,
        help_text=_("Whoever joins or leaves those teams joins or leaves the pool."),
    )
    members = forms.ModelMultipleChoiceField(
        label=_("Members"),
        queryset=User.objects.none(),
        required=False,
        help_text=_("Where not all salespeople are."),
    )

    NUMBERS = (
        "claims_a_day", "holding_cap", "cool_down_days", "claims_of_one", "claims_of_one_days",
        "claim_protection_days", "own_protection_days", "extension_days",
    )  # fmt: skip

    def __init__(self, *args: Any, pool: Pool | None = None, members: Any = (), **kwargs: Any) -> None:
        if pool is not None:
            own = {name: getattr(pool, name) for name in (*self.NUMBERS, "takes_leads", "takes_customers")}
            kwargs["initial"] = own | {
                "everyone": pool.everyone,
                "name": pool.team.name,
                "serves": pool.team.parent_id,
                "members": [one.pk for one in members],
            }
        super().__init__(*args, **kwargs)
        self.fields["serves"].queryset = visible(Team, self.user).filter(
            kind=Team.Kind.DEPARTMENT, is_active=True
        )
        self.fields["serves"].empty_label = _("The whole company")
        self.fields["members"].queryset = people(self.user)
        for name in self.NUMBERS:
            self.fields[name] = Pool._meta.get_field(name).formfield()


class RuleForm(CrmForm):
    """When idle records go back."""

    kind = forms.ChoiceField(label=_("Kind of record"), choices=PoolKind.choices)
    ground = forms.ChoiceField(label=_("When"), choices=PoolGround.choices)
    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=3650, initial=30)
    working_days = forms.BooleanField(label=_("Count working days only"), required=False, initial=True)


def sells(user: User) -> bool:
    """Whether somebody's role works on what pools hold."""
    return has_verb(user, "view", Pool) and (has_verb(user, "view", Lead) or has_verb(user, "view", Customer))
