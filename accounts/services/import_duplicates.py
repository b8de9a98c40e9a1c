"""Rows of an import that may be customers one has already: pointed out, left out, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.queries.duplicate_rows import duplicates_of_rows
from accounts.queries.duplicates import Match
from accounts.rules.matching import keys_of
from accounts.services.duplicates import hold_all
from crm.listing.importing.resource import Run, StagedRow
from crm.records.models import ImportJob

LIKELY = Decimal("0.90")  # the same code, number, address, or name and region
Action = ImportJob.DuplicateAction


def doubt_new_customers(run: Run, rows: Sequence[StagedRow], *, writing: bool) -> None:
    """Say of rows that would become new customers which one they may be already.

    Likely ones are left out (skip) or fail (block); what only may be the same is noted, once, when the file is checked.
    While rows are written single saves wait, so that a customer typed at the same moment is not there twice.
    """
    action = run.job.duplicate_action
    new = [row for row in rows if row.outcome == "created"]
    if writing:
        hold_all()
        if action == Action.WARN:  # it was noted when the file was checked
            return
    found = duplicates_of_rows(
        [
            keys_of(
                name=row.cleaned.get("name", ""),
                kind=row.cleaned.get("kind") or "",
                uscc=row.cleaned.get("uscc", ""),
                phones=[row.cleaned.get("phone"), row.cleaned.get("contact_phone")],
                emails=[row.cleaned.get("email"), row.cleaned.get("contact_email")],
            )
            for row in new
        ]
    )
    for row, matches in zip(new, found, strict=True):
        others = [match for match in matches if not match.links]
        if not others:
            continue
        likely = others[0].verdict.score >= LIKELY
        if likely and action == Action.SKIP:
            row.skip("duplicate", _words(others[0]))
        elif likely and action == Action.BLOCK:
            row.fail("duplicate", _words(others[0]), run.headers.get("name", ""), "name")
        elif not writing:
            row.note("duplicate", _words(others[0]), run.headers.get("name", ""))


def _words(match: Match) -> str:
    if match.owner_name:
        return _("Possibly the same as %(name)s, which belongs to %(owner)s.") % {
            "name": match.name,
            "owner": match.owner_name,
        }
    return _("Possibly the same as %(name)s.") % {"name": match.name}
