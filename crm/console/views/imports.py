"""Importing: upload, columns and preview, progress, outcome."""

from __future__ import annotations

import json
import tempfile

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.console import wizard
from crm.console.forms.imports import UploadForm
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity.access import get_visible_or_404, visible
from crm.listing.exporting.responses import XLSX
from crm.listing.importing import jobs, mending, parts, undoing
from crm.listing.importing.reading import UnreadableFile
from crm.listing.importing.registry import importable_by, resource_of
from crm.listing.importing.resource import ImportResource
from crm.records.models import ImportJob, ImportTemplate


def _job(request: HttpRequest, pk: int) -> tuple[ImportJob, ImportResource]:
    job = get_visible_or_404(ImportJob, request.user, pk)
    return job, jobs.resource_for(job)


@login_required
def import_new(request: HttpRequest) -> HttpResponse:
    """Choose a file; what cannot be read is refused here with the reason, and nothing of it is kept."""
    offered = importable_by(request.user)
    if not offered:
        raise PermissionDenied
    form = UploadForm(
        request.POST or None, request.FILES or None, offered=offered, chosen=request.GET.get("resource")
    )
    if request.method == "POST" and form.is_valid():
        try:
            job = jobs.start_import(
                request.user,
                form.cleaned_data["file"],
                form.cleaned_data["resource"],
                dry_run=True,
                interactive=True,
                related=True,
                nonce=form.cleaned_data["nonce"],
            )
        except (UnreadableFile, RuleBroken) as error:
            form.add_error("file", str(error))
        else:
            return redirect("import_detail", pk=job.pk)
    context = {
        "form": form,
        "steps": wizard.steps(None),
        "limit": jobs.limit_megabytes(),
        "offered": offered,
        "mappings": visible(ImportTemplate, request.user),
    }
    return render(request, "imports/new.html", context, status=422 if form.errors else 200)


@login_required
@require_GET
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One import: its columns and preview, or how far it has come, or what became of it."""
    job, resource = _job(request, pk)
    context = wizard.wizard_context(
        job, resource, tab=request.GET.get("tab", ""), after=_number(request.GET, "after")
    )
    return render(request, "imports/detail.html", context)


@login_required
@require_GET
def import_status(request: HttpRequest, pk: int) -> HttpResponse:
    """The result box, fetched again and again while a worker is busy; the page is loaded anew at the end."""
    job, resource = _job(request, pk)
    response = render(request, "imports/_status.html", wizard.wizard_context(job, resource))
    if not job.is_active:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_GET
def import_rows(request: HttpRequest, pk: int) -> HttpResponse:
    """One page of the preview."""
    job, resource = _job(request, pk)
    context = wizard.preview_context(
        job, resource, tab=request.GET.get("tab", ""), after=_number(request.GET, "after")
    )
    return render(request, "imports/_preview.html", context)


@login_required
@require_POST
def import_mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """Assign columns by hand, choose the key and what happens to existing records; the file is checked again."""
    job, _resource = _job(request, pk)
    try:
        jobs.remap(
            job,
            mapping=wizard.mapping_from(job, request.POST),
            key=request.POST.get("key", ""),
            mode=request.POST.get("mode", ""),
            duplicate_action=request.POST.get("duplicate_action", ""),
        )
    except RuleBroken as error:
        messages.error(request, str(error))
    return _to(request, "import_duplicates" if "reviewing" in request.POST else "import_detail", job)


@login_required
@require_POST
def import_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """Read another sheet, or take another row as the header."""
    job, _resource = _job(request, pk)
    row = request.POST.get("header_row", "")
    sheet = request.POST.get("sheet", job.sheet)
    wanted = int(row) if row.isdecimal() and len(row) < 8 and (sheet == job.sheet) else None
    try:
        jobs.look_again(job, sheet=sheet, header_row=wanted)
    except (UnreadableFile, RuleBroken) as error:
        messages.error(request, str(error))
    return _back(request, job)


@login_required
@require_POST
def import_mend(request: HttpRequest, pk: int) -> HttpResponse:
    """Mend a cell, a text throughout its column, or accept every suggestion; the preview is shown anew."""
    job, resource = _job(request, pk)
    posted = request.POST
    row = posted.get("row", "")
    problem = ""
    try:
        if "accept" in posted:
            job = mending.accept_suggestions(job)
        else:
            job = mending.mend(
                job,
                field=posted.get("field", ""),
                value=posted.get("value", ""),
                row=int(row) if row.isdecimal() and len(row) < 9 else None,
                text=posted.get("text", ""),
            )
    except RuleBroken as error:
        problem = str(error)
    if not request.htmx or job.is_active:
        if problem:
            messages.error(request, problem)
        return _back(request, job)
    context = wizard.wizard_context(job, resource, tab=posted.get("tab", ""), after=_number(posted, "after"))
    response = render(request, "imports/_mended.html", context)
    if problem:
        response["HX-Trigger"] = json.dumps({"toast": {"text": problem, "kind": "bad"}})
    return response


@login_required
@require_GET
def import_duplicates(request: HttpRequest, pk: int) -> HttpResponse:
    """The third step: the rows that may be customers one has, each with what shall become of it."""
    job, resource = _job(request, pk)
    if job.state != ImportJob.State.READY:
        return redirect("import_detail", pk=job.pk)
    context = wizard.wizard_context(job, resource, tab="doubtful", after=_number(request.GET, "after"))
    context["steps"] = wizard.steps(job, at=2)
    return render(request, "imports/duplicates.html", context)


@login_required
@require_POST
def import_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """What shall become of one likely duplicate."""
    job, resource = _job(request, pk)
    posted = request.POST
    action, _colon, record = posted.get("action", "").partition(":")
    problem = ""
    try:
        job = mending.decide(
            job,
            row=_number(posted, "row"),
            action=action,
            record=int(record) if record.isdecimal() and len(record) < 18 else None,
        )
    except RuleBroken as error:
        problem = str(error)
    if not request.htmx or job.is_active:
        if problem:
            messages.error(request, problem)
        return _to(request, "import_duplicates", job)
    context = wizard.wizard_context(job, resource, tab="doubtful", after=_number(posted, "after"))
    response = render(request, "imports/_decided.html", context | {"reviewing": True})
    if problem:
        response["HX-Trigger"] = json.dumps({"toast": {"text": problem, "kind": "bad"}})
    return response


@login_required
@require_POST
def import_leave_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Import the workbook without this sheet."""
    job, _resource = _job(request, pk)
    try:
        job = parts.leave_out(job)
    except RuleBroken as error:
        messages.error(request, str(error))
    return _back(request, job)


@login_required
@require_POST
def import_commit(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the checked rows; a second press does nothing more."""
    job, _resource = _job(request, pk)
    job = parts.head_of(job)
    try:
        jobs.start_commit(job, actor=actor_of(request).via("import"))
    except RuleBroken as error:
        messages.error(request, str(error))
    return _back(request, job)


@login_required
@require_POST
def import_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop; what is written stays."""
    job, _resource = _job(request, pk)
    jobs.stop(job, actor=actor_of(request))
    return _back(request, job)


@login_required
@require_POST
def import_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo what an import wrote, as far as nobody has changed it since."""
    job, _resource = _job(request, pk)
    try:
        undoing.start_undo(job)
    except RuleBroken as error:
        messages.error(request, str(error))
    return _back(request, job)


@login_required
@require_GET
def import_errors(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The refused rows as a workbook that can be mended and imported again; only for whom the import belongs to."""
    job, _resource = _job(request, pk)
    return errors_response(job)


@login_required
@require_GET
def import_template(request: HttpRequest, resource: str) -> HttpResponseBase:
    """An empty sheet with the right columns."""
    from crm.listing.importing import workbooks  # openpyxl is only for those who write workbooks

    found = resource_of(resource, request.user)
    if found is None or found.slug not in {offered.slug for offered in importable_by(request.user)}:
        raise Http404
    target = tempfile.TemporaryFile()  # noqa: SIM115 - FileResponse closes it
    workbooks.write_template(found, target)
    target.seek(0)
    return _download(target, f"{found.noun}.xlsx")


def errors_response(job: ImportJob) -> HttpResponseBase:
    """The stored workbook of refused rows, made on the spot while there is none."""
    from crm.listing.importing import workbooks  # openpyxl is only for those who write workbooks

    if job.forgotten_at:
        raise Http404
    name = _("%(file)s to mend.xlsx") % {"file": job.file_name.rsplit(".", 1)[0]}
    if job.errors_file:
        return _download(job.errors_file.open("rb"), name)
    target = tempfile.TemporaryFile()  # noqa: SIM115 - FileResponse closes it
    workbooks.write_errors(job, target)
    target.seek(0)
    return _download(target, name)


def _download(target: object, name: str) -> HttpResponseBase:
    response = FileResponse(target, as_attachment=True, filename=name, content_type=XLSX)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


def _back(request: HttpRequest, job: ImportJob) -> HttpResponse:
    return _to(request, "import_detail", job)


def _to(request: HttpRequest, name: str, job: ImportJob) -> HttpResponse:
    response = redirect(name, pk=job.pk)
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": response["Location"]})
    return response


def _number(given: QueryDict, name: str) -> int:
    text = given.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 9 else 0
