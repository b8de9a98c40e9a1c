"""What signing in needs beyond allauth's own views."""

from allauth.account import views as allauth_views
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from crm.console.forms.auth import NewPasswordForm
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity import services
from crm.identity.queries import company


def password_reset(request: HttpRequest) -> HttpResponse:
    """Ask for a link by e-mail; an installation without e-mail says whom to ask instead."""
    if not settings.EMAIL_CONFIGURED:
        return render(request, "account/password_reset_unavailable.html", {"help_text": company().help_text})
    return allauth_views.password_reset(request)


@never_cache
@login_required
@sensitive_post_parameters("current", "password", "again")
def password_change(request: HttpRequest) -> HttpResponse:
    """Choose a new password; whoever got one from an administrator comes here first."""
    if limited := ratelimit.consume_or_429(request, action="change_password"):
        return limited
    form = NewPasswordForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.set_password(request.user, form.cleaned_data["password"], actor=actor_of(request))
        except RuleBroken as error:
            form.add_error("password", str(error))
        else:
            request.user.refresh_from_db()
            update_session_auth_hash(request, request.user)  # other devices are signed out, this one stays
            messages.success(request, _("Password changed. Other devices are signed out."))
            return HttpResponseRedirect("/")
    status = 422 if form.errors else 200
    return render(request, "account/password_change.html", {"form": form}, status=status)
