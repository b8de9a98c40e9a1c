"""Adding, changing and moving people and teams."""

import secrets
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.identity.access import visible
from crm.identity.models import Role, Team, User
from crm.identity.queries import team_paths

EASY = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read wrongly over the phone


def temporary_password() -> str:
    """A password to be told over the phone, such as `k7mn-x4pr-9wde`."""
    return "-".join("".join(secrets.choice(EASY) for _i in range(4)) for _j in range(3))


class TeamChoice(forms.ModelChoiceField):
    """Teams by their place in the tree."""

    def __init__(self, *, user: User, **kwargs: Any) -> None:
        super().__init__(queryset=visible(Team, user).filter(kind=Team.Kind.DEPARTMENT), **kwargs)
        self.paths = team_paths()

    def label_from_instance(self, obj: Team) -> str:
        return self.paths.get(obj.pk, obj.name)


class PersonForm(forms.ModelForm):
    """What an administrator sets about somebody."""

    class Meta:
        model = User
        fields = ["name", "username", "role", "team", "phone", "email", "title"]
        help_texts = {"username": _("For signing in: letters, digits and @ . + - _"), "email": ""}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"] = TeamChoice(
            user=user, label=_("Department"), required=False, empty_label=_("No department")
        )
        self.fields["role"] = forms.ModelChoiceField(
            visible(Role, user), label=_("Role"), empty_label=None if self.instance.pk else "–"
        )
        self.order_fields(self.Meta.fields)
        if self.instance.pk:
            del self.fields["username"]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()


class MemberForm(PersonForm):
    """Somebody who is here already; moving to another team asks about the records."""

    records_follow = forms.TypedChoiceField(
        label=_("When the department changes"),
        required=False,
        coerce=lambda value: value == "follow",
        empty_value=True,
        choices=[
            ("follow", _("Their records go along")),
            ("stay", _("Their records stay with the old department")),
        ],
    )


class TeamForm(forms.Form):
    """A team's name, place and leader."""

    name = forms.CharField(label=_("Name"), max_length=100)
    leader = forms.ModelChoiceField(
        User._base_manager.none(),
        label=_("Leader"),
        required=False,
        help_text=_("Sees the records of the team and of all teams below it, whatever their role."),
    )

    def __init__(self, *args: Any, user: User, team: Team | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"] = TeamChoice(
            user=user, label=_("Belongs to"), required=False, empty_label=_("The top of the tree")
        )
        self.order_fields(["name", "parent", "leader"])
        self.fields["leader"].queryset = visible(User, user).filter(is_active=True)


class LeaveForm(forms.Form):
    """Who takes over, per kind of record."""

    def __init__(
        self, *args: Any, user: User, leaver: User, kinds: list[dict[str, Any]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kinds = kinds
        people = visible(User, user).filter(is_active=True).exclude(pk=leaver.pk)
        self.team = list(people.filter(team=leaver.team_id)) if leaver.team_id else []
        self.people = {str(person.pk): person for person in people}
        choices = [("", _("Choose…"))]
        if len(self.team) > 1:
            choices.append(("team", _("Share out among the team")))
        if kinds and len(self.people) > 1:
            choices.append(("several", _("Several people in turn")))
        choices.append(("nobody", _("Nobody for now")))
        choices += [
            (str(p.pk), f"{p.name} · {p.team}" if p.team_id else p.name)
            for p in people.select_related("team")
        ]
        for kind in kinds:
            self.fields[kind["label"]] = forms.ChoiceField(
                label=f"{capfirst(kind['name'])} · {kind['count']}",
                choices=choices,
                error_messages={"required": _("Choose who takes over.")},
            )
        if kinds and len(self.people) > 1:
            self.fields["takers"] = forms.ModelMultipleChoiceField(
                people,
                label=_("The several people"),
                required=False,
                help_text=_("What belongs to a customer goes to whoever takes the customer."),
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        chosen = {data.get(kind["label"]) for kind in self.kinds}
        if "several" in chosen and not data.get("takers"):
            self.add_error("takers", _("Choose who takes over."))
        return data

    def heirs(self) -> dict[str, list[User]]:
        """The people for each kind of record: one, several in turn, or none."""
        result = {}
        for kind in self.kinds:
            chosen = self.cleaned_data[kind["label"]]
            groups = {"team": self.team, "nobody": [], "several": list(self.cleaned_data.get("takers") or ())}
            result[kind["label"]] = groups[chosen] if chosen in groups else [self.people[chosen]]
        return result


class AccessForm(forms.Form):
    """One more team whose records somebody works with."""

    permission = forms.ChoiceField(
        label=pgettext_lazy("rights", "May"),
        choices=[
            ("view_records", _("see its records")),
            ("change_records", _("edit its records")),
            ("assign_records", _("transfer, share and delete its records")),
        ],
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"] = TeamChoice(user=user, label=_("Team"))
        self.order_fields(["team", "permission"])


class OrganisationFileForm(forms.Form):
    """The list of departments and people."""

    file = forms.FileField(label=_("Excel or CSV file"))
