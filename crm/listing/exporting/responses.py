"""The export of a list page: `?export=xlsx` gives the file itself, up to the cap of the reader's role."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

from django.core.exceptions import BadRequest
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from crm.events.actor import Actor, actor_of
from crm.events.recording import record_event

from . import table, writers
from .events import LIST_EXPORT_REFUSED, LIST_EXPORTED

if TYPE_CHECKING:
    from crm.identity.models import User
    from crm.listing.selection import Selection

FORMATS = ("xlsx", "csv")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
IN_REQUEST = 20_000  # longer lists are prepared in the background


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
        return refusal(request, selection, over)
    if rows > IN_REQUEST:
        return offer_background(request, selection, file_format, rows)
    record_export(request.user, selection, rows, file_format, actor, reason=request.GET.get("reason", ""))
    return file_response(selection, file_format)


def file_response(selection: Selection, file_format: str) -> HttpResponseBase:
    """The file itself: csv is streamed, a workbook is built in a temporary file."""
    headers = table.headers_of(selection)
    name = table.file_name(selection, file_format)
    if file_format == "csv":
        lines = writers.csv_lines(headers, table.rows_of(selection))
        response: HttpResponseBase = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = content_disposition_header(True, name)
    else:
        target = tempfile.TemporaryFile()  # noqa: SIM115 - FileResponse closes it
        writers.write_xlsx(target, str(selection.listing.title), headers, table.rows_of(selection))
        target.seek(0)
        response = FileResponse(target, as_attachment=True, filename=name, content_type=XLSX)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


def refusal(request: HttpRequest, selection: Selection, over: table.Overflow) -> HttpResponse:
    """The page that says why the list is not handed out and what helps."""
    context = {"listing": selection.listing, "rows": over.rows, "cap": over.cap}
    return render(request, "imports/export_refused.html", context, status=403)


def offer_background(request: HttpRequest, selection: Selection, file_format: str, rows: int) -> HttpResponse:
    """A long list: the page with the button that has it prepared in the background."""
    query = request.GET.copy()
    query.pop("export", None)
    context = {"listing": selection.listing, "rows": rows, "format": file_format, "query": query.urlencode()}
    return render(request, "imports/export_offer.html", context)


def record_export(
    user: User, selection: Selection, rows: int, file_format: str, actor: Actor, *, reason: str = ""
) -> None:
    """Who took out how many rows of which list, with which filters, and why."""
    payload = {
        "list": selection.listing.key,
        "rows": rows,
        "format": file_format,
        "query": selection.query.urlencode()[:2000],
        "columns": [column.name for column in table.columns_of(selection)],
        "personal": table.private_columns(selection),
    }
    if reason:
        payload["reason"] = reason[:500]
    record_event(LIST_EXPORTED, user, actor=actor, payload=payload)


def record_refusal(selection: Selection, over: table.Overflow, actor: Actor) -> None:
    """A refused export is worth knowing, too."""
    payload = {"list": selection.listing.key, "rows": over.rows, "cap": over.cap}
    record_event(LIST_EXPORT_REFUSED, selection.user, actor=actor, payload=payload)
