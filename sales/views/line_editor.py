"""The editor of lines, shared by quotes, orders and opportunities: reckoned by the server, usable without JavaScript.

The buttons of the form send all of it: `do=save` saves, `do=add` adds a line, anything else reckons and shows it again.
htmx sends the same form after each change and swaps the lines with their sums.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from crm.core.clock import company_today
from crm.core.writes import RuleBroken, StaleVersion
from crm.events.actor import actor_of
from crm.identity import fields
from crm.listing.answers import done, version_in
from crm.listing.record import RecordPage
from sales.forms.lines import initial_of, lines_form
from sales.models import PriceBook
from sales.services.lines import Reckoned, drafts_of, reckon

SPARE = 1  # empty lines a fresh editor ends in


@dataclass(frozen=True)
class LineEditor:
    """Whose lines are edited, and how they are saved."""

    page: RecordPage
    save: Callable[..., Any]  # (record, lines, actor, expected)
    is_open: Callable[[Any], bool]
    book: Callable[[Any], PriceBook | None] = lambda record: None
    tax_included: Callable[[Any], bool] = lambda record: record.tax_included

    def __call__(self, request: HttpRequest, pk: int) -> HttpResponse:
        record = self.page.record(request, pk, "change")
        if fields.is_closed(request.user, self.page.model, "amount"):
            raise PermissionDenied
        if not self.is_open(record):
            return done(
                request, record.get_absolute_url(), _("This is decided and cannot be edited."), go=True
            )
        if request.method == "GET":
            lines = list(record.lines.select_related("product"))
            initial = [initial_of(line) for line in lines]
            forms = lines_form(None, request.user, [*initial, *[{"quantity": 1}] * (SPARE or not initial)])
            return self._show(request, record, forms, self._stored(record, lines) if lines else None)
        forms = lines_form(request.POST, request.user, [])
        if not forms.is_valid():
            return self._show(request, record, forms, None, status=422)
        what = request.POST.get("do", "")
        drafts = forms.drafts()
        try:
            if what == "save":
                saved = self.save(record, drafts, actor=actor_of(request), expected=version_in(request))
                return done(request, saved.get_absolute_url(), _("Saved"), go=True)
            found = self._reckon(record, drafts)
        except StaleVersion as error:
            note = _("Somebody else has changed this meanwhile. Save again to keep your lines.")
            return self._show(request, error.current, forms, None, status=409, note=note, record_now=record)
        except RuleBroken as error:
            return self._show(request, record, forms, None, status=422, note=str(error))
        more = [{"quantity": 1}] if what == "add" or not found.lines else []
        fresh = lines_form(None, request.user, [*(initial_of(row) for row in found.lines), *more])
        return self._show(request, record, fresh, found)

    def _reckon(self, record: Any, drafts: list[Any]) -> Reckoned:
        day = getattr(record, "signed_date", None) or company_today()
        return reckon(
            drafts,
            currency=record.currency,
            tax_included=self.tax_included(record),
            day=day,
            book=self.book(record),
        )

    def _stored(self, record: Any, lines: list[Any]) -> Reckoned | None:
        try:
            return self._reckon(record, drafts_of(lines))
        except RuleBroken:  # a rate that no longer holds: the lines show it when they are reckoned
            return None

    def _show(
        self,
        request: HttpRequest,
        record: Any,
        forms: Any,
        found: Reckoned | None,
        *,
        status: int = 200,
        note: str = "",
        record_now: Any = None,
    ) -> HttpResponse:
        rows = list(forms)
        amounts = list(found.lines) if found else []
        context = {
            "record": record_now or record,
            "version": record.version,
            "formset": forms,
            "rows": [
                (form, amounts[number] if number < len(amounts) else None) for number, form in enumerate(rows)
            ],
            "totals": found.totals if found else None,
            "discount": found.columns["discount"] if found else None,
            "currency": record.currency,
            "tax_included": self.tax_included(record),
            "note": note,
            "listing": self.page.listing,
            "back": record.get_absolute_url(),
        }
        template = "sales/_line_editor.html" if request.htmx else "sales/line_editor.html"
        return render(request, template, context, status=status)
