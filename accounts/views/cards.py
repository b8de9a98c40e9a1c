"""Contacts as vCards for one's phone: one person, or those chosen in the list; an export like any other."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts.listings import CONTACTS
from accounts.models import Contact
from accounts.queries.customers import contact_list
from accounts.rules.vcard import vcard
from crm.core.masking import is_masked
from crm.events.actor import actor_of
from crm.events.recording import EventRow, record_events
from crm.identity import access, fields
from crm.identity.models import User
from crm.listing import pages
from crm.listing.exporting import table
from crm.listing.exporting.events import LIST_EXPORTED
from crm.listing.exporting.responses import ask_why, reason_of, record_refusal, refusal, while_allowed
from crm.listing.exporting.watermark import Watermark, key_of
from crm.listing.selection import BadQuery, select

MOST = 1000  # people at once: more is no address book
TYPE = "text/vcard; charset=utf-8"
SHOWN = ("name", "department", "title", "phone", "email", "wechat")


@login_required
@require_safe
def contact_card(request: HttpRequest, pk: int) -> HttpResponse:
    """One contact as a vCard."""
    return one_card(
        request, access.get_visible_or_404(Contact, request.user, pk, "view", queryset=contact_list())
    )


@login_required
@require_safe
def contact_cards(request: HttpRequest) -> HttpResponseBase:
    """The ticked contacts of the list, or all that its filters leave, as vCards."""
    return chosen_cards(request)


def one_card(request: HttpRequest, contact: Contact) -> HttpResponse:
    """The card of a contact somebody sees and may export; only the audit event is written."""
    access.authorize(request.user, "export", contact)
    if (offer := ask_why(request, contact, contact.get_absolute_url())) is not None:
        return offer
    fields.shield(request.user, [contact])
    _record(request, 1, Watermark.of(request.user, reason_of(request)), contact=contact.pk)
    return _download(HttpResponse(card_of(contact), content_type=TYPE), f"{contact.name}.vcf")


def chosen_cards(request: HttpRequest) -> HttpResponseBase:
    """Cards of the chosen contacts within one's own scope, up to the cap of the role."""
    ticked = pages.ticked_rows(_exporting(request))
    apart = frozenset({"ids", "reason"} if ticked else {"reason"})
    try:
        selection = select(CONTACTS, request.user, request.GET, extra=ticked, ignore=apart)
    except BadQuery as error:
        return pages.bad_query(request, CONTACTS, error)
    table.require_export(request.user, selection)
    rows = table.count_of(selection)
    cap = min(MOST, MOST if (found := table.cap_of(request.user)) is None else found)
    if rows > cap:
        over = table.Overflow(rows, cap)
        record_refusal(selection, over, actor_of(request))
        return refusal(request, selection, over)
    if (offer := ask_why(request, CONTACTS.title, CONTACTS.url(), rows)) is not None:
        return offer
    mark = Watermark.of(request.user, reason_of(request))
    _record(request, rows, mark, query=request.GET.urlencode()[:2000])
    cards = while_allowed(map(card_of, table.records_of(selection)))
    response = StreamingHttpResponse(cards, content_type=TYPE)
    return _download(response, table.file_name(selection, "vcf", mark))


def card_of(contact: Contact) -> str:
    """The card of a contact as its reader sees it: what is hidden or shown in part only stays out."""
    values: dict[str, Any] = {name: getattr(contact, name) or "" for name in SHOWN}
    values |= {"company": contact.customer.name, "uid": f"contact-{contact.pk}"}
    return vcard({name: value for name, value in values.items() if value and not is_masked(value)})


def _exporting(request: HttpRequest) -> Any:
    query = request.GET.copy()
    query["export"] = "vcf"
    return query


def _record(request: HttpRequest, rows: int, mark: Watermark, **payload: Any) -> None:
    payload |= {"list": CONTACTS.key, "number": mark.number, "rows": rows, "format": "vcf"}
    payload["personal"] = ["phone", "email", "wechat"]
    if mark.reason:
        payload["reason"] = mark.reason
    row = EventRow(User, request.user.pk, payload=payload, about=[key_of(mark.number)])
    record_events(LIST_EXPORTED, [row], actor=actor_of(request))


def _download(response: HttpResponseBase, name: str) -> Any:
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response
