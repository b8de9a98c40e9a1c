"""What can be approved: each app says in its `hooks.py` how its records are read, and what follows from a decision.

approvable(Approvable(
    key="order", label=_("Order"), model=Order, title=lambda order, detail: order.name,
    amount=lambda order, detail: order.amount, measures=(Measure("discount", _("Discount"), read=…, kind=PERCENT),),
    begun=services.mark_in_approval, approved=services.mark_approved, ended=services.back_to_draft,
))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models
from django.urls import NoReverseMatch
from django.utils.functional import Promise

from crm.core import formats, money
from crm.core.languages import in_reader_language
from crm.core.writes import lock

if TYPE_CHECKING:
    from crm.approvals.models import ApprovalRequest
    from crm.events.actor import Actor
    from crm.identity.models import User

Label = str | Promise
Detail = Mapping[str, Any]
MONEY, NUMBER, PERCENT, TEXT, CHOICE = "money", "number", "percent", "text", "choice"
EVERYTHING = frozenset({"*"})
KINDS: dict[str, Approvable] = {}


def _nothing(*_args: Any, **_values: Any) -> None:
    return None


def _no_words(*_args: Any) -> str:
    return ""


def _base(*_args: Any) -> str:
    return money.BASE_CURRENCY


@dataclass(frozen=True)
class Measure:
    """One thing an approver has to know of a record, and a flow can depend on; percentages count from 0 to 100."""

    name: str
    label: Label
    read: Callable[[Any, Detail], Any]
    kind: str = TEXT
    choices: Callable[[], Sequence[tuple[str, Label]]] | None = None
    is_shown: bool = True
    is_condition: bool = True

    def words(self, value: Any, currency: str) -> str:
        """A stored value as people read it."""
        if value in (None, ""):
            return "–"
        if self.kind == MONEY:
            return formats.money_full(Decimal(str(value)), currency)
        if self.kind == PERCENT:
            return formats.percent(Decimal(str(value)) / 100, 2)
        if self.kind == NUMBER:
            return formats.number(Decimal(str(value)), 2)
        if self.kind == CHOICE and self.choices:
            return str(dict(self.choices()).get(str(value), value))
        return str(in_reader_language(value))


@dataclass(frozen=True)
class PersonField:
    """A person a record names, whom a step can ask: the customer's owner, for example."""

    name: str
    label: Label
    read: Callable[[Any, Detail], int | None]


@dataclass(frozen=True, kw_only=True)
class Approvable:
    """How one kind of record is approved.

    `begun(record, detail, actor)` is called before it waits; `approved`, `ended` (rejected, sent back, withdrawn) and
    `reopened` (a decision was taken back) get the request as well. They raise RuleBroken where it cannot be. `locks`
    names the fields nobody may change meanwhile, `closed_with` those that decide who reads what approvers wrote: where
    one is closed to a reader of the record, their comments are, too. Where a record can be submitted for several things,
    `choices` says for which now; the one chosen stands in the detail. Without a flow that fits it is approved at once,
    or, where `needs_flow`, refused. `names` says in the reader's language what the flows and steps that come with the
    installation are called, by the name they are kept under; one that an administrator gives stays as it is.
    """

    key: str
    label: Label
    model: type[models.Model]
    title: Callable[[Any, Detail], str]
    tone: str = "brand"
    summary: Callable[[Any, Detail], str] = _no_words
    amount: Callable[[Any, Detail], Decimal | None] = _nothing
    currency: Callable[[Any, Detail], str] = _base
    measures: Sequence[Measure] = ()
    people: Sequence[PersonField] = ()
    may_submit: Callable[[User, Any], bool]
    choices: Callable[[Any], Sequence[tuple[str, str]]] | None = None
    lock: Callable[[Any], Any] = lock
    ready: Callable[[Any, Detail], None] = _nothing
    begun: Callable[[Any, Detail, Actor], None] = _nothing
    approved: Callable[[Any, ApprovalRequest, Actor], None] = _nothing
    ended: Callable[[Any, ApprovalRequest, Actor], None] = _nothing
    reopened: Callable[[Any, ApprovalRequest, Actor], None] | None = None
    about: Callable[[Any], Sequence[models.Model]] = field(default=lambda _record: ())
    url: Callable[[Any], str] = field(default=lambda record: record.get_absolute_url())
    locks: frozenset[str] = EVERYTHING
    closed_with: Sequence[str] = ()
    needs_flow: bool = False
    names: Mapping[str, Label] = field(default_factory=dict)

    def named(self, name: str) -> str:
        """A flow or step as its reader calls it."""
        return str(self.names.get(name, name))

    def kept_as(self, words: str) -> str:
        """The name a flow or step is kept under, from what its reader calls it."""
        return next((name for name, label in self.names.items() if str(label) == words), words)

    def measured(self, record: Any, detail: Detail) -> dict[str, Any]:
        """What the measures say of the record now, as JSON keeps it."""
        found = {one.name: plain(one.read(record, detail)) for one in self.measures}
        amount = self.amount(record, detail)
        return found if amount is None else {"amount": str(amount), **found}

    def shown(self, facts: Mapping[str, Any], currency: str) -> list[tuple[str, str]]:
        """What was measured, as label and value for people."""
        return [
            (str(one.label), one.words(facts[one.name], currency))
            for one in self.measures
            if one.is_shown and facts.get(one.name) not in (None, "")
        ]

    def address(self, record: Any) -> str:
        """Where the record is, empty for one that has no page."""
        try:
            return self.url(record)
        except NoReverseMatch:
            return ""

    def subject(self, pk: int) -> models.Model | None:
        """The record itself, if it is still there, whether in the bin or not."""
        return self.model._base_manager.filter(pk=pk).first()


def approvable(kind: Approvable) -> Approvable:
    """Declare that a kind of record can be approved; once per key."""
    if kind.key in KINDS and KINDS[kind.key].model is not kind.model:
        raise ValueError(f"approvals of {kind.key} are declared twice")
    KINDS[kind.key] = kind
    return kind


def kind_of(key: str) -> Approvable | None:
    """How a kind of record is approved, None where no app declares it."""
    return KINDS.get(key)


def plain(value: Any) -> Any:
    """A measured value as JSON keeps it."""
    if value is None or isinstance(value, bool | int | str | dict):
        return value
    return str(value)
