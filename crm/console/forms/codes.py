"""Where the code of an authenticator app, or a recovery code, is typed."""

from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django.utils.translation import pgettext_lazy


class _Digits:
    """One word for the code wherever it is asked, and the digits of a phone's keyboard."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.fields["code"]  # type: ignore[attr-defined]
        code.label = pgettext_lazy("second factor", "Code")
        code.widget.attrs = {"autocomplete": "one-time-code", "inputmode": "numeric"}


class SetUpForm(_Digits, ActivateTOTPForm):
    """The first code of a new app."""


class UseCodeForm(_Digits, AuthenticateForm):
    """A code at sign-in."""


class ConfirmCodeForm(_Digits, ReauthenticateForm):
    """A code before something dangerous."""
