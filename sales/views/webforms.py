"""Public forms: the page anybody may fill in, also inside other sites, and the administrators' pages about them."""

import secrets
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core.ratelimit import consume
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from crm.console.views.guards import administrators_only
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of, system
from sales import services
from sales.forms.webforms import PublicForm, WebFormForm
from sales.models import WebForm
from sales.queries import webforms as queries
from sales.rules.webforms import CLICKS, UTM, origin_of
from sales.services.webforms import TEXTS

LANGUAGES = {"zh": "zh-hans", "en": "en"}
KEPT = (*UTM, *CLICKS)
LONGEST = 500


@csrf_exempt  # it carries no rights: who sends it is nobody, and inside other sites there are no cookies
@xframe_options_exempt  # the page's own policy names the sites that may show it
@never_cache
@require_http_methods(["GET", "POST"])
def web_form(request: HttpRequest, slug: str) -> HttpResponse:
    """The public form; what was sent becomes a lead, or a touch of one, and looks the same either way."""
    form = _open(slug)
    with translation.override(_language(request)):
        if request.method == "POST" and not _has_patience(request, form):
            return render(request, "429.html", status=429)
        consent = queries.consent_of(form)
        shown = PublicForm(request.POST if request.method == "POST" else None, form=form, consent=consent)
        if request.method == "POST":
            if shown.is_trapped:
                return _thank(request, form)
            if shown.is_valid():
                try:
                    services.receive_form(
                        form,
                        shown.values(),
                        custom=shown.custom(),
                        key=_key(request),
                        arrival=_arrival(request),
                        actor=system("web-form").via("web"),
                    )
                    return _thank(request, form)
                except RuleBroken as error:
                    shown.add_error(error.field if error.field in shown.fields else None, str(error))
        context = {
            "form": shown,
            "web_form": form,
            "consent": consent,
            "nonce_key": request.POST.get("key", "")[:64] or secrets.token_urlsafe(18),
            "kept": _kept(request),
            "frame_class": _frame_class(request),
            "action": _address(request, "web_form", form),
        }
        status = 422 if request.method == "POST" else 200
        return _framed(render(request, "sales/public/web_form.html", context, status=status), form)


@xframe_options_exempt
@never_cache
@require_GET
def web_form_thanks(request: HttpRequest, slug: str) -> HttpResponse:
    """What is said once a form was sent."""
    form = _open(slug)
    with translation.override(_language(request)):
        context = {"web_form": form, "frame_class": _frame_class(request)}
        return _framed(render(request, "sales/public/web_form_thanks.html", context), form)


@require_GET
def web_form_embed(request: HttpRequest, slug: str) -> HttpResponse:
    """The script that puts the form into a page of another site."""
    form = _open(slug)
    address = settings.BASE_URL + reverse("web_form", args=[form.slug])
    context = {"address": address, "origin": origin_of(settings.BASE_URL), "title": form.title}
    return render(
        request, "sales/public/web_form_embed.js", context, content_type="text/javascript; charset=utf-8"
    )


@administrators_only
@require_GET
def web_forms(request: HttpRequest) -> HttpResponse:
    """All public forms."""
    return render(request, "sales/settings/web_forms.html", {"web_forms": queries.web_forms()})


@administrators_only
@require_http_methods(["GET", "POST"])
def web_form_new(request: HttpRequest) -> HttpResponse:
    """A new public form."""
    return _edit(request, None)


@administrators_only
@require_http_methods(["GET", "POST"])
def web_form_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A public form: what it asks, what it says, where it may stand, and what was sent by it."""
    found = queries.web_form(pk)
    if found is None:
        raise Http404
    return _edit(request, found)


def _edit(request: HttpRequest, web_form: WebForm | None) -> HttpResponse:
    consent = queries.consent_of(web_form) if web_form else None
    initial: dict[str, Any] = {}
    if web_form is not None:
        initial = {name: getattr(web_form, name) for name in TEXTS}
        initial["embed_origins"] = "\n".join(web_form.embed_origins)
        initial |= {"consent_zh": consent.text_zh, "consent_en": consent.text_en} if consent else {}
    data = request.POST if request.method == "POST" else None
    form = WebFormForm(data, user=request.user, web_form=web_form, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.save_web_form(web_form, actor=actor_of(request), **form.values())
        except RuleBroken as error:
            form.add_rule(error)
        else:
            messages.success(request, _("Saved."))
            return redirect("web_form_edit", pk=saved.pk)
    context = {"form": form, "web_form": web_form, "consent": consent}
    if web_form is not None:
        address = settings.BASE_URL + web_form.get_absolute_url()
        context |= {
            "address": address,
            "script": f'<script src="{address}embed.js"></script>',
            "frame": f'<iframe src="{address}?embedded=1" width="100%" height="720"></iframe>',
            "received": queries.received(web_form),
        }
    return render(request, "sales/settings/web_form.html", context, status=422 if form.errors else 200)


def _open(slug: str) -> WebForm:
    form = queries.open_form(slug)
    if form is None:
        raise Http404
    return form


def _language(request: HttpRequest) -> str:
    return LANGUAGES.get(request.GET.get("lang", ""), translation.get_language() or settings.LANGUAGE_CODE)


def _frame_class(request: HttpRequest) -> str:
    """Inside another site the page shows the form alone."""
    return "is-embedded" if request.GET.get("embedded") == "1" else ""


def _has_patience(request: HttpRequest, form: WebForm) -> bool:
    """Whether neither this address nor the form as a whole was used too often in the last minute."""
    return consume(request, action="web_form", key=form.slug)


def _key(request: HttpRequest) -> str:
    """What makes two sendings the same: the number of the form as it was shown, and what stands in it."""
    fields = sorted((name, values) for name, values in request.POST.lists() if name != "key")
    return f"{request.POST.get('key', '')[:64]}|{fields}"


def _arrival(request: HttpRequest) -> services.Arrival:
    posted = request.POST
    marks = {name: posted[name][:200] for name in KEPT if posted.get(name)}
    referrer = posted.get("referrer", "")
    return services.Arrival(_ip(request), marks, referrer[:LONGEST], posted.get("landing", "")[:LONGEST])


def _ip(request: HttpRequest) -> str | None:
    try:
        return str(get_adapter(request).get_client_ip(request))
    except PermissionDenied:  # behind a proxy that does not say
        return None


def _kept(request: HttpRequest) -> list[tuple[str, str]]:
    """Hidden inputs that carry on where somebody came from."""
    given = request.POST if request.method == "POST" else request.GET
    found = {name: given[name][:200] for name in KEPT if given.get(name)}
    found["referrer"] = (given.get("referrer") or request.headers.get("Referer", ""))[:LONGEST]
    found["landing"] = (given.get("landing") or request.build_absolute_uri())[:LONGEST]
    return list(found.items())


def _address(request: HttpRequest, name: str, form: WebForm) -> str:
    query = {key: request.GET[key] for key in ("lang", "embedded") if request.GET.get(key)}
    url = reverse(name, args=[form.slug])
    return f"{url}?{urlencode(query)}" if query else url


def _thank(request: HttpRequest, form: WebForm) -> HttpResponse:
    response = HttpResponseRedirect(form.redirect_url or _address(request, "web_form_thanks", form))
    return _framed(response, form)


def _framed(response: HttpResponse, form: WebForm) -> HttpResponse:
    """Only the sites an administrator named may show the page inside theirs."""
    response._csp_replace = {  # type: ignore[attr-defined]
        "frame-ancestors": ["'self'", *form.embed_origins],
        "form-action": ["'self'", *filter(None, [origin_of(form.redirect_url)])],
    }
    return response
