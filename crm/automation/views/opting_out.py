"""The public page on which whoever gets our mails says that they want no more."""

from allauth.core.ratelimit import consume
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from crm.automation import services
from crm.automation.models import Suppression
from crm.events.actor import system
from crm.identity.queries import company


@csrf_exempt  # mail programs send it for their reader (RFC 8058); the token in the address says which mail it was
@never_cache
@require_http_methods(["GET", "POST"])
def opt_out(request: HttpRequest, token: str) -> HttpResponse:
    """Want no more mails: asked first in the browser, at once by a mail program."""
    if not consume(request, action="opt_out"):
        return render(request, "429.html", status=429)
    mail = services.read_opt_out(token)
    if mail is None:
        raise Http404
    if request.method == "POST":
        services.suppress(
            mail.to, reason=Suppression.Reason.OPTED_OUT, actor=system("opt-out").via("link"), email=mail
        )
    context = {"company_name": company().name, "done": request.method == "POST"}
    return render(request, "automation/opt_out.html", context)
