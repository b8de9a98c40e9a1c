"""Everybody's own settings: profile, password, display, API tokens; what they keep at hand."""

import json

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from crm.console.forms.auth import NewPasswordForm
from crm.console.forms.me import DisplayForm, ProfileForm, TokenForm
from crm.console.sections import sections_for
from crm.console.services import remember_opened, star
from crm.console.views.guards import confirmed
from crm.core.hooks import hooks
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity import services
from crm.identity.access import get_visible_or_404, visible
from crm.identity.confirming import require_confirmation
from crm.identity.models import ApiToken, User
from crm.listing.once import once

LANGUAGES = [code for code, _label in settings.LANGUAGES]


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Own name and contact data; who changes where a reset of the password goes has to confirm that it is them."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        if {"email", "phone"} & set(form.changed_data):
            require_confirmation(request)
        request.user.refresh_from_db()  # the form has already written on it; the service compares old and new
        try:
            services.update_user(request.user, actor=actor_of(request), **form.cleaned_data)
        except RuleBroken as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("Profile saved."))
            return redirect("settings")
    return render(request, "settings/profile.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@login_required
@sensitive_post_parameters("current", "password", "again")
def password(request: HttpRequest) -> HttpResponse:
    """Change the own password."""
    if limited := ratelimit.consume_or_429(request, action="change_password"):
        return limited
    form = NewPasswordForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.set_password(
                request.user,
                form.cleaned_data["password"],
                keep_session=request.session.session_key or "",
                actor=actor_of(request),
            )
        except RuleBroken as error:
            form.add_error("password", str(error))
        else:
            request.user.refresh_from_db()
            update_session_auth_hash(request, request.user)
            messages.success(request, _("Password changed. Other devices are signed out."))
            return redirect("settings_password")
    return render(request, "settings/password.html", {"form": form}, status=422 if form.errors else 200)


@login_required
def display(request: HttpRequest) -> HttpResponse:
    """Language, time zone, theme, keyboard."""
    user = request.user
    initial = {name: getattr(user, name) for name in ("language", "time_zone", "theme", "shortcuts")}
    form = DisplayForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        services.change_preferences(user, actor=actor_of(request), **form.cleaned_data)
        with override(form.cleaned_data["language"] or None):
            messages.success(request, _("Saved."))
        return redirect("settings_display")
    return render(request, "settings/display.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@login_required
@confirmed
@once
def tokens(request: HttpRequest) -> HttpResponse:
    """The own API tokens; a new one is shown once, right here."""
    form = TokenForm(request.POST or None)
    secret = ""
    if request.method == "POST" and form.is_valid():
        _token, secret = services.create_token(
            request.user,
            name=form.cleaned_data["name"],
            read_only=form.cleaned_data["read_only"],
            expires_at=form.expires_at,
            actor=actor_of(request),
        )
        form = TokenForm()
    rows = visible(ApiToken, request.user).filter(revoked_at__isnull=True)
    return render(
        request,
        "settings/tokens.html",
        {"form": form, "secret": secret, "tokens": rows},
        status=422 if form.errors else 200,
    )


@login_required
@require_POST
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of the own tokens at once."""
    token = get_visible_or_404(ApiToken, request.user, pk)
    services.revoke_token(token, actor=actor_of(request))
    messages.success(request, _("Token revoked. Programs that used it are shut out."))
    return redirect("settings_tokens")


@login_required
@require_POST
def recent_add(request: HttpRequest) -> HttpResponse:
    """Remember that a record was opened; the record page asks for it by itself."""
    remember_opened(request.user, _named_record(request))
    return HttpResponse(status=204)


@login_required
@require_POST
def star_record(request: HttpRequest) -> HttpResponse:
    """Put a star on a record or take it off; htmx gets the button anew and the side bar's list with it."""
    record, on = _named_record(request), request.POST.get("on") == "1"
    refused = ""
    try:
        star(request.user, record, on=on)
    except RuleBroken as error:
        refused = str(error)
    if not request.htmx:
        if refused:
            messages.error(request, refused)
        return redirect(record.get_absolute_url())
    context = {"record_model": record._meta.label_lower, "record_id": record.pk, "fresh": True}
    response = render(request, "console/_star.html", context)
    if refused:
        response["HX-Trigger"] = json.dumps({"toast": {"text": refused, "kind": "bad"}})
    return response


def _named_record(request: HttpRequest) -> Model:
    """The record a form names, of a kind that has a list, if the person may see it."""
    label, pk = request.POST.get("model", ""), request.POST.get("id", "")
    listed = [page.model for page in hooks.list_pages.values()]
    model = next((one for one in listed if one._meta.label_lower == label), None)
    if model is None:
        raise Http404
    return get_visible_or_404(model, request.user, pk)


@login_required
def section_search(request: HttpRequest) -> HttpResponse:
    """The list of sections, narrowed to what matches."""
    q = request.GET.get("section", "")[:100]
    found = sections_for(request.user, "", q)
    return render(request, "components/settings_sections.html", {"groups": found["groups"]})


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Switch language or theme from any page, signed in or not, and come back to it."""
    wanted = {
        "language": request.POST.get("language") if request.POST.get("language") in LANGUAGES else None,
        "theme": request.POST.get("theme") if request.POST.get("theme") in User.Theme.values else None,
    }
    chosen = {name: value for name, value in wanted.items() if value}
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts=None) or not target.startswith("/"):
        target = "/"
    if chosen and request.user.is_authenticated:
        services.change_preferences(request.user, actor=actor_of(request), **chosen)
    if request.headers.get("HX-Request") or "application/json" in request.headers.get("Accept", ""):
        response = HttpResponse(status=204)
    else:
        response = redirect(target)
    if language := chosen.get("language"):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=60 * 60 * 24 * 365,
            secure=settings.HTTPS,
            httponly=True,
            samesite="Lax",
        )
    return response
