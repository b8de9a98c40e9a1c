"""Decides for a chunk of rows which record each one means and what will become of it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from crm.records.models.custom_field import PREFIX

from . import staging
from .resource import Run, StagedRow


def find_repeats(run: Run, rows: Sequence[StagedRow]) -> None:
    """Rows whose key an earlier row has already either add to that row's record or fail: only one can be right."""
    keys = {row.key for row in rows if row.key}
    first = staging.first_rows_of(run.job, keys)
    by_number = {row.number: row for row in rows}
    repeats = []
    for row in rows:
        if not row.key or row.outcome:
            continue
        earlier = first.setdefault(row.key, row.number)
        if earlier != row.number:
            repeats.append((row, earlier))
    wanted = (
        {earlier for _row, earlier in repeats if earlier not in by_number} if run.resource.joins else set()
    )
    cleaned = staging.cleaned_of(run.job, wanted)
    for row, earlier in repeats:
        known = by_number[earlier].cleaned if earlier in by_number else cleaned.get(earlier, {})
        contradiction = run.resource.adds_to(run, row, known) if run.resource.joins else ""
        if contradiction is None:
            row.leader = earlier
            continue
        _refuse_repeat(run, row, earlier, contradiction)


def _refuse_repeat(run: Run, row: StagedRow, earlier: int, contradiction: str) -> None:
    name = contradiction or run.key.name
    if contradiction:
        message = _("Row %(row)s says something else of the same %(key)s.")
    else:
        message = _("The same %(key)s is in row %(row)s already.")
    words = {"key": run.key.label, "row": earlier}
    row.fail("repeated", message % words, run.headers.get(name, ""), name)
    row.key = ""  # the next repeat should name the first row, not this one


def follow(run: Run, rows: Sequence[StagedRow], *, writing: bool) -> list[StagedRow]:
    """Let rows share the fate of the first row of their record; returns those that add something to it.

    While rows are checked the first row may stand among them; while they are written it has its outcome.
    """
    led = [row for row in rows if row.leader is not None and not row.outcome]
    if not led:
        return []
    by_number = {} if writing else {row.number: row for row in rows}
    numbers = {row.leader for row in led if row.leader not in by_number}
    known = staging.outcomes_of(run.job, numbers, "outcome" if writing else "expected")
    known |= {number: (row.outcome, row.target_id, row.fills) for number, row in by_number.items()}
    joined, fresh = [], []
    for row in led:
        outcome, target, row.fills = known.get(row.leader or 0, ("failed", None, False))
        words = {"row": row.leader}
        if outcome in ("failed", ""):
            row.fail("first_row", _("Row %(row)s, to which it belongs, has an error.") % words)
        elif outcome == "skipped":
            row.skip("first_row", _("Row %(row)s, to which it belongs, is left out.") % words)
        elif outcome == "created" and target is None:  # not written yet
            row.outcome = outcome
        else:
            row.target_id, row.outcome = target, "updated"
            (fresh if outcome == "created" else joined).append(row)
    compare(run, joined + fresh)
    written = [row for row in joined + fresh if row.outcome == "updated"]
    for row in fresh:  # part of a record that this import makes, and undone with it
        row.outcome = "created" if row.outcome in ("updated", "unchanged") else row.outcome
    return written


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
        row.fills = mode == "fill"


def compare(run: Run, rows: Sequence[StagedRow]) -> None:
    """Find what the rows change; a row that changes nothing is unchanged and will not be written.

    A row that only fills what is empty changes nothing that has a value.
    """
    if not rows:
        return
    current = run.resource.current(run, rows)
    for row in rows:
        now = current.get(row.number)
        if now is None:
            row.fail("not_found", _("The record has gone meanwhile."))
            continue
        row.changes = {
            name: (now.get(name), value)
            for name, value in row.cleaned.items()
            if name != "id" and not _same(now.get(name), value, whole=name.startswith(PREFIX))
        }
        if row.fills:
            row.changes = {
                name: pair
                for name, pair in row.changes.items()
                if pair[0] in (None, "", []) or isinstance(pair[1], list)
            }
        if not row.changes:
            row.outcome = "unchanged"


def _same(now: object, value: object, *, whole: bool = False) -> bool:
    if whole:
        return now == value
    if isinstance(value, list) and isinstance(now, list):
        return set(value) <= set(now)  # tags are added, never taken away
    return ("" if now is None else str(now)) == ("" if value is None else str(value))
