"""The public pool: what lies there, taking it, giving it back, keeping it."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Customer
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity import access
from crm.listing.answers import by_form, done, refused
from crm.listing.columns import Look
from crm.listing.rows import rows_of
from crm.listing.selection import select
from sales import services
from sales.forms.pools import ExtendForm, ReturnForm, sells
from sales.listings.pools import POOL_CUSTOMERS, POOL_LEADS
from sales.models import Lead
from sales.queries.pools import pool_overview, pools_of

SHOWN = 8
KINDS: dict[str, type[Any]] = {"lead": Lead, "customer": Customer}


@login_required
@require_GET
def pool_home(request: HttpRequest) -> HttpResponse:
    """What one may still claim today, the pools one sees, and the latest that came into them."""
    user = request.user
    if not sells(user):
        raise PermissionDenied
    parts = []
    for listing in (POOL_LEADS, POOL_CUSTOMERS):
        if not access.has_verb(user, "view", listing.model):
            continue
        selection = select(listing, user, QueryDict())
        page = selection.page(size=SHOWN)
        total = page.known_total if page.known_total is not None else selection.count()
        parts.append(
            {
                "listing": listing,
                "columns": [(column, listing.labels()[column.name]) for column in selection.columns],
                "rows": rows_of(listing, selection.columns, page.records, Look(user), tick=False),
                "words": listing.count_words(f"{total:,}", total),
                "total": total,
                "url": listing.url(),
            }
        )
    context = {"parts": parts, "pools": pool_overview(user), "claims": pools_of(user).exists()}
    return render(request, "sales/pool.html", context)


@login_required
@require_POST
def record_claim(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Take a record out of its pool."""
    record = _record(request, pk, kind)
    url = record.get_absolute_url()
    on_its_page = bool(request.htmx) and urlsplit(request.htmx.current_url or "").path == url
    try:
        claimed = services.claim(record, user=request.user, actor=actor_of(request))
    except RuleBroken as error:
        return refused(request, _back(request), str(error))
    text = _("%(name)s is yours now.") % {"name": claimed}
    return done(request, url if on_its_page or not request.htmx else _back(request), text, go=on_its_page)


@login_required
@require_http_methods(["GET", "POST"])
def record_return(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Give a record back to the pool, with the reason."""
    record = _record(request, pk, kind, "transfer")
    form = ReturnForm(request.POST or None, user=request.user)

    def after(_returned: Any) -> str:
        still = access.visible(type(record), request.user).filter(pk=pk).exists()
        return record.get_absolute_url() if still else reverse("pool")

    return by_form(
        request,
        form,
        lambda: services.return_to_pool(record, actor=actor_of(request), **form.cleaned_data),
        _("%(name)s is in the pool.") % {"name": record},
        heading=_("Give %(name)s back to the pool") % {"name": record},
        back=record.get_absolute_url(),
        submit=_("Give back"),
        note=_("It loses its owner; colleagues may claim it. History stays, plans are cancelled."),
        go=after,
    )


@login_required
@require_http_methods(["GET", "POST"])
def protection_extend(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Keep a record with its owner until a day; for those who dispose of it beside its owner."""
    record = _disposed(request, pk, kind)
    form = ExtendForm(request.POST or None, user=request.user)
    return by_form(
        request,
        form,
        lambda: services.extend_protection(record, actor=actor_of(request), **form.cleaned_data),
        _("Saved"),
        heading=_("Extend the protection of %(name)s") % {"name": record},
        back=record.get_absolute_url(),
        go=lambda _kept: record.get_absolute_url(),
    )


@login_required
@require_POST
def protection_lock(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Lock a record to its owner, or unlock it."""
    record = _disposed(request, pk, kind)
    url = record.get_absolute_url()
    try:
        if request.POST.get("do") == "unlock":
            services.unlock_from_owner(record, actor=actor_of(request))
            text = _("Unlocked. Rules may take it again.")
        else:
            services.lock_to_owner(record, actor=actor_of(request))
            text = _("Locked. No rule takes it.")
    except RuleBroken as error:
        return refused(request, url, str(error))
    return done(request, url, text, go=True)


def _record(request: HttpRequest, pk: int, kind: str, action: str = "view") -> Any:
    return access.get_visible_or_404(KINDS[kind], request.user, pk, action)


def _disposed(request: HttpRequest, pk: int, kind: str) -> Any:
    """A record whose owner's manager the person is: nobody keeps their own from the pool."""
    record = _record(request, pk, kind, "transfer")
    if not services.may_keep(request.user, record):
        raise PermissionDenied
    return record


def _back(request: HttpRequest) -> str:
    """The page of the pool one came from."""
    before = urlsplit(request.headers.get("Referer", "")).path
    return before if before.startswith("/pool/") else reverse("pool")
