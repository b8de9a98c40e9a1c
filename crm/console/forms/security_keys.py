"""Naming security keys, and reading what they answered in the browser."""

from collections.abc import Callable
from typing import Any, TypeVar

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.utils.translation import gettext_lazy as _

T = TypeVar("T")
LONGEST = 60
UNREADABLE = (TypeError, ValueError, KeyError, AttributeError)  # what fido2 raises for what no key answers


def _name_field(*, required: bool) -> forms.CharField:
    return forms.CharField(
        label=_("Name of the key"),
        help_text=_("So that you know which one it is, for example: blue key on the key ring."),
        max_length=LONGEST,
        required=required,
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": LONGEST}),
    )


def _read(clean: Callable[[], T]) -> T:
    """What allauth reads of an answer, with words about keys where it would speak of codes."""
    try:
        return clean()
    except UNREADABLE as error:
        raise get_adapter().validation_error("incorrect_key") from error
    except forms.ValidationError as error:
        if getattr(error, "code", "") == "incorrect_code":
            raise get_adapter().validation_error("incorrect_key") from error
        raise


class AddKeyForm(AddWebAuthnForm):
    """A new key: its name, and what it answered."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = _name_field(required=False)

    def clean(self) -> dict[str, Any]:
        return _read(super().clean)


class UseKeyForm(AuthenticateWebAuthnForm):
    """The answer of a key at sign-in."""

    def clean_credential(self) -> Authenticator:
        return _read(super().clean_credential)


class ConfirmKeyForm(ReauthenticateWebAuthnForm):
    """The answer of a key before something dangerous."""

    def clean_credential(self) -> Authenticator:
        return _read(super().clean_credential)


class RenameKeyForm(EditWebAuthnForm):
    """Another name for a key."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = _name_field(required=True)
