"""The export of a list page: `?export=xlsx` gives the file itself, up to the cap of the reader's role."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from django.core.exceptions import BadRequest, PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from crm.core.text import tidy
from crm.events.actor import Actor, actor_of
from crm.events.recording import EventRow, record_event, record_events
from crm.identity.queries import company

from . import table, writers
from .events import LIST_EXPORT_REFUSED, LIST_EXPORTED
from .watermark import Watermark, key_of

if TYPE_CHECKING:
    from crm.identity.models import User
    from crm.listing.selection import Selection

FORMATS = ("xlsx", "csv")
LONGEST_REASON = 200
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
IN_REQUEST = 1000  # longer lists ask for a reason in any case and are prepared in the background


def respond(request: HttpRequest, selection: Selection, file_format: str) -> HttpResponseBase:
    """The list as a file; refused over the cap of the reader's role. The only thing written is the audit event."""
    if file_format not in FORMATS or not selection.listing.exportable:
        raise BadRequest(_("Lists are exported as xlsx or csv."))
    table.require_export(request.user, selection)
    actor = actor_of(request)
    rows = table.count_of(selection)
    try:
        table.check_cap(request.user, rows)
    except table.Overflow as over:
        record_refusal(selection, over, actor)
        return refusal(request, selection, over, file_format)
    if rows > IN_REQUEST:
        return offer_background(request, selection, file_format, rows)
    if (offer := ask_why(request, selection.listing.title, selection.listing.url(), rows)) is not None:
        return offer
    mark = Watermark.of(request.user, reason_of(request))
    record_export(request.user, selection, rows, file_format, actor, mark)
    return file_response(selection, file_format, mark)


def asks_why(rows: int) -> bool:
    """Whether an export of so many rows has to say what it is needed for."""
    return rows > IN_REQUEST or company().asks_export_reason


def reason_of(request: HttpRequest) -> str:
    """What an export by an address says it is needed for."""
    return tidy(request.GET.get("reason", ""))[:LONGEST_REASON]


def ask_why(request: HttpRequest, title: object, back: str, rows: int = 1) -> HttpResponse | None:
    """The page that asks what a file is needed for, where the company wants to know and the address does not say it."""
    if not asks_why(rows) or reason_of(request):
        return None
    kept = [(name, one) for name, values in request.GET.lists() if name != "reason" for one in values]
    context = {"title": title, "back": back, "rows": rows, "kept": kept}
    return render(request, "imports/export_reason.html", context)


def file_response(selection: Selection, file_format: str, mark: Watermark) -> HttpResponseBase:
    """The file itself: csv is streamed, a workbook is built in a temporary file."""
    headers = table.headers_of(selection, mark)
    name = table.file_name(selection, file_format, mark)
    if file_format == "csv":
        lines = while_allowed(writers.csv_lines(headers, table.rows_of(selection, mark)))
        response: HttpResponseBase = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = content_disposition_header(True, name)
    else:
        target = tempfile.TemporaryFile()  # noqa: SIM115 - FileResponse closes it
        writers.write_xlsx(
            target, str(selection.listing.title), headers, table.rows_of(selection, mark), mark
        )
        target.seek(0)
        response = FileResponse(target, as_attachment=True, filename=name, content_type=XLSX)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


def while_allowed(lines: Iterator[str]) -> Iterator[str]:
    """A stream ends where its reader's access does; the headers are out, so nothing can be said any more."""
    with suppress(PermissionDenied):
        yield from lines


def refusal(
    request: HttpRequest, selection: Selection, over: table.Overflow, file_format: str = ""
) -> HttpResponse:
    """The page that says why the list is not handed out, with the form that asks for approval of a file."""
    context = {"listing": selection.listing, "rows": over.rows, "cap": over.cap}
    context |= {"format": file_format, "query": _bare_query(request)}
    return render(request, "imports/export_refused.html", context, status=403)


def offer_background(request: HttpRequest, selection: Selection, file_format: str, rows: int) -> HttpResponse:
    """A long list: the page with the button that has it prepared in the background."""
    context = {
        "listing": selection.listing,
        "rows": rows,
        "format": file_format,
        "query": _bare_query(request),
    }
    return render(request, "imports/export_offer.html", context)


def _bare_query(request: HttpRequest) -> str:
    """The list's own parameters, without those of the export."""
    query = request.GET.copy()
    for apart in ("export", "reason"):
        query.pop(apart, None)
    return query.urlencode()


def record_export(
    user: User, selection: Selection, rows: int, file_format: str, actor: Actor, mark: Watermark
) -> None:
    """Who took out how many rows of which list, with which filters, and why."""
    payload = {
        "list": selection.listing.key,
        "number": mark.number,
        "rows": rows,
        "format": file_format,
        "query": selection.query.urlencode()[:2000],
        "columns": [column.name for column in table.columns_of(selection)],
        "personal": table.private_columns(selection),
    }
    if mark.reason:
        payload["reason"] = mark.reason
    row = EventRow(user._meta.model, user.pk, payload=payload, about=[key_of(mark.number)])
    record_events(LIST_EXPORTED, [row], actor=actor)


def record_refusal(selection: Selection, over: table.Overflow, actor: Actor) -> None:
    """A refused export is worth knowing, too."""
    payload = {"list": selection.listing.key, "rows": over.rows, "cap": over.cap}
    record_event(LIST_EXPORT_REFUSED, selection.user, actor=actor, payload=payload)
