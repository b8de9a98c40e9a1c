"""Somebody lost their phone: an administrator takes their second factor off."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.console import services
from crm.console.views.guards import administrators_only, confirmed
from crm.console.views.organisation import place
from crm.console.views.panels import done
from crm.events.actor import actor_of
from crm.identity.access import get_visible_or_404
from crm.identity.models import User


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
