"""Dangerous acts by API: who came with the browser's session confirms first; a token was made after such a question."""

from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from crm.identity.confirming import must_confirm
from crm.listing.rest.errors import Problem


def require_confirmed(request: Request) -> None:
    """Refuse a session that has not proven lately who is sitting there; says where to do so."""
    if request.auth is None and must_confirm(request._request):
        where = request.build_absolute_uri(reverse("account_reauthenticate"))
        raise Problem(
            403,
            "confirmation_required",
            _("Confirm first that it is you, then send it again."),
            confirm_at=where,
        )
