"""Importing the organisation: template, check, confirm."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from crm.console.forms.members import OrganisationFileForm
from crm.console.services.organisation_import import Check, check_people, import_people, read_people
from crm.console.views.guards import administrators_only, confirmed
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity.access import visible
from crm.listing.exporting.writers import write_xlsx
from crm.listing.importing.jobs import on_disk
from crm.records.models import StoredFile
from crm.records.services.files import delete_file, store_upload

MEGABYTES = 5
KEPT = "organisation_file"  # in the session: the checked file that waits for its confirmation


@administrators_only
def organisation_template(request: HttpRequest) -> HttpResponse:
    """An empty sheet with two example rows."""
    headers = [
        pgettext("person", "Name"),
        _("User name"),
        _("Mobile"),
        _("E-mail"),
        _("Department"),
        _("Role"),
        _("Leader"),
        _("Job title"),
    ]
    rows = [
        [
            "周立诚",
            "zhoulc",
            "13805710001",
            "zhoulc@example.com",
            "销售中心 / 华东大区",
            "销售经理",
            "是",
            "大区经理",
        ],
        ["林晓雯", "linxw", "13805716620", "", "销售中心 / 华东大区 / 华东一组", "销售", "", ""],
    ]
    book = BytesIO()
    write_xlsx(book, _("Organisation"), headers, rows)
    response = HttpResponse(
        book.getvalue(), content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    response["Content-Disposition"] = 'attachment; filename="organisation.xlsx"'
    return response


@administrators_only
def organisation_import(request: HttpRequest) -> HttpResponse:
    """Upload a sheet and see what it would do; nothing is written before the confirmation."""
    form = OrganisationFileForm(request.POST or None, request.FILES or None)
    if request.method != "POST":
        waiting = _waiting(request)
        return _page(request, form, waiting, _checked(waiting) if waiting else None)
    if not form.is_valid():
        return _page(request, form, None, None, 422)
    try:
        with on_disk(form.cleaned_data["file"]) as path:
            check = check_people(read_people(path))
        stored = store_upload(
            form.cleaned_data["file"],
            user=request.user,
            actor=actor_of(request),
            purpose=StoredFile.Purpose.IMPORT,
            max_bytes=MEGABYTES * 1024 * 1024,
        )
    except RuleBroken as error:
        form.add_error("file", str(error))
        return _page(request, form, None, None, 422)
    _forget(request)
    request.session[KEPT] = stored.pk
    return _page(request, OrganisationFileForm(), stored, check)


@administrators_only
@confirmed
def organisation_confirm(request: HttpRequest) -> HttpResponse:
    """Write what was checked; the sheet is checked anew, as people may have changed meanwhile."""
    stored = _waiting(request)
    if request.method != "POST" or stored is None:
        return redirect("organisation_import")
    if "discard" in request.POST:
        _forget(request)
        return redirect("organisation_import")
    try:
        check = _checked(stored)
        counts = import_people(check, actor=actor_of(request).via("import"))
    except RuleBroken as error:
        messages.error(request, str(error))
        return redirect("organisation_import")
    _forget(request)
    people = counts["created"] + counts["updated"]
    messages.success(
        request, ngettext("%(n)d person imported.", "%(n)d people imported.", people) % {"n": people}
    )
    if check.failed:
        text = ngettext("%(n)d row was left out.", "%(n)d rows were left out.", check.failed)
        messages.warning(request, text % {"n": check.failed})
    return redirect("organisation")


def _page(
    request: HttpRequest,
    form: OrganisationFileForm,
    stored: StoredFile | None,
    check: Check | None,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "file": stored, "check": check}
    return render(request, "settings/organisation_import.html", context, status=status)


def _waiting(request: HttpRequest) -> StoredFile | None:
    return visible(StoredFile, request.user).filter(pk=request.session.get(KEPT)).first()


def _checked(stored: StoredFile) -> Check:
    with _copied(stored) as path:
        return check_people(read_people(path))


@contextmanager
def _copied(stored: StoredFile) -> Iterator[str]:
    """The file on this machine's disk, wherever files are kept."""
    with tempfile.NamedTemporaryFile() as copy, stored.content.open("rb") as source:
        for piece in iter(lambda: source.read(1 << 20), b""):
            copy.write(piece)
        copy.flush()
        yield copy.name


def _forget(request: HttpRequest) -> None:
    stored = _waiting(request)
    request.session.pop(KEPT, None)
    if stored is not None:
        delete_file(stored, actor=actor_of(request))
