"""Dangerous acts ask once more who is sitting there: for the password, a code or a security key.

Asked is whoever came with a session; a token was made after such a question. `CRM_CONFIRM_MINUTES` says how long an
answer holds.
"""

from allauth.account.internal.flows import reauthentication
from allauth.core.exceptions import ReauthenticationRequired
from django.http import HttpRequest


def must_confirm(request: HttpRequest) -> bool:
    """Whether the person has to prove again that it is them."""
    return reauthentication.is_reauthentication_required(request, app="crm")


def require_confirmation(request: HttpRequest) -> None:
    """Send the person to where they prove that it is them, and back, unless they did so just now."""
    if must_confirm(request):
        raise ReauthenticationRequired
