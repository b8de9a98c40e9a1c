"""Payment plans and receipts as an import hands them over: set-based where they are new, one by one where they change."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from crm.core.writes import RuleBroken, save_versioned
from crm.events.recording import recording
from crm.identity import access
from crm.listing.importing.resource import Run, StagedRow
from sales.events.money import RECEIPT_UPDATED
from sales.models import PaymentMethod, PaymentPlan, Receipt
from sales.services.money import about_money
from sales.services.payment_bulk import NewInstalment, NewReceipt, add_instalments, add_receipts
from sales.services.payments import change_instalment, remove_instalment, update_receipt, void_receipt

PLAN_FIELDS = ("due_date", "amount", "note")
RECEIPT_FIELDS = ("received_date", "amount", "method", "reference", "note", "external_id")
DATES = frozenset({"due_date", "received_date"})


def plan_rows(run: Run, rows: Sequence[StagedRow]) -> None:
    """Add the instalments of these rows; one that breaks a rule is named and left out."""
    new = [
        NewInstalment(
            row.cleaned["order"],
            datetime.date.fromisoformat(row.cleaned["due_date"]),
            Decimal(row.cleaned["amount"]),
            row.cleaned.get("note", ""),
            payload=run.payload(row),
        )
        for row in rows
    ]
    _put(run, rows, add_instalments(new, actor=run.actor))


def receive_rows(run: Run, rows: Sequence[StagedRow]) -> None:
    """Record the receipts of these rows: confirmed at once by who may confirm, unless the sheet says they wait."""
    confirms = access.has_verb(run.user, "confirm", Receipt)
    new = [
        NewReceipt(
            row.cleaned["order"],
            datetime.date.fromisoformat(row.cleaned["received_date"]),
            Decimal(row.cleaned["amount"]),
            row.cleaned.get("method") or PaymentMethod.TRANSFER,
            row.cleaned.get("reference", ""),
            row.cleaned.get("note", ""),
            row.cleaned.get("external_id", ""),
            is_confirmed=confirms and row.cleaned.get("status") != "draft",
            payload=run.payload(row),
        )
        for row in rows
    ]
    _put(run, rows, add_receipts(new, actor=run.actor))


def change_plan_rows(run: Run, rows: Sequence[StagedRow]) -> None:
    """Change instalments where a filled cell differs."""
    _change(run, rows, PaymentPlan, PLAN_FIELDS, change_instalment)


def change_receipt_rows(run: Run, rows: Sequence[StagedRow]) -> None:
    """Correct receipts that wait for finance; what is confirmed stays."""
    _change(run, rows, Receipt, RECEIPT_FIELDS, update_receipt)


def take_back_plan_rows(run: Run, rows: Sequence[StagedRow]) -> None:
    """Undo rows of a sheet of instalments: new ones are removed, changed ones get their earlier values."""
    _take_back(run, rows, PaymentPlan, lambda one: remove_instalment(one, actor=run.actor), change_instalment)


def take_back_receipt_rows(run: Run, rows: Sequence[StagedRow]) -> None:
    """Undo rows of a sheet of receipts: new ones are voided and stay in the books, so that they can come again."""

    def void(one: Receipt) -> None:
        voided = void_receipt(one, reason=_("The import was undone."), actor=run.actor)
        with recording(RECEIPT_UPDATED, voided, actor=run.actor, about=about_money(voided.order)):
            if voided.external_id:
                voided.external_id = ""
                save_versioned(voided, ["external_id"])

    _take_back(run, rows, Receipt, void, update_receipt)


def _put(run: Run, rows: Sequence[StagedRow], found: Sequence[models.Model | RuleBroken]) -> None:
    for row, made in zip(rows, found, strict=True):
        if isinstance(made, RuleBroken):
            _fail(run, row, made)
        else:
            row.target_id = made.pk


def _change(
    run: Run,
    rows: Sequence[StagedRow],
    model: type[models.Model],
    names: Sequence[str],
    change: Callable[..., Any],
) -> None:
    found = model._base_manager.select_related("order__customer").in_bulk([row.target_id for row in rows])
    for row in rows:
        record = found.get(row.target_id or 0)
        if record is None:
            row.fail("gone", _("Somebody has removed it meanwhile."))
            continue
        stuck = next((name for name in row.changes if name not in names), None)
        if stuck:
            message = _("This is not changed by import.")
            row.fail("frozen", message, run.headers.get(stuck, ""), stuck)
            continue
        values = {name: row.changes[name][1] for name in names if name in row.changes}
        row.before |= {"columns": {name: _text(getattr(record, name)) for name in values}}
        try:
            row.before["version"] = change(record, actor=run.actor, **_typed(values)).version
        except RuleBroken as error:
            _fail(run, row, error)


def _take_back(
    run: Run,
    rows: Sequence[StagedRow],
    model: type[models.Model],
    remove: Callable[[Any], object],
    change: Callable[..., Any],
) -> None:
    found = model._base_manager.select_related("order__customer").in_bulk([row.target_id for row in rows])
    reachable = run.resource.within_reach(run, list(found))
    for row in rows:
        record: Any = found.get(row.target_id or 0)
        if record is None:
            row.keep(_("The record is in the bin or gone."))
        elif record.pk not in reachable:
            row.keep(_("The record is out of your reach now."))
        elif record.version != row.before.get("version", 1):
            row.keep(_("Somebody has changed it since."))
        else:
            try:
                if row.outcome == "created":
                    remove(record)
                else:
                    change(record, actor=run.actor, **_typed(row.before["columns"]))
            except RuleBroken as error:
                row.keep(str(error))


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Cleaned cells as the services take them."""
    found = {}
    for name, value in values.items():
        if name == "amount":
            value = Decimal(str(value))
        elif name in DATES:
            value = datetime.date.fromisoformat(value)
        found[name] = value
    return found


def _text(value: Any) -> Any:
    return value if isinstance(value, str) else str(value)


def _fail(run: Run, row: StagedRow, error: RuleBroken) -> None:
    field = error.field or ""
    row.fail(error.code, str(error), run.headers.get(field, ""), field)
