"""Rows of an import that may be customers one has already: pointed out, merged, left out, or refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Customer
from accounts.queries.duplicate_rows import duplicates_of_rows
from accounts.queries.duplicates import REASONS, Match, reason_label
from accounts.rules.matching import keys_of
from accounts.services.customer_people import people_of
from accounts.services.duplicates import hold_all
from crm.identity import access
from crm.listing.importing import matching
from crm.listing.importing.resource import Run, StagedRow
from crm.records.models import ImportJob

LIKELY = Decimal("0.90")  # the same code, number, address, or name and region
Action = ImportJob.DuplicateAction


@dataclass(frozen=True)
class Doubt:
    """A new row with the customers it may be, and which of all those the importer may see and change."""

    row: StagedRow
    matches: list[Match]
    seen: set[int]
    within: set[int]

    @property
    def best(self) -> Match:
        return self.matches[0]


def doubt_new_customers(run: Run, rows: Sequence[StagedRow], *, writing: bool) -> None:
    """Say of rows that would become new customers which one they may be already, and do as was chosen for them.

    What was chosen for one row wins over the choice for all; that one is taken for likely duplicates only, what merely
    may be the same is noted. Rows are merged into customers the importer may change and into no other. While rows are
    written single saves wait, so that a customer typed at the same moment is not there twice.
    """
    new = [row for row in rows if row.outcome == "created"]
    chosen = run.job.mended.get("doubles", {})
    if writing:
        hold_all()
        if run.job.duplicate_action == Action.WARN and not chosen:  # it was noted when the file was checked
            return
    taken = []
    page = reverse(
        "customer_detail", args=[0]
    )  # address and reasons once for all rows: they take longer than the rest
    words = {reason: reason_label(reason) for reason in REASONS}
    for doubt in _doubts(run, new):
        row = doubt.row
        row.suspects = [_suspect(doubt, match, page, words) for match in doubt.matches]
        if own := chosen.get(str(row.number)):
            _as_chosen(run, doubt, *own)
        else:
            _as_for_all(run, doubt, writing)
        if row.outcome == "updated":
            taken.append(row)
    matching.compare(run, taken)


def _doubts(run: Run, new: Sequence[StagedRow]) -> list[Doubt]:
    people = [people_of(row.cleaned) for row in new]
    found = duplicates_of_rows(
        [
            keys_of(
                name=row.cleaned.get("name", ""),
                kind=row.cleaned.get("kind") or "",
                uscc=row.cleaned.get("uscc", ""),
                phones=[row.cleaned.get("phone"), *(person["phone"] for person in named)],
                emails=[row.cleaned.get("email"), *(person["email"] for person in named)],
            )
            for row, named in zip(new, people, strict=True)
        ]
    )
    doubtful = [
        (row, others)
        for row, matches in zip(new, found, strict=True)
        if (others := [match for match in matches if not match.links])
    ]
    ids = sorted({match.customer_id for _row, others in doubtful for match in others})
    if not ids:
        return []
    seen = set(access.visible(Customer, run.user).filter(pk__any_of=ids).values_list("pk", flat=True))
    within = run.resource.within_reach(run, ids)
    return [Doubt(row, others, seen, within) for row, others in doubtful]


def _as_for_all(run: Run, doubt: Doubt, writing: bool) -> None:
    """What the choice for all duplicates means for this row."""
    row, best, action = doubt.row, doubt.best, run.job.duplicate_action
    likely = best.verdict.score >= LIKELY
    if likely and action == Action.SKIP:
        row.skip("duplicate", _words(best))
    elif likely and action == Action.BLOCK:
        _refuse(run, row, "duplicate", best)
    elif likely and action in (Action.MERGE, Action.OVERWRITE):
        _take(run, doubt, best, str(action))
    elif not writing:
        _note(run, row, "duplicate", _words(best))


def _as_chosen(run: Run, doubt: Doubt, action: str, record: int | None) -> None:
    """What somebody chose for this row alone."""
    row = doubt.row
    wanted = next((match for match in doubt.matches if match.customer_id == record), None)
    if action == "skip":
        row.skip("duplicate", _words(wanted or doubt.best))
    elif action in (Action.MERGE, Action.OVERWRITE):
        if wanted is None or wanted.customer_id not in doubt.within:
            _refuse(run, row, "occupied", wanted or doubt.best)
        else:
            _into(run, row, wanted, action)


def _take(run: Run, doubt: Doubt, best: Match, action: str) -> None:
    """Merge into the likeliest customer; one of a colleague is refused where it is the same for sure."""
    row = doubt.row
    rivals = [
        m for m in doubt.matches if m.verdict.score == best.verdict.score and m.customer_id in doubt.within
    ]
    if best.customer_id not in doubt.within:
        if best.blocks:
            _refuse(run, row, "occupied", best)
        else:
            _note(run, row, "duplicate", _words(best))
    elif len(rivals) > 1:
        message = _("%(count)s customers may be the same one; choose for this row.") % {"count": len(rivals)}
        row.fail("ambiguous", message, run.headers.get("name", ""), "name")
    else:
        _into(run, row, best, action)


def _into(run: Run, row: StagedRow, match: Match, action: str) -> None:
    if run.job.mode == ImportJob.Mode.CREATE:
        row.skip("exists", _words(match))
        return
    row.target_id, row.outcome, row.fills = match.customer_id, "updated", action == Action.MERGE
    _note(run, row, "merged", _("Goes into %(name)s.") % {"name": match.name})


def _note(run: Run, row: StagedRow, code: str, message: str) -> None:
    """Noted when the file is checked, and not a second time when it is written."""
    if all(error["code"] != code for error in row.errors):
        row.note(code, message, run.headers.get("name", ""))


def _refuse(run: Run, row: StagedRow, code: str, match: Match) -> None:
    row.fail(code, _words(match), run.headers.get("name", ""), "name")


def _suspect(doubt: Doubt, match: Match, page: str, words: Mapping[str, str]) -> dict[str, Any]:
    """What the importer may know of a customer: of a hidden one its name and owner, and nothing more."""
    seen = match.customer_id in doubt.seen
    return {
        "id": match.customer_id if seen else None,
        "url": page.replace("/0/", f"/{match.customer_id}/") if seen else "",
        "name": match.name,
        "owner": match.owner_name,
        "score": str(match.verdict.score),
        "why": [words[reason] for reason in match.verdict.reasons] if seen else [],
        "open": match.customer_id in doubt.within,
        "likely": match.verdict.score >= LIKELY,
    }


def _words(match: Match) -> str:
    if match.owner_name:
        return _("Possibly the same as %(name)s, which belongs to %(owner)s.") % {
            "name": match.name,
            "owner": match.owner_name,
        }
    return _("Possibly the same as %(name)s.") % {"name": match.name}
