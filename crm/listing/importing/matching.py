"""Decides for a chunk of rows which record each one means and what will become of it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from crm.records.models.custom_field import PREFIX

from . import staging
from .resource import Run, StagedRow


def find_repeats(run: Run, rows: Sequence[StagedRow]) -> None:
    """Fail rows whose key an earlier row of the file has already: only one of them can be right."""
    keys = {row.key for row in rows if row.key}
    first = staging.first_rows_of(run.job, keys)
    for row in rows:
        if not row.key or row.outcome:
            continue
        earlier = first.setdefault(row.key, row.number)
        if earlier != row.number:
            message = _("The same %(key)s is in row %(row)s already.") % {
                "key": run.key.label,
                "row": earlier,
            }
            row.fail("repeated", message, run.headers.get(run.key.name, ""), run.key.name)
            row.key = ""  # the next repeat should name the first row, not this one


def match(run: Run, rows: Sequence[StagedRow]) -> None:
    """Meet the rows with the records there are: create, update, nothing to do, or the reason why not."""
    open_rows = [row for row in rows if not row.outcome]
    by_key = run.resource.find(run, list({row.key for row in open_rows if row.key})) if open_rows else {}
    ids = {pk for found in by_key.values() for pk in found}
    reachable = run.resource.within_reach(run, sorted(ids)) if ids else set()
    mode = run.job.mode
    for row in open_rows:
        _decide(run, row, by_key.get(row.key, ()), reachable, mode)
    compare(run, [row for row in open_rows if row.outcome == "updated"])


def _decide(run: Run, row: StagedRow, found: Sequence[int], reachable: set[int], mode: str) -> None:
    header, name = run.headers.get(run.key.name, ""), run.key.name
    row.target_id = None
    if not found:
        if mode == "update":
            row.fail("not_found", _("No record has this %(key)s.") % {"key": run.key.label}, header, name)
        elif run.key.name == "id" and row.key:
            row.fail("not_found", _("No record has this number."), header, name)
        else:
            row.outcome = "created"
        return
    within = [pk for pk in found if pk in reachable]
    if not within:
        row.fail("occupied", run.resource.occupied(run, row, found), header, name)
    elif len(found) > 1:
        message = _("%(count)s records have this %(key)s; it is not clear which one is meant.")
        row.fail("ambiguous", message % {"count": len(found), "key": run.key.label}, header, name)
    elif mode == "create":
        row.target_id = within[0]
        row.skip("exists", _("A record with this %(key)s exists already.") % {"key": run.key.label})
    else:
        row.target_id = within[0]
        row.outcome = "updated"


def compare(run: Run, rows: Sequence[StagedRow]) -> None:
    """Find what the rows change; a row that changes nothing is unchanged and will not be written."""
    if not rows:
        return
    current = run.resource.current(run, rows)
    for row in rows:
        now = current.get(row.target_id or 0)
        if now is None:
            row.fail("not_found", _("The record has gone meanwhile."))
            continue
        row.changes = {
            name: (now.get(name), value)
            for name, value in row.cleaned.items()
            if name != "id" and not _same(now.get(name), value, whole=name.startswith(PREFIX))
        }
        if not row.changes:
            row.outcome = "unchanged"


def _same(now: object, value: object, *, whole: bool = False) -> bool:
    if whole:
        return now == value
    if isinstance(value, list) and isinstance(now, list):
        return set(value) <= set(now)  # tags are added, never taken away
    return ("" if now is None else str(now)) == ("" if value is None else str(value))
