"""The board: the open deals of a pipeline by stage, the first cards of each, and what the stages come to."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import (
    BooleanField,
    Count,
    DecimalField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Sum,
    Value,
    Window,
)
from django.db.models.functions import RowNumber

from crm.approvals.models import ApprovalRequest
from crm.core.clock import company_today
from crm.core.money import BASE_CURRENCY, Money, Total, q2, total
from crm.identity.access import noting
from crm.identity.fields import shield
from crm.identity.models import User
from sales.models import Opportunity, Pipeline, Stage
from sales.queries.opportunities import rotting_q, stages_of, without_next_step_q
from sales.queries.sums import rate_of

CARDS = 20  # of a column at first, and with each further look
# What closes first stands on top, what nobody has dated last; of those won, the latest.
ORDER = (F("closed_at").desc(nulls_last=True), F("expected_close_date").asc(nulls_last=True), F("pk").asc())


@dataclass(frozen=True)
class Face:
    """A colleague as an avatar shows them."""

    pk: int
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass
class Column:
    """A stage on the board: its first cards, how many deals it holds and what they come to."""

    stage: Stage
    count: int = 0
    amount: Total = field(default_factory=lambda: Total(Money(Decimal("0.00"), BASE_CURRENCY)))
    weighted: Total = field(default_factory=lambda: Total(Money(Decimal("0.00"), BASE_CURRENCY)))
    cards: list[Opportunity] = field(default_factory=list)
    more: int = 0  # deals below the cards shown
    rest: Total | None = None  # what those come to

    @property
    def cursor(self) -> str:
        """Below which card the rest stands; survives moves above it, unlike a number."""
        return cursor_of(self.cards[-1]) if self.cards else ""


@dataclass(frozen=True)
class Board:
    """A pipeline's open columns, the won of this month and the lost beside them, and the sums over what is open."""

    pipeline: Pipeline
    columns: list[Column]
    won: Column | None
    lost: Column | None
    open: Column
    rotting: int
    unplanned: int
    owners: Sequence[Face] = ()


def board(rows: QuerySet[Opportunity], pipeline: Pipeline, user: User) -> Board:
    """The board of the deals somebody sees and has filtered (`rows`): three queries for any number of them."""
    stages = stages_of(pipeline)
    shown = _shown(rows.filter(pipeline=pipeline))
    counted = _counted(shown, "owner", "owner__name")
    sums, cards = _sums(counted), _first_cards(shown.exclude(status="lost"), user)
    columns = {stage.pk: _column(stage, sums, cards) for stage in stages}
    first = [card for column in columns.values() for card in column.cards]
    _note_approvals(first, stages, user)
    shield(user, first)
    return _assembled(pipeline, stages, columns, sums, _owners(counted))


def _assembled(
    pipeline: Pipeline,
    stages: list[Stage],
    columns: dict[int, Column],
    sums: dict[int, _Sum],
    owners: Sequence[Face] = (),
) -> Board:
    of_kind = {stage.kind: columns[stage.pk] for stage in stages}
    open_columns = [columns[stage.pk] for stage in stages if stage.is_open]
    return Board(
        pipeline,
        open_columns,
        of_kind.get(Stage.Kind.WON),
        of_kind.get(Stage.Kind.LOST),
        _together(open_columns, sums),
        sum(one.rotting for one in sums.values()),
        sum(one.unplanned for one in sums.values()),
        owners,
    )


def more_cards(rows: QuerySet[Opportunity], stage: Stage, user: User, *, after: str = "") -> Column:
    """The cards of one column below a card (`Column.cursor`), or its first ones; raises ValueError for no such place."""
    below = _shown(rows.filter(stage=stage))
    if after:
        below = below.filter(_below(after))
    amounts = list(below.order_by().values_list("currency").annotate(Count("pk"), Sum("amount")))
    column = Column(stage, count=sum(count for _currency, count, _sum in amounts))
    column.cards = list(_dressed(below, user).order_by(*ORDER)[:CARDS])
    left = [Money(amount, currency) for currency, _count, amount in amounts]
    _rest(column, column.count, left)
    _note_approvals(column.cards, stages_of(stage.pipeline), user)
    shield(user, column.cards)
    return column


def heads(rows: QuerySet[Opportunity], pipeline: Pipeline) -> Board:
    """The sums of a board without its cards, for after a move: one query."""
    stages = stages_of(pipeline)
    sums = _sums(_counted(_shown(rows.filter(pipeline=pipeline))))
    return _assembled(pipeline, stages, {stage.pk: _column(stage, sums, {}) for stage in stages}, sums)


def _shown(rows: QuerySet[Opportunity]) -> QuerySet[Opportunity]:
    """What a board shows: what is open, and what was won or lost this month."""
    ended = Q(status__in=("won", "lost"), closed_at__gte=company_today().replace(day=1))
    return rows.filter(Q(status="open") | ended)


def cursor_of(card: Opportunity) -> str:
    """A card's place in its column."""
    return f"{card.closed_at or ''}_{card.expected_close_date or ''}_{card.pk}"


def _below(cursor: str) -> Q:
    """What stands below a place in the order of the cards."""
    ended, expected, number = cursor.split("_")
    if not number.isdecimal() or len(number) > 18:
        raise ValueError(cursor)
    below = Q(expected_close_date__isnull=True)
    if expected:
        day = datetime.date.fromisoformat(expected)
        below |= Q(expected_close_date__gt=day) | Q(expected_close_date=day, pk__gt=int(number))
    else:
        below &= Q(pk__gt=int(number))
    if not ended:
        return below
    day = datetime.date.fromisoformat(ended)
    return Q(closed_at__lt=day) | (Q(closed_at=day) & below)


def _rest(column: Column, count: int, amounts: Sequence[Money]) -> None:
    """What stands below the shown cards: what all come to, less those shown."""
    column.more = count - len(column.cards)
    if column.more:
        shown = [Money(-card.amount, card.currency) for card in column.cards]
        column.rest = _total([*amounts, *shown])


@dataclass(frozen=True)
class _Sum:
    count: int = 0
    rotting: int = 0
    unplanned: int = 0
    amounts: Sequence[Money] = ()
    weighted: Sequence[Money] = ()


def _counted(rows: QuerySet[Opportunity], *more: str) -> list[dict[str, Any]]:
    """By stage and currency (and `more`) the number of deals, how many need care, their amounts and weighted amounts."""
    share = ExpressionWrapper(
        F("amount") * F("probability") / Value(100),
        output_field=DecimalField(max_digits=24, decimal_places=4),
    )
    found = rows.order_by().values("stage", "currency", *more)
    return list(
        found.annotate(
            n=Count("pk"),
            open=Count("pk", filter=Q(status="open")),
            whole=Sum("amount"),
            part=Sum(share),
            rotting=Count("pk", filter=rotting_q()),
            unplanned=Count("pk", filter=without_next_step_q()),
        )
    )


def _sums(counted: Sequence[dict[str, Any]]) -> dict[int, _Sum]:
    """What was counted, by stage."""
    per_stage: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in counted:
        per_stage[row["stage"]].append(row)
    return {
        stage: _Sum(
            *(sum(row[name] for row in group) for name in ("n", "rotting", "unplanned")),
            _by_currency(group, "whole"),
            _by_currency(group, "part"),
        )
        for stage, group in per_stage.items()
    }


def _by_currency(group: Sequence[dict[str, Any]], name: str) -> list[Money]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in group:
        sums[row["currency"]] += row[name]
    return [Money(q2(amount), currency) for currency, amount in sums.items()]


def _owners(counted: Sequence[dict[str, Any]], most: int = 8) -> list[Face]:
    """Whose open deals these are, those with the most first."""
    held: Counter[Face] = Counter()
    for row in counted:
        if row["owner"] and row["open"]:
            held[Face(row["owner"], row["owner__name"])] += row["open"]
    return sorted(held, key=lambda face: (-held[face], face.pk))[:most]


def _first_cards(rows: QuerySet[Opportunity], user: User) -> dict[int, list[Opportunity]]:
    """The first cards of each stage."""
    rank = Window(RowNumber(), partition_by=F("stage"), order_by=ORDER)
    cards: dict[int, list[Opportunity]] = defaultdict(list)
    for card in _dressed(rows, user).annotate(place=rank).filter(place__lte=CARDS).order_by("place"):
        cards[card.stage_id].append(card)
    return cards


def _dressed(rows: QuerySet[Opportunity], user: User) -> QuerySet[Opportunity]:
    """Cards with what they show, whether they rot, and whether the person may move them."""
    return (
        noting(rows, user, "change", "may_move")
        .select_related("customer", "owner", "stage")
        .defer("search_text", "search_grams", "customer__search_text", "customer__search_grams")
        .annotate(rots=ExpressionWrapper(Q(rotting_q()), output_field=BooleanField()))
    )


def _note_approvals(cards: Sequence[Opportunity], stages: Sequence[Stage], user: User) -> None:
    """Tell cards whose deal waits for approval which request that is, and whether the person may open it.

    One query, and none for a pipeline whose stages let everybody in.
    """
    if not cards or not any(stage.needs_approval for stage in stages):
        return
    pending = ApprovalRequest.objects.filter(
        subject_type=Opportunity._meta.label_lower,
        subject_id__in=[card.pk for card in cards],
        state=ApprovalRequest.State.PENDING,
    )
    by_card = {one.subject_id: one for one in noting(pending.only("subject_id"), user, "view", "may_open")}
    for card in cards:
        card.waits = by_card.get(card.pk)


def _column(stage: Stage, sums: dict[int, _Sum], cards: dict[int, list[Opportunity]]) -> Column:
    found = sums.get(stage.pk, _Sum())
    column = Column(
        stage, found.count, _total(found.amounts), _total(found.weighted), cards.get(stage.pk, [])
    )
    if column.cards:
        _rest(column, found.count, found.amounts)
    return column


def _together(columns: list[Column], sums: dict[int, _Sum]) -> Column:
    """The open columns as one."""
    mine = [sums[column.stage.pk] for column in columns if column.stage.pk in sums]
    amounts = [money for one in mine for money in one.amounts]
    weighted = [money for one in mine for money in one.weighted]
    stage = columns[0].stage if columns else Stage()
    return Column(stage, sum(one.count for one in mine), _total(amounts), _total(weighted))


def _total(amounts: Sequence[Money]) -> Total:
    return total(amounts, rate_of)
