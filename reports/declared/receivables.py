"""What customers still owe, and how old the debt is (应收账龄)."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Customer
from crm.identity.access import narrow
from reports import parameters
from reports.asked import Asked
from reports.charts import by_row
from reports.declare import COUNT, MONEY, SHARE, TEXT, Column, Row, Table, list_of, report
from reports.queries.deals import Unit
from reports.queries.dimensions import DIMENSIONS
from sales.models import Order, PaymentPlan
from sales.queries.payments import OWED, aged_q, overdue_q, payment_list
from sales.rules.payments import BUCKETS, OLDEST_BUCKET

OPEN = F("amount") - F("received")
AGES = (
    ("1-30", _("1–30 days")),
    ("31-60", _("31–60 days")),
    ("61-90", _("61–90 days")),
    (OLDEST_BUCKET, _("Over 90 days")),
)
KEYS = ("owed", "due_later", "age_30", "age_60", "age_90", "older", "overdue")
GROUPS = (
    ("customer", _("Customer"), "order__customer_id"),
    ("owner", _("Owner"), "order__owner_id"),
    ("team", _("Team"), "order__team_id"),
    ("age", _("Age of the debt"), None),
)


def owed_by_age(asked: Asked) -> Table:
    """What is planned of sold contracts and open today: not due yet, and overdue by 30, 60, 90 and more days."""
    rows, query = _owed(asked)
    today = asked.today
    late = overdue_q(today)
    ages = [aged_q(name, today) for _days, name in BUCKETS] + [aged_q(OLDEST_BUCKET, today)]
    amounts = {
        "owed": Sum(OPEN),
        "due_later": Sum(OPEN, filter=~late),
        **{key: Sum(OPEN, filter=one) for key, one in zip(KEYS[2:6], ages, strict=True)},
        "overdue": Sum(OPEN, filter=late),
    }
    group, path = next((key, path) for key, _label, path in GROUPS if key == asked["group"])
    found = list(
        rows.order_by()
        .values_list(path or "order__currency", "order__currency")
        .annotate(**amounts, count=Count("pk"))
    )
    unit = Unit.of(currency for _key, currency, *_rest in found)
    sums: dict[Any, list[Any]] = defaultdict(lambda: [Decimal(0)] * len(KEYS) + [0])
    for key, currency, *values in found:
        *money, count = values
        reckoned = [*(unit.value(one, currency) for one in money), count]
        sums[key] = [whole + part for whole, part in zip(sums[key], reckoned, strict=True)]
    total = [sum(column) for column in zip(*sums.values(), strict=True)] or [Decimal(0)] * len(KEYS) + [0]
    if group == "age":
        return _by_age(rows, unit, total, query, asked)
    words = _words(group, sums)
    lines = [
        Row(
            {"label": words.get(key, str(_("Nobody"))), **_values(unit, values)},
            id=key,
            drill=_drills({**query, group: key if key is not None else "none"}, today),
        )
        for key, values in sums.items()
    ]
    lines.sort(key=lambda row: (-row.values["overdue"], -row.values["owed"], row.values["label"]))
    label = next(label for key, label, _path in GROUPS if key == group)
    return Table(
        [Column("label", label, TEXT), *NUMBERS],
        lines,
        {"label": None, **_values(unit, total)},
        drill=_drills(query, today),
        currency=unit.currency,
        approximate=unit.approximate,
    )


def _owed(asked: Asked) -> tuple[Any, dict[str, Any]]:
    """The open instalments the reader sees, narrowed by owner and team; and the same as parameters of their list."""
    rows, query = narrow(payment_list().filter(OWED), asked.user), {}
    if owner := asked["owner"]:
        rows, query["owner"] = rows.filter(order__owner=owner), owner.pk
    if team := asked["team"]:
        ids = sorted(asked.form.fields["team"].ids(team))
        rows, query["team"] = rows.filter(order__team__in=ids), ids
    return rows, query


def _by_age(rows: Any, unit: Unit, total: list[Any], query: dict[str, Any], asked: Asked) -> Table:
    """One line for each age of debt."""
    today = asked.today
    states = [("later", _("Not due yet"), ~overdue_q(today))]
    states += [(name, label, aged_q(name, today)) for name, label in AGES]
    counts = rows.order_by().aggregate(
        **{f"n{at}": Count("pk", filter=one[2]) for at, one in enumerate(states)}
    )
    whole, drills = total[0], _drills(query, today)
    lines = []
    for at, (name, label, _condition) in enumerate(states):
        amount = total[1 + at]
        link = drills[KEYS[1 + at]]
        values = {
            "label": str(label),
            "count": counts[f"n{at}"],
            "owed": unit.whole(amount),
            "share": amount / whole if whole else None,
        }
        lines.append(Row(values, id=name, drill={"count": link, "owed": link}))
    columns = [
        Column("label", _("Age of the debt"), TEXT),
        Column("owed", _("Still owed"), MONEY),
        Column("share", pgettext_lazy("report", "Share"), SHARE),
        Column("count", _("Instalments"), COUNT),
    ]
    sums = {"label": None, "owed": unit.whole(whole), "share": None, "count": total[-1]}
    every = drills["owed"]
    return Table(
        columns,
        lines,
        sums,
        drill={"owed": every, "count": every},
        currency=unit.currency,
        approximate=unit.approximate,
    )


def _values(unit: Unit, values: list[Any]) -> dict[str, Any]:
    *money, count = values
    found: dict[str, Any] = {key: unit.whole(one) for key, one in zip(KEYS, money, strict=True)}
    return {**found, "share": found["overdue"] / found["owed"] if found["owed"] else None, "count": count}


def _drills(query: dict[str, Any], today: Any) -> dict[str, str]:
    """The list of instalments behind each number."""

    def here(**more: Any) -> str:
        return list_of({**query, **more}, "payment_list")

    return {
        "owed": here(owed="true"),
        "count": here(owed="true"),
        "due_later": here(owed="true", due_date_after=today.isoformat()),
        **{key: here(age=name) for key, (name, _label) in zip(KEYS[2:6], AGES, strict=True)},
        "overdue": here(overdue="true"),
    }


def _words(group: str, keys: Any) -> dict[Any, str]:
    """The names of the lines; customers are among those the reader sees, since their contracts are."""
    known = [key for key in keys if key is not None]
    if group == "customer":
        return dict(Customer._base_manager.filter(pk__in=known).values_list("pk", "name"))
    return dict(DIMENSIONS[group].words(known))


NUMBERS = [
    Column("owed", _("Still owed"), MONEY),
    Column("due_later", _("Not due yet"), MONEY),
    Column("age_30", _("1–30 days"), MONEY),
    Column("age_60", _("31–60 days"), MONEY),
    Column("age_90", _("61–90 days"), MONEY),
    Column("older", _("Over 90 days"), MONEY),
    Column("overdue", _("Overdue"), MONEY),
    Column("share", _("Overdue share"), SHARE, note=_("Overdue over still owed")),
    Column("count", _("Instalments"), COUNT, shown=False),
]

RECEIVABLES = report(
    slug="receivables",
    title=_("Receivables"),
    note=_(
        "What is planned of signed contracts and not received, by the days since it was due. Only confirmed receipts count; they settle the oldest day first."
    ),
    parameters=(
        parameters.choice("group", _("By"), [(key, label) for key, label, _path in GROUPS], "customer"),
        parameters.owner(),
        parameters.team(Order),
    ),
    build=owed_by_age,
    chart=lambda table: by_row(table, *(("owed", "overdue") if "overdue" in table.totals else ("owed",))),
    icon="cash",
    model=PaymentPlan,
    order=80,
)
