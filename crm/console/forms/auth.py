"""Signing in and choosing a password."""

from typing import Any

import structlog
from allauth.account.forms import LoginForm, ResetPasswordForm
from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.console.tasks import send_reset_link
from crm.identity.models import User

log = structlog.get_logger(__name__)


class SignInForm(LoginForm):
    """User name, e-mail or mobile number, and the password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login, password = self.fields["login"], self.fields["password"]
        login.label = _("User name, e-mail or mobile")
        login.widget.attrs = {
            "autocomplete": "username",
            "autofocus": True,
            "maxlength": 150,
            "spellcheck": "false",
        }
        login.error_messages["required"] = _("Enter your user name, e-mail or mobile number.")
        password.label = _("Password")
        password.widget.attrs = {"autocomplete": "current-password"}
        password.error_messages["required"] = _("Enter your password.")
        password.help_text = ""
        self.fields["remember"].label = _("Keep me signed in on this device")


class ForgottenPasswordForm(ResetPasswordForm):
    """The address a link is to go to; whether somebody has it is looked up in the background."""

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email = self.cleaned_data["email"]
        try:
            send_reset_link.delay(email)
        except Exception as error:  # the broker is away: rather a slow answer than no mail
            log.warning("broker_unavailable", task=send_reset_link.name, error=str(error))
            send_reset_link(email)
        return str(email)


class NewPasswordForm(forms.Form):
    """A new password, typed twice, with the present one to prove who is sitting there."""

    current = forms.CharField(
        label=_("Present password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    password = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("New password again"),
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password"].help_text = " ".join(password_validators_help_texts())

    def clean_current(self) -> str:
        if not self.user.check_password(self.cleaned_data["current"]):
            raise forms.ValidationError(_("This is not your present password."))
        return str(self.cleaned_data["current"])

    def clean_password(self) -> str:
        validate_password(self.cleaned_data["password"], self.user)
        return str(self.cleaned_data["password"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("password") and data.get("again") and data["password"] != data["again"]:
            self.add_error("again", _("The two new passwords differ."))
        if data.get("password") and data.get("password") == data.get("current"):
            self.add_error("password", _("Choose another password than the present one."))
        return data
