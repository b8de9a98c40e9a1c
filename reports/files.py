"""A report as workbook, CSV or PDF; like every file it says who took it out, and the log keeps that it was."""

import tempfile
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from crm.core.pdf import pdf_of
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.recording import EventRow, record_events
from crm.identity.models import User
from crm.identity.queries import company
from crm.listing.exporting.responses import XLSX
from crm.listing.exporting.watermark import Watermark, key_of
from crm.listing.exporting.writers import csv_lines, write_xlsx
from reports.asked import Asked
from reports.declare import MONEY, Table
from reports.events import REPORT_EXPORTED
from reports.rules.periods import Period
from reports.shown import page_context
from reports.words import period_label

FORMATS = ("xlsx", "csv", "pdf")


def respond(request: HttpRequest, asked: Asked, file_format: str, actor: Actor) -> HttpResponseBase:
    """The report as a file; the only thing written is the entry in the log."""
    mark = Watermark.of(request.user)
    table = asked.report.build(asked)
    name = f"{asked.report.title}-{timezone.localdate():%Y%m%d}-{mark.number}.{file_format}"
    if file_format == "pdf":
        try:
            content = _pdf(request, asked, table, mark)
        except RuleBroken as error:
            messages.error(request, str(error))
            query = request.GET.copy()
            query.pop("export", None)
            return redirect(f"{asked.report.url}?{query.urlencode()}")
        response: HttpResponseBase = HttpResponse(content, content_type="application/pdf")
    elif file_format == "csv":
        lines = csv_lines(_headers(table, mark), _rows(table, mark))
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    else:
        target = tempfile.TemporaryFile()  # noqa: SIM115 - FileResponse closes it
        write_xlsx(target, str(asked.report.title), _headers(table, mark), _rows(table, mark), mark)
        target.seek(0)
        response = FileResponse(target, content_type=XLSX)
    _record(request, asked, file_format, actor, mark)
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


def _headers(table: Table, mark: Watermark) -> list[str]:
    """The headings; amounts say their currency."""
    return [
        *(
            f"{one.label} ({table.currency})" if one.kind == MONEY else str(one.label)
            for one in table.columns
        ),
        mark.heading,
    ]


def _rows(table: Table, mark: Watermark) -> Iterator[list[Any]]:
    """The lines and, last, the totals: the very values of the page, unrounded where it rounds."""
    for row in table.rows:
        yield [*(row.values.get(one.key) for one in table.columns), mark.number]
    first, *others = table.columns
    yield [
        table.totals.get(first.key) or _("Total"),
        *(table.totals.get(one.key) for one in others),
        mark.number,
    ]


def _pdf(request: HttpRequest, asked: Asked, table: Table, mark: Watermark) -> bytes:

    context = page_context(asked, table) | {
        "for_pdf": True,
        "mark": mark.line,
        "company_name": str(company()),
        "printed_at": f"{request.user.name} · {timezone.localtime():%Y-%m-%d %H:%M}",
        "asked_for": _asked_for(asked),
    }
    return pdf_of(render_to_string("reports/print.html", context, request))


def _asked_for(asked: Asked) -> list[tuple[str, str]]:
    """The parameters in words."""
    found = []
    for name, field in asked.form.fields.items():
        value = asked[name]
        if value in (None, ""):
            continue
        shown = (
            dict(field.choices).get(value, value)
            if getattr(field, "choices", None) and isinstance(value, str)
            else value
        )
        found.append((str(field.label), _in_words(shown)))
    return found


def _in_words(value: Any) -> str:

    return period_label(value) if isinstance(value, Period) else str(value)


def _record(request: HttpRequest, asked: Asked, file_format: str, actor: Actor, mark: Watermark) -> None:
    payload = {
        "report": asked.report.slug,
        "format": file_format,
        "number": mark.number,
        "query": request.GET.urlencode()[:2000],
    }
    row = EventRow(User, request.user.pk, payload=payload, about=[key_of(mark.number)])
    record_events(REPORT_EXPORTED, [row], actor=actor)
