"""The cards of the board, written by plain functions over strings as the cells of a list are: there are many of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from crm.core import formats
from crm.core.templatetags.ui import avatar, icon
from crm.identity.models import User
from crm.listing.columns import Look, around_id
from sales.models import Opportunity


class Cards:
    """Writes the cards of one response; what they share (words, icons, addresses, faces) is made once."""

    def __init__(self, user: User) -> None:
        self.look = Look(user)
        self.grip = icon("grip-vertical", 16)
        nothing = escape(pgettext("on a card", "No next step"))
        self.nobody = f'<span class="deal-none">{nothing}</span>'
        self.move_words = escape(_("Move %(name)s"))
        self.urls = {
            what: around_id(reverse(f"opportunity_{what}", args=[7777777]), 7777777)
            for what in ("detail", "move", "win", "lose")
        }

    def html(self, cards: Iterable[Opportunity]) -> SafeString:
        return mark_safe("".join(self._card(card) for card in cards))

    def _url(self, what: str, pk: int) -> str:
        before, after = self.urls[what]
        return f"{before}{pk}{after}"

    def _card(self, card: Opportunity) -> str:
        name, pk = escape(card.name), card.pk
        rots = getattr(card, "rots", False)
        css = " deal-rots" if rots else ""
        if card.is_open and card.next_follow_up_at is None:
            css += " deal-unplanned"
        moves = card.may_move and card.is_open
        grip = self._grip(pk, name) if moves else ""
        data = (
            f' draggable="true" data-card="{pk}" data-version="{card.version}" data-stage="{card.stage_id}"'
            f' data-move="{self._url("move", pk)}" data-win="{self._url("win", pk)}"'
            f' data-lose="{self._url("lose", pk)}"'
            if moves
            else ""
        )
        return (
            f'<li class="deal{css}" id="deal-{pk}"{data}>'
            f'<div class="deal-head"><a class="deal-name" href="{self._url("detail", pk)}" title="{name}">{name}</a>{grip}</div>'
            f'<div class="deal-customer">{escape(card.customer.name)}</div>{self._waits(card)}'
            f'<div class="deal-line"><span class="deal-amount"{self._exact(card)}>{self._amount(card)}</span>{self._close(card)}</div>'
            f'<div class="deal-line">{self._owner(card)}{self._next(card)}{self._days(card, rots)}</div></li>'
        )

    def _waits(self, card: Opportunity) -> str:
        """That the deal waits for approval, with the way to the request for who may open it."""
        request = getattr(card, "waits", None)
        if request is None:
            return ""
        words = f"{icon('clipboard-check', 14)}{escape(_('Waiting for approval'))}"
        if not request.may_open:
            return f'<div class="deal-waits">{words}</div>'
        return f'<a class="deal-waits" href="{request.get_absolute_url()}">{words}</a>'

    def _grip(self, pk: int, name: str) -> str:
        url = self._url("move", pk)
        label = self.move_words % {"name": name}
        return (
            f'<a class="deal-grip" href="{url}" hx-get="{url}" hx-target="#drawer" hx-swap="innerHTML"'
            f' hx-push-url="false" title="{label}" aria-label="{label}">{self.grip}</a>'
        )

    def _amount(self, card: Opportunity) -> str:
        if card.amount is None:  # hidden from this reader
            return ""
        return conditional_escape(formats.money_short(card.amount, card.currency))

    def _exact(self, card: Opportunity) -> str:
        if card.amount is None:
            return ""
        return f' title="{escape(formats.money_full(card.amount, card.currency))}"'

    def _owner(self, card: Opportunity) -> SafeString:
        if card.owner is None:
            return mark_safe('<span class="avatar avatar-none" aria-hidden="true">–</span>')
        owner = card.owner
        return self.look.once(("owner", owner.pk), lambda: avatar(owner, label=True))

    def _close(self, card: Opportunity) -> str:
        day = card.closed_at or card.expected_close_date
        if day is None:
            return ""
        late = card.is_open and day < self.look.today
        css = "deal-date overdue" if late else "deal-date"
        return f'<time class="{css}" datetime="{day.isoformat()}" title="{escape(formats.exact(day))}">{formats.short_day(day, self.look.today)}</time>'

    def _next(self, card: Opportunity) -> str:
        if not card.is_open:
            return '<span class="deal-next"></span>'
        moment = card.next_follow_up_at
        if moment is None:
            return f'<span class="deal-next">{self.nobody}</span>'
        whole = card.next_follow_up_all_day
        late = formats.local_day(moment) < self.look.today if whole else moment < self.look.now
        today = formats.local_day(moment) == self.look.today
        css = "overdue" if late else "today" if today else ""
        words = formats.due_day(moment) if late else self._when(moment, whole)
        return f'<span class="deal-next {css}" title="{escape(_("Next follow-up"))} {escape(formats.exact(moment))}">{escape(words)}</span>'

    def _when(self, moment: datetime, whole: bool) -> str:
        day = formats.local_day(moment)
        close = abs((day - self.look.today).days) < 2
        near = formats.relative_day(day) if close else formats.short_day(day, self.look.today)
        return near if whole else f"{near} {formats.clock(moment)}"

    def _days(self, card: Opportunity, rots: bool) -> str:
        days = max(0, (self.look.now - card.stage_since).days)
        words = ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
        if not rots:
            return f'<span class="deal-days" title="{escape(_("In this stage"))}">{words}</span>'
        title = escape(_("Rotting: nothing has happened for longer than this stage allows"))
        return f'<span class="deal-days bad" title="{title}">{icon("hourglass", 14)}{words}</span>'
