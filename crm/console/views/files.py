"""Files of any record: shown, added, opened, removed, brought back; and what is uploaded for a draft."""

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.files.base import File
from django.db import transaction
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity import access
from crm.records import services
from crm.records.filed import FILED, Filed, filed_as
from crm.records.models.record_file import RecordFile
from crm.records.queries import files as queries
from crm.records.rules.files import safe_name

IN_PANEL = 4
MOST_AT_ONCE = 20
FRESH = 300  # seconds for which a page looks again for small pictures that are not there yet


@dataclass(frozen=True)
class Sent:
    """What became of one uploaded file: its row, or why it was refused."""

    name: str
    row: Any = None
    error: str = ""


def filed_or_404(kind: str) -> Filed:
    """How the kind of record of an address carries files."""
    if kind not in FILED:
        raise Http404
    return FILED[kind]


def record_or_404(request: HttpRequest, filed: Filed, pk: int) -> Model:
    """The record of an address, if the person may see it."""
    return access.get_visible_or_404(filed.record_model, request.user, pk)


@login_required
@require_http_methods(["GET", "POST"])
def record_files(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """The files of a record: its panel (`part=panel`), the drawer, or a page. POST adds to them."""
    filed = filed_or_404(kind)
    record = record_or_404(request, filed, pk)
    if request.method == "POST":
        return _added(request, filed, record)
    if request.GET.get("part") == "panel":
        return render(request, "console/files/_panel.html", panel_context(request, record))
    context = list_context(request, filed, record)
    if request.htmx and request.htmx.target == "files-list":
        return render(request, "console/files/_list.html", context)
    template = "console/files/drawer.html" if request.htmx else "console/files/page.html"
    return render(request, template, context)


def panel_context(request: HttpRequest, record: Model) -> dict[str, Any]:
    """What the panel of a record reads: the latest files, how many there are, whether one may add."""
    filed = filed_as(record)
    if filed is None:
        raise Http404
    files = queries.files_of(request.user, filed, record, limit=IN_PANEL)
    count = queries.count_of(request.user, filed, record) if len(files) == IN_PANEL else len(files)
    return _context(request, filed, record) | {
        "files": files,
        "count": count,
        "look_again": look_again(files),
    }


def list_context(
    request: HttpRequest, filed: Filed, record: Model, sent: list[Sent] | None = None
) -> dict[str, Any]:
    """What the list of all files reads: the files found by name, and those in the bin."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    files = queries.files_of(request.user, filed, record, text=text)
    return _context(request, filed, record) | {
        "files": files,
        "text": text,
        "removed": queries.removed_files(request.user, filed, record),
        "look_again": look_again(files),
        "refused": [one for one in sent or () if one.error],
    }


def _context(request: HttpRequest, filed: Filed, record: Model) -> dict[str, Any]:
    return {
        "record": record,
        "files_url": reverse("record_files", args=[filed.key, record.pk]),
        "may_add": access.may_add_to(request.user, record),
        "max_mb": settings.FILE_MAX_MB,
    }


def look_again(files: list[queries.Held]) -> bool:
    """Whether a small picture is still being made that was asked for a moment ago."""
    now = timezone.now()
    return any(
        one.file.preview_state == one.file.WANTED and (now - one.file.created_at).total_seconds() < FRESH
        for one in files
    )


def _added(request: HttpRequest, filed: Filed, record: Model) -> HttpResponse:
    """Each file by itself: one that is refused does not keep the others out."""
    if not access.may_add_to(request.user, record):
        raise PermissionDenied
    sent = [_attached(request, record, one) for one in request.FILES.getlist("files")[:MOST_AT_ONCE]]
    if not sent:
        sent = [Sent("", error=_("Choose a file first."))]
    if _wants_json(request):
        return _results(sent)
    kept = [one for one in sent if not one.error]
    if kept:
        messages.success(request, _("Files added: %(count)s") % {"count": len(kept)})
    if len(kept) < len(sent):
        context = list_context(request, filed, record, sent)
        return render(request, "console/files/page.html", context, status=422)
    return redirect("record_files", filed.key, record.pk)


def _attached(request: HttpRequest, record: Model, upload: File) -> Sent:
    name, actor = safe_name(upload.name or ""), actor_of(request)
    try:
        with transaction.atomic():
            stored = services.store_upload(upload, user=request.user, actor=actor)
            (row,) = services.attach_files(record, [stored], actor=actor)
    except RuleBroken as error:
        return Sent(name, error=str(error))
    return Sent(name, row)


def _wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def _results(sent: list[Sent]) -> JsonResponse:
    rows = [
        {"name": one.name, "error": one.error} | ({"id": one.row.pk} if one.row is not None else {})
        for one in sent
    ]
    return JsonResponse({"results": rows}, status=422 if any(one.error for one in sent) else 201)


@login_required
@require_GET
def record_file(request: HttpRequest, kind: str, pk: int, file: int) -> HttpResponse:
    """One file: how it looks, what it is, who brought it."""
    filed = filed_or_404(kind)
    row = queries.file_of(request.user, filed, pk, file)
    context = {
        "one": queries.Held(filed, row, access.may(request.user, "delete", row)),
        "record": row.record,
        "files_url": reverse("record_files", args=[kind, pk]),
    }
    template = "console/files/look_drawer.html" if request.htmx else "console/files/look.html"
    return render(request, template, context)


@login_required
@require_GET
def record_file_picture(request: HttpRequest, kind: str, pk: int, file: int, size: str) -> HttpResponseBase:
    """A small picture of a file, where there is one."""
    row = queries.file_of(request.user, filed_or_404(kind), pk, file)
    return services.preview(row.file, small=size == "small")


@login_required
@require_GET
def record_file_download(request: HttpRequest, kind: str, pk: int, file: int) -> HttpResponseBase:
    """The file itself: saved, or with `inline` opened by the browser where that is harmless."""
    row = queries.file_of(request.user, filed_or_404(kind), pk, file)
    return services.download(row.file, inline=bool(request.GET.get("inline")))


@login_required
@require_POST
def record_file_delete(request: HttpRequest, kind: str, pk: int, file: int) -> HttpResponse:
    """Put a file into the bin; the toast offers to bring it back."""
    row = queries.file_of(request.user, filed_or_404(kind), pk, file, "delete")
    services.remove_file(row, actor=actor_of(request))
    undo_url = reverse("record_file_restore", args=[kind, pk, file])
    text = _("Removed: %(name)s") % {"name": row.file.name}
    return _answered(request, kind, pk, text, undo_url=undo_url, close=bool(request.POST.get("close")))


@login_required
@require_POST
def record_file_restore(request: HttpRequest, kind: str, pk: int, file: int) -> HttpResponse:
    """Bring a file back from the bin."""
    row = _removed_or_404(request, kind, pk, file)
    services.restore_file(row, actor=actor_of(request))
    return _answered(request, kind, pk, _("Restored: %(name)s") % {"name": row.file.name})


@login_required
@require_POST
def record_file_purge(request: HttpRequest, kind: str, pk: int, file: int) -> HttpResponse:
    """Delete a file in the bin for good."""
    row = _removed_or_404(request, kind, pk, file)
    name = row.file.name
    services.purge_file(row, actor=actor_of(request))
    return _answered(request, kind, pk, _("Deleted for good: %(name)s") % {"name": name})


def _removed_or_404(request: HttpRequest, kind: str, pk: int, file: int) -> RecordFile:
    row = queries.removed_file(request.user, filed_or_404(kind), pk, file)
    if row is None:
        raise Http404
    return row


def _answered(
    request: HttpRequest, kind: str, pk: int, text: str, *, undo_url: str = "", close: bool = False
) -> HttpResponse:
    """Say so and renew the parts of the page that show files; without JavaScript back to the list."""
    if not request.htmx:
        messages.success(request, text)
        return redirect("record_files", kind, pk)
    toast = {"text": text} | ({"undo_url": undo_url} if undo_url else {})
    events: dict[str, Any] = {"toast": toast, "filesChanged": True, "timelineChanged": True}
    if close:
        events["drawer:close"] = True
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(events)})


@login_required
@require_POST
def upload_new(request: HttpRequest) -> HttpResponse:
    """Keep files for a draft: nobody but the uploader reaches them until they are saved with it."""
    if not queries.may_upload(request.user):
        raise PermissionDenied
    sent = []
    for upload in request.FILES.getlist("files")[:MOST_AT_ONCE]:
        name = safe_name(upload.name or "")
        try:
            row = services.store_upload(upload, user=request.user, actor=actor_of(request))
            sent.append(Sent(name, row))
        except RuleBroken as error:
            sent.append(Sent(name, error=str(error)))
    return _results(sent or [Sent("", error=_("Choose a file first."))])


@login_required
@require_POST
def upload_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up a file uploaded for a draft."""
    stored = get_object_or_404(queries.own_uploads(request.user), pk=pk)
    services.discard_upload(stored, actor=actor_of(request))
    return HttpResponse(status=204)
