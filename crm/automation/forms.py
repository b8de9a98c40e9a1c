"""How one wants to be told, and the robots of group chats."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.automation import kinds
from crm.automation.models import GroupRobot, NotificationRhythm
from crm.automation.queries.bell import Ways
from crm.automation.queries.robots import teams
from crm.core.writes import RuleBroken
from crm.identity.access import is_administrator
from crm.identity.models import User

CHANNELS = ("in_app", "email", "digest")


class PreferencesForm(forms.Form):
    """Three ticks for each kind of news: in the bell, by e-mail at once, in the daily digest."""

    def __init__(self, *args: Any, preferences: list[tuple[kinds.Kind, Ways]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds = [kind for kind, _ways in preferences]
        for kind, ways in preferences:
            for channel, initial in zip(CHANNELS, ways, strict=True):
                self.fields[f"{kind.key}_{channel}"] = forms.BooleanField(required=False, initial=initial)

    def rows(self) -> list[tuple[kinds.Kind, list[forms.BoundField]]]:
        """What the table shows, one line per kind."""
        return [(k, [self[f"{k.key}_{channel}"] for channel in CHANNELS]) for k in self.kinds]

    def ways(self) -> dict[str, Ways]:
        """The answer in the form the service takes."""
        data = self.cleaned_data
        return {k.key: tuple(data[f"{k.key}_{channel}"] for channel in CHANNELS) for k in self.kinds}


class RhythmForm(forms.Form):
    """The hour of the digest, and the hours without mail."""

    digest_in_app = forms.BooleanField(label=_("In the bell"), required=False)
    digest_email = forms.BooleanField(label=_("By e-mail"), required=False)
    digest_at = forms.TimeField(
        label=_("At what time"),
        widget=forms.TimeInput(attrs={"type": "time", "class": "input input-small"}, format="%H:%M"),
    )
    quiet_from = forms.TimeField(
        label=pgettext_lazy("quiet hours", "From"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "class": "input input-small"}, format="%H:%M"),
    )
    quiet_to = forms.TimeField(
        label=pgettext_lazy("quiet hours", "until"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "class": "input input-small"}, format="%H:%M"),
    )

    def __init__(self, *args: Any, rhythm: NotificationRhythm, **kwargs: Any) -> None:
        initial = {name: getattr(rhythm, name) for name in self.base_fields}
        super().__init__(*args, initial=initial, **kwargs)

    def add_rule(self, error: RuleBroken) -> None:
        """Show a broken rule at its field."""
        self.add_error(error.field if error.field in self.fields else None, str(error))


class RobotForm(forms.Form):
    """A robot in a group chat; address and secret are taken in and never shown again."""

    name = forms.CharField(
        label=_("Name"), max_length=60, help_text=_("As the group is called, for example.")
    )
    kind = forms.ChoiceField(label=_("Group chat"), choices=GroupRobot.Kind.choices)
    address = forms.CharField(
        label=_("Address of the robot"),
        max_length=1000,
        required=False,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "https://…"},
        ),
    )
    secret = forms.CharField(
        label=_("Secret for signing"),
        max_length=200,
        required=False,
        help_text=_("DingTalk and Feishu show one where signing is switched on; WeCom has none."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False),
    )
    team = forms.ModelChoiceField(
        GroupRobot._meta.get_field("team").related_model._base_manager.none(),
        label=_("News of"),
        required=False,
        help_text=_("Of this team and the teams below it."),
    )
    news = forms.MultipleChoiceField(label=_("Tells of"), widget=forms.CheckboxSelectMultiple)
    shows_names = forms.BooleanField(
        label=_("Name the customer"),
        required=False,
        help_text=_(
            "Everybody in the group reads it. What people wrote and how to reach the customer never appear."
        ),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    is_active = forms.BooleanField(label=_("Switched on"), required=False, initial=True)

    def __init__(self, *args: Any, user: User, robot: GroupRobot | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = teams(user)
        if is_administrator(user):
            self.fields["team"].empty_label = _("The whole company")
        else:
            self.fields["team"].required = True
            self.fields["team"].empty_label = None
        self.fields["news"].choices = [
            (kind.key, kind.group_label or kind.label) for kind in kinds.for_groups()
        ]
        if robot is None:
            self.fields["address"].required = True
            self.initial |= {"language": settings.LANGUAGE_CODE, "news": ["team_overdue"]}
            return
        self.fields["address"].help_text = _("Kept sealed (%(host)s). Leave it empty to keep it.") % {
            "host": robot.hint
        }
        if robot.sealed_secret:
            self.fields["secret"].help_text = _("Kept sealed. Leave it empty to keep it.")
        names = ("name", "kind", "team", "news", "shows_names", "is_active")
        self.initial |= {name: getattr(robot, name) for name in names}
        self.initial["language"] = robot.language or settings.LANGUAGE_CODE

    def add_rule(self, error: RuleBroken) -> None:
        """Show a broken rule at its field."""
        self.add_error(error.field if error.field in self.fields else None, str(error))
