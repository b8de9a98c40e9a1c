"""What one does to a record as a whole: give it to somebody, share it, move it to the bin and take it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.events.actor import actor_of
from crm.identity import access
from crm.identity import services as identity
from crm.identity.fields import shield
from crm.identity.models import Team, User
from crm.identity.shares import collaborators_of
from crm.listing.answers import by_form, done, version_in
from crm.listing.giving import ShareForm, give_form

if TYPE_CHECKING:
    from crm.listing.declare import ListPage
    from crm.listing.record.declare import RecordPage


@require_http_methods(["GET", "POST"])
def transfer(request: HttpRequest, pk: int, *, page: RecordPage) -> HttpResponse:
    """Give a record to another owner; who no longer sees it then goes on in the list."""
    record = page.record(request, pk, "transfer")
    form = give_form(page.model)(request.POST or None, user=request.user)

    def after(_moved: list[int]) -> str:
        still = access.visible(page.model, request.user).filter(pk=pk).exists()
        return "" if still else page.listing.url()

    return by_form(
        request,
        form,
        lambda: page.transfer([record], actor=actor_of(request), **form.cleaned_data),  # type: ignore[misc]
        lambda _moved: (
            _("%(name)s now belongs to %(owner)s.") % {"name": record, "owner": form.cleaned_data["owner"]}
        ),
        heading=_("Transfer %(name)s") % {"name": record},
        back=record.get_absolute_url(),
        submit=_("Transfer"),
        go=after,
    )


@require_http_methods(["GET", "POST"])
def share(request: HttpRequest, pk: int, *, page: RecordPage) -> HttpResponse:
    """Let a colleague or a team read or edit a record."""
    record = page.record(request, pk, "share")
    form = ShareForm(request.POST or None, user=request.user)
    return by_form(
        request,
        form,
        lambda: identity.share(record, actor=actor_of(request), **form.values()),
        lambda _none: _("Shared with %(who)s.") % {"who": form.holder},
        heading=_("Share %(name)s") % {"name": record},
        back=record.get_absolute_url(),
        submit=_("Share"),
        body="record/_share.html",
        collaborators=collaborators_of(record),
    )


@require_POST
def unshare(request: HttpRequest, pk: int, *, page: RecordPage) -> HttpResponse:
    """Withdraw a share."""
    record = page.record(request, pk, "share")
    holders = {"user": access.visible(User, request.user), "team": access.visible(Team, request.user)}
    for name, rows in holders.items():
        wanted = request.POST.get(name, "")
        if wanted.isdecimal() and len(wanted) < 19:
            who = get_object_or_404(rows, pk=wanted)
            identity.unshare(record, actor=actor_of(request), **{name: who})
            text = _("No longer shared with %(who)s.") % {"who": who}
            return done(request, record.get_absolute_url(), text)
    raise Http404


@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, pk: int, *, page: RecordPage) -> HttpResponse:
    """Move a record to the bin, or do away with one of a kind that has none, as it was when the question was asked."""
    record = page.record(request, pk, "delete")
    said = _("%(name)s lies in the bin for 30 days.") if page.bin else _("%(name)s is deleted.")
    return by_form(
        request,
        None,
        lambda: page.delete(record, actor=actor_of(request), expected=version_in(request)),  # type: ignore[misc]
        said % {"name": record},
        heading=_("Delete %(name)s?") % {"name": record},
        back=record.get_absolute_url(),
        submit=_("Delete"),
        danger=True,
        note=page.before_delete,
        version=record.version,
        go=lambda _gone: page.listing.url(),
    )


@require_http_methods(["GET", "POST"])
def restore(request: HttpRequest, pk: int, *, page: RecordPage) -> HttpResponse:
    """Take a record out of the bin: 404 where one does not see it there, 403 where one sees it and may not delete it."""
    assert page.bin is not None and page.restore is not None
    return take_back(request, pk, source=page.bin, service=page.restore, note=page.before_restore)


def take_back(
    request: HttpRequest,
    pk: int,
    *,
    source: ListPage,
    service: Callable[..., models.Model],
    note: str | Promise,
) -> HttpResponse:
    """The same from any bin, also of a kind whose page is a plain view: `service(record, actor=…)` restores."""
    rows = source.queryset()
    record = get_object_or_404(access.narrow(rows, request.user), pk=pk)
    if not access.narrow(rows, request.user, "delete").filter(pk=pk).exists():
        raise PermissionDenied
    shield(request.user, [record])
    return by_form(
        request,
        None,
        lambda: service(record, actor=actor_of(request)),
        _("%(name)s is back.") % {"name": record},
        heading=_("Restore %(name)s?") % {"name": record},
        back=source.url(),
        submit=_("Restore"),
        note=note,
        record=record,
        go=lambda _back: record.get_absolute_url(),
    )
