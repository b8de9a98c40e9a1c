"""Security keys of one's own, and taking the second factor off somebody who lost theirs."""

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import views as key_views
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.console import services
from crm.console.views.guards import administrators_only, confirmed
from crm.console.views.organisation import place
from crm.console.views.panels import done
from crm.events.actor import actor_of
from crm.identity.access import get_visible_or_404
from crm.identity.models import User

rename = key_views.EditWebAuthnView.as_view(success_url=reverse_lazy("mfa_index"))
remove = key_views.RemoveWebAuthnView.as_view(success_url=reverse_lazy("mfa_index"))


@login_required
def key_rename(request: HttpRequest, pk: int) -> HttpResponse:
    """Give one of one's own security keys another name."""
    return rename(request, pk=pk)


@login_required
def key_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one of one's own security keys off; the last factor of a role that needs one stays."""
    key = services.second_factors(request.user).filter(type=Authenticator.Type.WEBAUTHN, pk=pk).first()
    if key is None:
        raise Http404
    if not get_adapter().can_delete_authenticator(key):
        messages.error(request, get_adapter().error_messages["cannot_delete_authenticator"])
        return redirect("mfa_index")
    return remove(request, pk=pk)


@administrators_only
@confirmed
@require_POST
def member_second_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the second factor off somebody; they set up another one at their next sign-in if their role needs it."""
    member = get_visible_or_404(User, request.user, pk, "change")
    if services.reset_second_factor(member, actor=actor_of(request)):
        messages.success(request, _("%(name)s can set up a new second factor.") % {"name": member})
    else:
        messages.info(request, _("%(name)s has no second factor.") % {"name": member})
    return done(request, place(member.team, member))
